#!/usr/bin/env python3
"""What the board has accepted changes its ranges only with the board's consent, in one step, and every site follows,
whatever is killed meanwhile: reach_the_sites.py CALBUS BROKER"""
import glob
import http.server
import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "night"))
from suite import Suite, need, say, wait_until  # noqa: E402

COLLECTION, NEXT, PRIVATE = "LSSTComCam/calib/DM-7", "LSSTComCam/calib/DM-8", "u/someone/calib"
SITES = {"summit": "summit:/repo/LSSTComCam", "bts": "bts:/repo/LSSTComCam"}
DETECTORS = 4
NS = 1_000_000_000


def schema_of(suite, label):
    with open(os.path.join(suite.home, "repositories.yaml"), encoding="utf-8") as file:
        root = dict(line.strip().rsplit(": ", 1) for line in file if ": " in line)[label].strip('"')
    with open(os.path.join(root, "butler.yaml"), encoding="utf-8") as file:
        return next(line.split(":")[1].strip().strip("\"'") for line in file if "namespace" in line)


def certified(suite, label, collection=COLLECTION):
    """[(detector, dataset, range)] of a collection in a repository's own tables."""
    schema = schema_of(suite, label)
    table = suite.value(f"SELECT calibration_association_table FROM {schema}.dataset_type WHERE name = 'ptc'")
    return suite.rows(f"SELECT detector, dataset_id, timespan FROM {schema}.{table} JOIN {schema}.collection USING (collection_id)"
                      f" WHERE name = '{collection}' ORDER BY detector, timespan, dataset_id")


def spans(rows):
    return sorted({row[2] for row in rows})


def recertify(suite, *options, status=0):
    done = suite.run("calib", "recertify", COLLECTION, "ptc", "--by", "operator", "--reason", "a new REB", *options)
    assert done.returncode == status, done
    return done.stderr if status else done.stdout


def accept(suite, ticket):
    suite.calbus("approval", "accept", ticket, "--reason", "as it should be", "--by", "chair")


def proposal(suite, ticket):
    return next(one for one in suite.items("approval", "list") if one["taxicab_ticket"] == ticket)


def curate(suite, ticket, begin, files):
    suite.calbus("calib", "curate", "-i", "LSSTComCam", "--type", "ptc", "--ticket", ticket, "--begin-date", begin, *files)


def curves(suite):
    """Photon transfer curves are the calibrations that need no pixels."""
    plan, folder = os.path.join(suite.folder, "plan"), os.path.join(suite.folder, "ptc")
    with open(plan, "w", encoding="utf-8") as file:
        file.write("[night]\nday_obs = 20241208\nbegin = 20:00:00\nseq_num = 1\nprogram = TEST\n[sequence]\ntype = bias\ncount = 1\n")
    suite.calbus("simulate", "-q", "--out", os.path.join(suite.folder, "raw"), "--night", plan, "--scale", 16, "--detectors",
                 "0,1,2,3", "--ptc", folder)
    return sorted(glob.glob(folder + "/*.fits"))


def what_nobody_has_accepted_is_changed_at_once(suite):
    recertify(suite, "--begin-date", "2024-12-02")
    assert spans(certified(suite, "/repo/main")) == [f"[{20059 * 86400 * NS},)"], certified(suite, "/repo/main")
    history = suite.items("calib", "history", COLLECTION)
    assert [line["detector"] for line in history] == list(range(DETECTORS)), history
    assert {line["taxicab_ticket"] for line in history} == {""} and {line["by"] for line in history} == {"operator"}, history
    assert suite.items("approval", "list") == []


def butler_certifies(suite, source, collection, *dates):
    environment = suite.environment | {"DAF_BUTLER_REPOSITORY_INDEX": os.path.join(suite.home, "repositories.yaml")}
    butler = os.path.join(suite.folder, "butler")
    if not os.path.exists(butler):
        os.symlink(suite.program, butler)
    subprocess.run([butler, "certify-calibrations", "/repo/main", source, collection, "ptc", *dates], check=True, env=environment)


