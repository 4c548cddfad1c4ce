#!/usr/bin/env python3
"""A suite on repositories that the stock butler made, in calbus's own database and in another, from raw files that the stock butler
and the service ingested to calibrations in force that the stock butler reads: whole_way.py CALBUS calm|killed
killed: each service is killed (-9) between the commits of the two databases; nothing is lost then and nothing happens twice.
Run by attached under with_postgres, with the stock butler's python.
"""
import glob
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "night")]
import stock_made  # noqa: E402
from between import Between, Calm  # noqa: E402
from suite import Suite, say, wait_until  # noqa: E402

DETECTORS = (0, 4)
TICKET, CURATED = "LSSTComCam/calib/DM-1", "LSSTComCam/calib/DM-48650"
MADE, CERTIFIED = TICKET + "/demo/biasGen.20241210a", TICKET + "/demo/bias.20241210a"
WHEN = "2024-12-09T03:00:00"
# label: database, schema; "" is public
REPOSITORIES = {"/repo/main": ("far", ""), "summit:/repo/LSSTComCam": ("calbus", "summit_stock"),
                "bts:/repo/LSSTComCam": ("far", "bts_stock")}


class Attached(Suite):
    def __init__(self, program, between):
        self.between = lambda *what, **how: between(self, *what, **how)
        self.socket = os.environ["CALBUS_TEST_DB_URI"].rsplit("host=", 1)[1]
        super().__init__(program, CALBUS_DB_URI=os.environ["CALBUS_TEST_DB_URI"], CALBUS_SITE_USDF_REPOSITORIES="/repo/main", CALBUS_SUITE_INSTANCES="generator=1", CALBUS_ALARM_VALIDITY_INTERVAL="500ms",
                         CALBUS_SITE_SUMMIT_REPOSITORIES="summit:/repo/LSSTComCam", CALBUS_SITE_BTS_REPOSITORIES="bts:/repo/LSSTComCam")
        self.far_uri = f"postgresql://calbus@/far?host={self.socket}"
        self.roots = {label: os.path.join(self.folder, f"repo{i}") for i, label in enumerate(REPOSITORIES)}
        os.environ["DAF_BUTLER_REPOSITORY_INDEX"] = os.path.join(self.home, "repositories.yaml")
        self.environment["DAF_BUTLER_REPOSITORY_INDEX"] = os.environ["DAF_BUTLER_REPOSITORY_INDEX"]
        self.butler = os.path.join(self.folder, "butler")
        os.symlink(self.program, self.butler)

    def url(self, database):
        return f"postgresql+psycopg2://calbus@/{database}?host={self.socket}"

    def ours(self, *words):
        """The drop-in."""
        done = subprocess.run([self.butler, *map(str, words)], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (words, done)
        return done.stdout

    def far(self, text):
        """Rows of the other database."""
        own, self.uri = self.uri, self.far_uri
        try:
            return self.rows(text)
        finally:
            self.uri = own

    def table(self, what, kind, schema="public"):
        """The table of a dataset type in the other database."""
        return f"{schema}." + self.far(f"SELECT {what}_association_table FROM {schema}.dataset_type WHERE name = '{kind}'")[0][0]

    def command(self, *words):
        """To be answered after the service that does it was killed."""
        return subprocess.Popen([self.program, *map(str, words)], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                text=True)


def simulate(suite):
    """Six biases; the first three are for the stock butler. Returns their numbers."""
    plan, raw = os.path.join(suite.folder, "plan"), os.path.join(suite.folder, "raw")
    with open(plan, "w", encoding="utf-8") as file:
        file.write("[night]\nday_obs = 20241208\nbegin = 20:00:00\nseq_num = 801\nprogram = BLOCK-T68\n[sequence]\ntype = bias\ncount = 6\n")
    suite.calbus("simulate", "-q", "-i", stock_made.INSTRUMENT, "--out", raw, "--night", plan, "--scale", 16, "--detectors", "0,4",
                 "--seed", 7, "--ptc", os.path.join(suite.folder, "ptc"))
    files = sorted(glob.glob(raw + "/**/*.fits", recursive=True))
    assert len(files) == 12, files
    return [file for file in files if any(f"0008{n:02}" in os.path.basename(file) for n in (1, 2, 3))], files


def the_stock_butler_makes_and_fills_them(suite):
    stock_made.make_database(suite.socket, "far")
    old, suite.all_files = simulate(suite)
    suite.new_files = [file for file in suite.all_files if file not in old]
    # what lsst.obs.lsst would tell the stock butler of camera and headers it is told from a repository of calbus's
    source = os.path.join(suite.folder, "source")
    with open(source + ".yaml", "w", encoding="utf-8") as file:
        file.write(f"registry:\n  db: '{suite.url('calbus')}'\n  namespace: source\n")
    suite.ours("create", "--seed-config", source + ".yaml", source)
    suite.ours("register-instrument", source, "lsst.obs.lsst.LsstComCam")
    suite.ours("ingest-raws", source, "--transfer", "direct", *old)
    for label, (database, schema) in REPOSITORIES.items():
        stock_made.create(suite.roots[label], suite.url(database), schema)
        stock_made.register_instrument(suite.roots[label], source)
    assert stock_made.ingest_raws(suite.roots["/repo/main"], source, range(2024120800801, 2024120800804)) == 6


def they_are_attached(suite):
    for label, root in suite.roots.items():
        suite.calbus("site", "attach", label, root)
    suite.up()
    for label, root in suite.roots.items():
        shown = json.dumps(suite.items("site", "show", label.split(":")[0] if ":" in label else "usdf"))
        assert root in shown, (root, shown)
    schemas = {row[0] for row in suite.rows("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'")}
    assert schemas == {"calbus", "public", "source", "summit_stock"}, f"no other was made in their place: {schemas}"


def ranges(suite, label):
    """[(detector, dataset, range)] of the biases in a repository's own tables."""
    database, schema = REPOSITORIES[label]
    rows, schema = suite.far if database == "far" else suite.rows, schema or "public"
    ((kind, table),) = rows(f"SELECT id, calibration_association_table FROM {schema}.dataset_type WHERE name = 'bias'")
    return rows(f"SELECT detector, dataset_id, timespan FROM {schema}.{table} WHERE dataset_type_id = {kind} ORDER BY detector")


def ask(suite, between, *words):
    asked = suite.command(*words)
    between.now()
    error = asked.communicate(timeout=90)[1]
    assert asked.returncode == 0, (words, error)


def land(suite, site, files):
    for file in files:
        partial = os.path.join(suite.folder_of(site), "." + os.path.basename(file))
        shutil.copyfile(file, partial)
        os.rename(partial, os.path.join(suite.folder_of(site), os.path.basename(file)))


def new_files_are_ingested_beside_those_of_the_stock_butler(suite):
    with suite.between("ingest", "public.dataset") as between:
        land(suite, "usdf", suite.new_files)
        between.now()
    land(suite, "summit", suite.all_files)
    land(suite, "bts", suite.all_files)
    suite.calbus("exposure", "wait", "--files", len(suite.new_files) + 2 * len(suite.all_files), "--timeout", 60)
    assert suite.items("exposure", "rejected") == []
    raws = suite.far(f"SELECT count(*), count(DISTINCT exposure) FROM {suite.table('tag', 'raw')}")
    assert raws == [["12", "6"]], raws
    said = suite.count("calbus.outbox WHERE type = 'exposure.ingested' AND key ~ 'LSSTComCam/202412080080'")
    assert said == len(suite.new_files) + 2 * len(suite.all_files), said


def found_by_the_stock_butler(root):
    return stock_made.find(root, "bias", 4, WHEN, "LSSTComCam/calib")


def a_bias_is_built_verified_and_certified(suite):
    curves = sorted(glob.glob(os.path.join(suite.folder, "ptc/*.fits")))
    for label in REPOSITORIES:
        suite.calbus("calib", "curate", "-i", stock_made.INSTRUMENT, "--type", "ptc", "--ticket", "DM-48650", "--repo", label, *curves)
        suite.calbus("chain", "extend", "LSSTComCam/calib", CURATED, "--repo", label)
    submission = ("generation", "submit", "bias", "-i", stock_made.INSTRUMENT, "--ticket", "DM-1", "--tag", "demo", "--rerun", "20241210a",
                  "--repo", suite.roots["/repo/main"], "--inputs", f"{TICKET},{CURATED}", "--no-wait", "--where",
                  "instrument='LSSTComCam' and exposure.day_obs=20241208 and exposure.observation_type='bias'")
    with suite.between("generator", "public.collection", "NEW.name ~ '/biasGen'") as between:
        suite.calbus(*submission)
        between.now()
    suite.calbus("generation", "wait", MADE, "--timeout", 90)
    quanta = suite.rows("SELECT q.state, count(*) FROM calbus.quantum q JOIN calbus.run r ON r.id = run_id WHERE r.engine = 'generator' GROUP BY 1")
    assert quanta == [["succeeded", "2"]], quanta
    used = suite.count("(SELECT DISTINCT i.exposure FROM calbus.quantum_input i WHERE i.dataset_type = 'raw') AS used")
    assert used == 6, used
    verified = suite.json("verify", "wait", MADE, "--timeout", 60)
    assert (verified["verdict"], verified["exposures"], verified["repository"]) == ("PASS", 6, "/repo/main"), verified
    with suite.between("certifier", suite.table("calibration", "bias")) as between:
        ask(suite, between, "certify", MADE, "--begin-date", "2024-12-08T12:00:00", "--repo", suite.roots["/repo/main"])
    assert suite.count("calbus.certification") == 1 and suite.count("calbus.outbox WHERE type = 'calibration.certified'") == 1
    assert [row[0] for row in ranges(suite, "/repo/main")] == ["0", "4"]
    assert found_by_the_stock_butler(suite.roots["/repo/main"]) is None, "certified is not in force"


def it_is_accepted_distributed_and_in_force(suite):
    suite.calbus("approval", "propose", "-i", stock_made.INSTRUMENT, "--ticket", "DM-1", "--taxicab", "TAXICAB-1", "--by", "operator")
    refused = suite.run("chain", "prepend", "LSSTComCam/calib", TICKET)
    assert refused.returncode == 4 and "has not been accepted" in refused.stderr, refused
    assert suite.far("SELECT count(*) FROM public.collection_chain c JOIN public.collection p ON p.collection_id = c.parent WHERE p.name ="
                     " 'LSSTComCam/calib'") == [["1"]], "a refusal leaves the chain as it was"
    with suite.between("distributor", "bts_stock.dataset", joint=False) as between:
        suite.calbus("approval", "accept", "TAXICAB-1", "--reason", "it is flat", "--by", "chair")
        between.now()
        suite.rows("UPDATE calbus.dist_job SET lease_until = now()")  # which would lapse by itself
    suite.calbus("dist", "wait", "TAXICAB-1", "--until", "imported", "--timeout", 60)
    with suite.between("certifier", "public.collection_chain") as between:
        ask(suite, between, "chain", "prepend", "LSSTComCam/calib", TICKET)
    assert suite.count("calbus.outbox WHERE type = 'chain.deployed' AND value::text <> ''") == 4, "three of curated ones before"
    for label in list(REPOSITORIES)[1:]:
        suite.calbus("chain", "prepend", "LSSTComCam/calib", TICKET, "--repo", label)
    suite.calbus("dist", "wait", "TAXICAB-1", "--until", "checked", "--timeout", 60)
    sites = {one["site"]: one["check"] for one in suite.items("dist", "show", "TAXICAB-1")}
    assert (sites["summit"], sites["bts"]) == ("PASS", "PASS"), sites


def the_stock_butler_reads_it(suite):
    found = {label: found_by_the_stock_butler(root) for label, root in suite.roots.items()}
    assert all(one is not None and one[0].startswith(MADE) and one[2] and one[3] > 0 for one in found.values()), found
    assert len({one[1] for one in found.values()}) == 1, found


def commands_find_them_by_label_and_by_path(suite):
    for label, root in suite.roots.items():
        for name in (label, root) if ":" in label else (label, root + "/butler.yaml", os.path.relpath(root)):
            which = suite.json("calib", "which", stock_made.INSTRUMENT, 4, "bias", WHEN, "--repo", name)
            assert MADE in json.dumps(which), (name, which)
            told = suite.items("calib", "explain", stock_made.INSTRUMENT, 4, "bias", WHEN, "--repo", name)
            assert [line["reason"] for line in told] == ["applies"], (name, told)
            assert TICKET in suite.calbus("chain", "show", "LSSTComCam/calib", "--repo", name), name
            assert len(suite.items("dataset", "list", "bias", "--collections", "LSSTComCam/calib", "--repo", name)) == 2, name
            assert CERTIFIED in suite.ours("query-collections", name), name


def a_change_of_ranges_reaches_every_site(suite):
    suite.calbus("calib", "recertify", CERTIFIED, "bias", "--end-date", "2025-02-01", "--by", "operator", "--reason", "a new REB", "--taxicab",
                 "TAXICAB-2")
    with suite.between("certifier", suite.table("calibration", "bias")) as between:
        ask(suite, between, "approval", "accept", "TAXICAB-2", "--reason", "seen", "--by", "chair")
    history = suite.items("calib", "history", CERTIFIED)
    assert [line["detector"] for line in history] == list(DETECTORS), "once"
    assert suite.count("calbus.outbox WHERE type = 'calibration.recertified'") == 1
    suite.calbus("dist", "wait", "TAXICAB-1", "--until", "imported", "--timeout", 60)
    expected = ranges(suite, "/repo/main")
    assert len(expected) == 2 and all(row[2].endswith(",1738368000000000000)") for row in expected), expected
    for label in REPOSITORIES:
        assert ranges(suite, label) == expected, (label, ranges(suite, label))


def checks(suite):
    return {one["site"]: one["check"] for one in suite.items("dist", "show", "TAXICAB-1") if one["site"] != "usdf"}


def change_end(suite, ticket, end):
    suite.calbus("calib", "recertify", CERTIFIED, "bias", "--end-date", end, "--by", "operator", "--reason", "a new REB", "--taxicab", ticket)
    suite.calbus("approval", "accept", ticket, "--reason", "seen", "--by", "chair")


def the_deployment_check_is_made_again_after_it(suite):
    suite.calbus("dist", "wait", "TAXICAB-1", "--until", "checked", "--timeout", 60)
    again = suite.rows("SELECT site, verdict FROM calbus.deployment_check WHERE created_at > (SELECT max(at) FROM calbus.recertification) ORDER BY 1")
    assert again == [["bts", "PASS"], ["summit", "PASS"], ["usdf", "PASS"]], again
    # somebody at the summit has taken the chain out: the check must see that it is applied no more
    suite.ours("collection-chain", suite.roots["summit:/repo/LSSTComCam"], "--mode", "remove", "LSSTComCam/calib", TICKET)
    change_end(suite, "TAXICAB-3", "2025-02-02")
    wait_until("the check fails at the summit", lambda: checks(suite) == {"summit": "FAIL", "bts": "PASS"}, 60)
    def failed():
        return [one["severity"] for one in suite.items("alarm", "list") if one["name"] == "DeploymentFailed.LSSTComCam.summit:0"]
    wait_until("an alarm tells of it", lambda: failed() == ["SERIOUS"], 30)
    suite.calbus("chain", "prepend", "LSSTComCam/calib", TICKET, "--repo", "summit:/repo/LSSTComCam")
    wait_until("it passes again", lambda: checks(suite) == {"summit": "PASS", "bts": "PASS"}, 60)
    wait_until("the alarm is over", lambda: failed() == ["NONE"], 30)


def a_night_without_a_bias_raises_an_alarm_until_there_is_one(suite):
    def gap():
        return [(one["severity"], one["reason"]) for one in suite.items("alarm", "list") if one["name"] == "ValidityGap.LSSTComCam.bias:0"]
    assert gap() == [], "the night has all that it needs"
    change_end(suite, "TAXICAB-4", "2024-12-08T14:00:00")  # before the night of the 8th began
    reason = " bias is in force in LSSTComCam/calib for 2 detectors on 20241208, from exposure 2024120800801 on"
    expected = [("CRITICAL", "; ".join(sorted(label + ": no" + reason for label in REPOSITORIES)))]
    wait_until("an alarm tells of the gap", lambda: [(s, "; ".join(sorted(r.split("; ")))) for s, r in gap()] == expected, 30)
    change_end(suite, "TAXICAB-5", "2025-02-03")
    wait_until("the alarm is over", lambda: [one[0] for one in gap()] == ["NONE"], 30)


def in_force(suite, label="/repo/main"):
    return json.dumps(suite.json("calib", "which", stock_made.INSTRUMENT, 4, "bias", WHEN, "--repo", label))


def what_is_certified_on_an_accepted_ticket_waits_for_the_board(suite):
    made, certified = MADE.replace("1210a", "1211a"), CERTIFIED.replace("1210a", "1211a")
    suite.calbus("generation", "submit", "bias", "-i", stock_made.INSTRUMENT, "--ticket", "DM-1", "--tag", "demo", "--rerun", "20241211a",
                 "--inputs", CURATED, "--no-wait", "--where",
                 "instrument='LSSTComCam' and exposure.day_obs=20241208 and exposure.observation_type='bias'")
    suite.calbus("verify", "wait", made, "--timeout", 60)
    refused = suite.run("certify", made, "--into", CERTIFIED, "--begin-date", "2025-03-01")
    assert refused.returncode == 4 and "is in force or accepted" in refused.stderr, refused
    assert "waits for the board" in suite.calbus("certify", made, "--begin-date", "2024-12-08T12:00:00", "--json")
    assert certified not in suite.ours("query-collections", "/repo/main", TICKET, "--chains", "flatten") and MADE in in_force(suite)
    for parent, child in (("LSSTComCam/calib", certified), (TICKET, certified)):
        refused = suite.run("chain", "prepend", parent, child)
        assert refused.returncode == 4 and "has not been accepted by the board" in refused.stderr, refused
    suite.calbus("approval", "propose", "-i", stock_made.INSTRUMENT, "--ticket", "DM-1", "--taxicab", "TAXICAB-6", "--by", "operator")
    refused = suite.run("certify", made, "--into", CERTIFIED.replace("1210a", "1212a"))
    assert refused.returncode == 4 and "is before the board: TAXICAB-6 is HAILED" in refused.stderr, refused
    suite.calbus("approval", "reject", "TAXICAB-6", "--reason", "once more", "--by", "chair")
    assert MADE in in_force(suite)
    suite.calbus("approval", "propose", "-i", stock_made.INSTRUMENT, "--ticket", "DM-1", "--taxicab", "TAXICAB-7", "--by", "operator")
    suite.calbus("approval", "accept", "TAXICAB-7", "--reason", "better", "--by", "chair")
    assert made in in_force(suite), "its ticket's chain is in force"
    suite.calbus("dist", "wait", "TAXICAB-7", "--until", "imported", "--timeout", 60)
    for label in REPOSITORIES:
        assert made in in_force(suite, label), label


def main(program, how):
    with Attached(program, {"calm": Calm, "killed": Between}[how]) as suite:
        steps = [the_stock_butler_makes_and_fills_them, they_are_attached, new_files_are_ingested_beside_those_of_the_stock_butler,
                 a_bias_is_built_verified_and_certified, it_is_accepted_distributed_and_in_force, the_stock_butler_reads_it,
                 commands_find_them_by_label_and_by_path, a_change_of_ranges_reaches_every_site,
                 the_deployment_check_is_made_again_after_it, a_night_without_a_bias_raises_an_alarm_until_there_is_one,
                 what_is_certified_on_an_accepted_ticket_waits_for_the_board]
        for step in steps:
            say(step.__name__.replace("_", " "))
            step(suite)
        assert suite.items("event", "dead-letter", "list") == []


main(*sys.argv[1:3])