def a_users_own_is_changed_at_once(suite):
    """Though it is chained, and nobody is alarmed."""
    butler_certifies(suite, NEXT, PRIVATE, "--begin-date", "2024-11-01")
    words = (PRIVATE, "ptc", "--by", "someone", "--reason", "a try")
    suite.calbus("calib", "recertify", *words, "--end-date", "2024-12-01")
    done = suite.run("calib", "decertify", *words, "--end-date", "2024-11-15", "--json")
    assert json.loads(done.stdout)["items"] == [{"certifications": "4"}], done
    assert len(spans(certified(suite, "/repo/main", PRIVATE))) == 1, certified(suite, "/repo/main", PRIVATE)
    assert suite.items("calib", "history", PRIVATE)[-1]["new_range"] == "[2024-11-15T00:00:00, 2024-12-01T00:00:00)"


def distribute(suite):
    suite.rows("INSERT INTO calbus.proposal (id, repository, instrument, ticket, taxicab_ticket, deployment_ticket, label, title,"
               " ticket_chain, state, sequence, report, proposed_by) VALUES ('01a20000-0000-7000-8000-000000000007', '/repo/main',"
               f" 'LSSTComCam', 'DM-7', 'TAXICAB-7', '', 'ptc', '', '{COLLECTION}', 'HAILED', 1, '', 'builder')")
    looked_at = recertify(suite, "--begin-date", "2024-12-03", status=4)
    assert "is before the board: TAXICAB-7 is HAILED" in looked_at, looked_at
    accept(suite, "TAXICAB-7")
    suite.calbus("dist", "wait", "TAXICAB-7", "--until", "imported", "--timeout", 90)
    for label in SITES.values():
        assert certified(suite, label) == certified(suite, "/repo/main"), label


def follow(suite):
    suite.calbus("dist", "wait", "TAXICAB-7", "--until", "imported", "--timeout", 90)
    for label in SITES.values():
        assert certified(suite, label) == certified(suite, "/repo/main"), label


def what_was_accepted_needs_the_board(suite):
    before = certified(suite, "/repo/main")
    there = recertify(suite, "--end-date", "2025-02-01", "--repo", SITES["summit"], "--taxicab", "TAXICAB-8", status=4)
    assert "was distributed from /repo/main: change it there, and summit:/repo/LSSTComCam follows" in there, there
    refused = recertify(suite, "--end-date", "2025-02-01", status=4)
    assert "change with the board's consent; --taxicab TICKET proposes it" in refused, refused
    assert "is not after its begin" in recertify(suite, "--end-date", "2024-11-01", "--taxicab", "TAXICAB-8", status=1)
    assert "not a ticket's key" in recertify(suite, "--end-date", "2025-02-01", "--taxicab", "x", status=1)
    recertify(suite, "--end-date", "2025-02-01", "--taxicab", "TAXICAB-8")
    recertify(suite, "--end-date", "2025-02-01", "--taxicab", "TAXICAB-29")  # the same, by somebody who did not know
    assert certified(suite, "/repo/main") == before, "nothing changes before the board accepts"
    one = proposal(suite, "TAXICAB-8")
    assert (one["state"], one["kind"], one["types"]) == ("HAILED", "RANGE", "ptc"), one
    item, = suite.items("approval", "show", one["id"])
    assert (item["collection"], item["datasets"], item["change"]) == (COLLECTION, DETECTORS, "end 2025-02-01T00:00:00"), item
    suite.calbus("approval", "reject", "TAXICAB-8", "--reason", "why", "--by", "chair")
    assert certified(suite, "/repo/main") == before, "a rejected change is none"


def what_can_be_done_no_more_is_not_accepted(suite):
    """Since it was proposed somebody has certified in the way."""
    recertify(suite, "--begin-date", "2024-11-20", "--at", "2024-12-20", "--taxicab", "TAXICAB-20")
    butler_certifies(suite, NEXT, COLLECTION, "--begin-date", "2024-11-22", "--end-date", "2024-11-23")
    before, lines = certified(suite, "/repo/main"), len(suite.items("calib", "history"))
    done = suite.run("approval", "accept", "TAXICAB-20", "--reason", "as it should be", "--by", "chair")
    assert done.returncode == 4 and "meets another certification" in done.stderr and "2024-11-22" in done.stderr, done
    assert proposal(suite, "TAXICAB-20")["state"] == "HAILED" and certified(suite, "/repo/main") == before
    assert len(suite.items("calib", "history")) == lines, "what was refused is no history"
    suite.calbus("approval", "withdraw", "TAXICAB-20", "--reason", "it cannot be", "--by", "operator")
    # what is in the way goes, by consent
    suite.calbus("calib", "decertify", COLLECTION, "ptc", "--begin-date", "2024-11-22", "--end-date", "2024-11-23", "--by", "operator",
                 "--reason", "a slip", "--taxicab", "TAXICAB-24")
    accept(suite, "TAXICAB-24")
    follow(suite)
    wait_until("it is deployed", lambda: proposal(suite, "TAXICAB-24")["state"] == "DEPLOYED", 30)


def an_accepted_change_reaches_every_site_whatever_is_killed(suite):
    recertify(suite, "--end-date", "2025-02-01", "--taxicab", "TAXICAB-9")
    # whoever follows is killed while it does: the first insert or delete at a site waits for that
    suite.rows("CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END'")
    tables = [f"{schema_of(suite, label)}." + suite.value(
        f"SELECT calibration_association_table FROM {schema_of(suite, label)}.dataset_type WHERE name = 'ptc'") for label in SITES.values()]
    for table in tables:
        suite.rows(f"CREATE TRIGGER hold BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION hold()")
    before = certified(suite, SITES["summit"])
    accepted = ("approval", "accept", "TAXICAB-9", "--reason", "as it should be", "--by", "chair")
    with Held(suite) as held:
        suite.calbus(*accepted)
        late = suite.run("approval", "accept", "TAXICAB-29", "--reason", "as it should be", "--by", "chair")
        assert late.returncode == 4 and "are so already" in late.stderr and proposal(suite, "TAXICAB-29")["state"] == "HAILED", late
        assert len(spans(certified(suite, "/repo/main"))) == 1 and "1738368000" in spans(certified(suite, "/repo/main"))[0]
        wait_until("a site is being changed", lambda: suite.count("pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted"), 30)
        listed, = suite.items("dist", "list")
        assert (listed["ranges_followed"], listed["ranges"]) == (0, 2), listed
        assert suite.kill("distributor.1")
        assert certified(suite, SITES["summit"]) == before, "a transaction that was cut off leaves no trace"
        held.release()
        suite.rows("UPDATE calbus.dist_job SET lease_until = now()")  # which would lapse by itself
    follow(suite)
    for table in tables:
        suite.rows(f"DROP TRIGGER hold ON {table}")
    listed, = suite.items("dist", "list")
    assert (listed["ranges_followed"], listed["ranges"]) == (2, 2), listed
    assert {one["site"]: one["ranges"] for one in suite.items("dist", "show", "TAXICAB-7")} == {"usdf": "", "summit": "APPLIED", "bts": "APPLIED"}
    wait_until("the proposal is deployed", lambda: proposal(suite, "TAXICAB-9")["state"] == "DEPLOYED", 30)
    history = suite.items("calib", "history", COLLECTION)[-DETECTORS:]
    assert {line["taxicab_ticket"] for line in history} == {"TAXICAB-9"}, history


class Held:
    """A lock that a session of ours holds."""

    def __init__(self, suite, lock="SELECT pg_advisory_lock(42)"):
        self.session = subprocess.Popen(["psql", "-XAtq", "-d", suite.uri], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.session.stdin.write(lock + ";\n\\echo held\n")
        self.session.stdin.flush()
        while self.session.stdout.readline().strip() != "held":
            pass

    def __enter__(self):
        return self

    def release(self):
        if self.session.poll() is None:
            self.session.communicate("\\q\n", timeout=30)

    def __exit__(self, *_):
        self.release()


class Pager(http.server.ThreadingHTTPServer):
    """Keeps what it is told."""

    def __init__(self):
        notices = self.notices = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                notices.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def a_certifier_killed_in_an_acceptance_makes_the_change_once(suite):
    schema = schema_of(suite, "/repo/main")
    table = f"{schema}." + suite.value(f"SELECT calibration_association_table FROM {schema}.dataset_type WHERE name = 'ptc'")
    recertify(suite, "--end-date", "2025-02-02", "--taxicab", "TAXICAB-30")
    before, lines = certified(suite, "/repo/main"), len(suite.items("calib", "history"))
    with Held(suite, f"BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE") as held:
        asked = subprocess.Popen([suite.program, "approval", "accept", "TAXICAB-30", "--reason", "as it should be", "--by", "chair"],
                                 env=suite.environment)
        wait_until("the certifier is at it", lambda: suite.count("pg_locks WHERE NOT granted AND mode = 'ExclusiveLock' AND relation ="
                                                                 f" '{table}'::regclass"), 30)
        assert suite.kill("certifier.1")
        held.release()
    assert asked.wait(90) == 0
    follow(suite)
    assert spans(certified(suite, "/repo/main")) == ["[1733097600000000000,1738454400000000000)"] != spans(before)
    assert len(suite.items("calib", "history")) == lines + DETECTORS, "once"
    said = suite.count("calbus.outbox WHERE type = 'calibration.recertified'")
    assert said == len({(line["proposal_id"] or line["at"], line["collection"]) for line in suite.items("calib", "history")}), said


def alarm_subscribers_hear_of_it(suite):
    def told(status):
        return [alert for notice in suite.pager.notices for alert in notice["alerts"]
                if alert["labels"]["alertname"] == "ValidityChanged" and alert["status"] == status]
    def stands():
        return [one["severity"] for one in suite.items("alarm", "list") if one["name"] == "ValidityChanged.LSSTComCam.ptc:0"]
    # stale: over, and nobody has acknowledged it
    wait_until("the pager is told of both changes, and that it is over", lambda: len(told("resolved")) >= 2 and stands() == ["NONE"], 30)
    first = told("firing")[0]
    assert first["labels"]["calib_type"] == "ptc" and "by operator" in json.dumps(first) and "a new REB" in json.dumps(first), first


def a_site_that_cannot_follow_is_told_of_and_tried_again(suite):
    """Somebody at the site has certified in the way."""
    schema = schema_of(suite, SITES["summit"])
    table = suite.value(f"SELECT calibration_association_table FROM {schema}.dataset_type WHERE name = 'ptc'")
    # a dataset of the site's own: nobody distributed it
    suite.rows(f"""WITH d AS (INSERT INTO {schema}.dataset SELECT gen_random_uuid(), dataset_type_id, ingest_date, run_id FROM
        {schema}.dataset LIMIT 1 RETURNING id)
        INSERT INTO {schema}.{table} (id, dataset_type_id, dataset_id, collection_id, instrument, detector, timespan)
        SELECT nextval('{schema}."{table}_seq_id"'), c.dataset_type_id, d.id, c.collection_id, c.instrument, c.detector,
        '[1738368000000000000,)' FROM {schema}.{table} c, d WHERE detector = 1""")
    recertify(suite, "--end-date", "2025-03-01", "--taxicab", "TAXICAB-10")
    accept(suite, "TAXICAB-10")
    done = suite.run("dist", "wait", "TAXICAB-7", "--until", "imported", "--timeout", 60)
    assert done.returncode == 6 and "cannot become those of the source" in done.stderr, done
    shown = {one["site"]: (one["ranges"], one["detail"]) for one in suite.items("dist", "show", "TAXICAB-7")}
    assert shown["summit"][0] == "FAILED" and "meets" in shown["summit"][1] and shown["bts"][0] == "APPLIED", shown
    assert proposal(suite, "TAXICAB-10")["state"] == "DEPLOYING"

    def late():
        return [one["severity"] for one in suite.items("alarm", "list") if one["name"].startswith("DistributionLate.")]
    wait_until("an alarm tells of it", lambda: late() == ["SERIOUS"], 30)
    suite.rows(f"DELETE FROM {schema}.{table} WHERE timespan = '[1738368000000000000,)'")
    suite.calbus("dist", "retry", "TAXICAB-7")
    follow(suite)
    wait_until("the proposal is deployed", lambda: proposal(suite, "TAXICAB-10")["state"] == "DEPLOYED", 30)
    wait_until("the alarm is over", lambda: late() == ["NONE"], 30)
    assert suite.items("dist", "rules")[0]["error"] == ""


def a_decertification_reaches_them_too(suite):
    words = ("calib", "decertify", COLLECTION, "ptc", "-i", "LSSTComCam", "-d", 2, "--by", "operator")
    assert suite.run(*words).returncode == 2, "a reason is required"
    refused = suite.run(*words, "--reason", "light leak")
    assert refused.returncode == 4 and "board's consent" in refused.stderr, refused
    suite.calbus(*words, "--reason", "light leak", "--taxicab", "TAXICAB-11")
    accept(suite, "TAXICAB-11")
    follow(suite)
    assert [row[0] for row in certified(suite, SITES["bts"])] == ["0", "1", "3"]
    middle = ("calib", "decertify", COLLECTION, "ptc", "-i", "LSSTComCam", "-d", 3, "--by", "operator", "--begin-date", "2024-12-10",
              "--end-date", "2024-12-11", "--reason", "light leak", "--taxicab", "TAXICAB-12")
    suite.calbus(*middle)
    accept(suite, "TAXICAB-12")
    follow(suite)
    last = suite.items("calib", "history", COLLECTION)[-2:]
    assert [(line["detector"], line["new_range"]) for line in last] == [
        (2, "nothing"), (3, "[2024-12-02T00:00:00, 2024-12-10T00:00:00) and [2024-12-11T00:00:00, 2025-03-01T00:00:00)")], last
    assert len(certified(suite, SITES["summit"])) == 4


def one_ends_and_the_next_begins_in_one_step(suite):
    change = ("--end-date", "2025-01-15", "--successor", NEXT, "--detector", 0)
    recertify(suite, *change, "--taxicab", "TAXICAB-13")
    accept(suite, "TAXICAB-13")
    follow(suite)
    old = [row[2] for row in certified(suite, "/repo/main") if row[0] == "0"]
    new = [row[2] for row in certified(suite, "/repo/main", NEXT) if row[0] == "0"]
    assert old == ["[1733097600000000000,1736899200000000000)"] and new == ["[1736899200000000000,)"], (old, new)


def explained(suite):
    def why(detector, when):
        done = suite.run("calib", "explain", "LSSTComCam", detector, "ptc", when, "--collections", COLLECTION, "--json")
        return {(one["reason"], one["collection"]): one["why"] for one in json.loads(done.stdout)["items"]}
    gone = why(2, "2024-12-20")
    assert "by operator: light leak (TAXICAB-11)" in gone[("decertified", COLLECTION)], gone
    hole = why(3, "2024-12-10T12:00:00")
    assert any("it held then until" in text and "TAXICAB-12" in text for text in hole.values()), hole
    assert hole[("not_searched", NEXT)] == f"its collection is not in {COLLECTION}", "the board knows nothing of it"
    suite.rows("INSERT INTO calbus.certification (request_id, repository, instrument, dataset_type, physical_filter, generation_run,"
               " collection, ticket_chain, datasets, by_whom, accept_failures) VALUES ('x', '/repo/main', 'LSSTComCam', 'ptc', '', 'x',"
               f" '{NEXT}', '{NEXT}', 4, 'me', '')")
    assert why(3, "2024-12-12")[("not_searched", NEXT)].endswith("; it has not been put before the board")
    suite.rows("INSERT INTO calbus.proposal (id, repository, instrument, ticket, taxicab_ticket, deployment_ticket, label, title,"
               " ticket_chain, state, sequence, report, proposed_by) VALUES ('01a20000-0000-7000-8000-000000000008', '/repo/main',"
               f" 'LSSTComCam', 'DM-8', 'TAXICAB-38', '', 'ptc', '', '{NEXT}', 'HAILED', 1, '', 'builder')")
    assert why(3, "2024-12-12")[("not_searched", NEXT)].endswith("; the board has not accepted it: TAXICAB-38 is HAILED")
    suite.rows("UPDATE calbus.proposal SET state = 'ACCEPTED' WHERE ticket = 'DM-8' AND kind = 'CERTIFICATION'")
    assert why(3, "2024-12-12")[("not_searched", NEXT)].endswith("; the board has accepted it as TAXICAB-38")


def the_history_cannot_be_changed_unnoticed(suite):
    refused = subprocess.run(["psql", "-XAtq", "-d", suite.uri, "-c", "DELETE FROM calbus.recertification"], capture_output=True,
                             text=True, check=False)
    assert "append only" in refused.stderr, refused
    assert "is whole" in suite.calbus("approval", "audit", "--verify")
    assert suite.run("approval", "audit", "--verify").returncode == 0
    with_trigger_off = ("ALTER TABLE calbus.recertification DISABLE TRIGGER append_only; %s;"
                        "ALTER TABLE calbus.recertification ENABLE TRIGGER append_only")
    for column, value in (("reason", "'nothing'"), ("new_ranges", "'{}'"), ("proposal_id", "'x'"), ("at", "now()")):
        before = suite.value(f"SELECT {column} FROM calbus.recertification WHERE seq = 3")
        suite.rows(with_trigger_off % f"UPDATE calbus.recertification SET {column} = {value} WHERE seq = 3")
        done = suite.run("approval", "audit", "--verify")
        assert done.returncode == 65 and "line 3 of the history of ranges" in done.stderr, (column, done)
        suite.rows(with_trigger_off % f"UPDATE calbus.recertification SET {column} = '{before}' WHERE seq = 3")
    assert suite.run("approval", "audit", "--verify").returncode == 0
    suite.rows(with_trigger_off % "DELETE FROM calbus.recertification WHERE seq = 2")
    assert suite.run("approval", "audit", "--verify").returncode == 65, "a line that is missing"


def main(calbus, broker):
    need(broker)
    pager = Pager()
    with Suite(calbus, broker, CALBUS_DISTRIBUTOR_ATTEMPTS="2", CALBUS_DISTRIBUTOR_RETRY="200ms",
               CALBUS_ALARM_WEBHOOKS=f"pager=http://127.0.0.1:{pager.server_address[1]}/") as suite:
        suite.pager = pager
        suite.up()
        files = curves(suite)
        curate(suite, "DM-7", "2024-12-01", files)
        curate(suite, "DM-8", "2025-02-01", files)
        # waits for a consumer group to notice: on one of the brokers
        killed = [a_certifier_killed_in_an_acceptance_makes_the_change_once] if broker == "kafka" else []
        for step in (what_nobody_has_accepted_is_changed_at_once, a_users_own_is_changed_at_once, distribute, what_was_accepted_needs_the_board, what_can_be_done_no_more_is_not_accepted,
                     an_accepted_change_reaches_every_site_whatever_is_killed, *killed, alarm_subscribers_hear_of_it,
                     a_site_that_cannot_follow_is_told_of_and_tried_again, a_decertification_reaches_them_too,
                     one_ends_and_the_next_begins_in_one_step, explained, the_history_cannot_be_changed_unnoticed):
            say(step.__name__.replace("_", " "))
            step(suite)
        assert suite.items("event", "dead-letter", "list") == []


main(*sys.argv[1:3])
