"""From raw files to the summit, and an alarm on the next night: CALBUS BROKER OUTCOME STOCK_BUTLER

Every step is looked at as people see it, through --json, and the end through the stock butler and a webhook's receiver.
What the night left is saved as OUTCOME: disturbed nights have to leave the same.
"""
import json
import http.server
import os
import subprocess
import sys
import threading

import night
from outcome import outcome, repositories, save
from suite import SKIPPED, Suite, need, say, wait_until

CHANGED = "VerifyFailed.LSSTComCam.bias.4:0"


class Receiver(http.server.ThreadingHTTPServer):
    """Somebody's pager: away until it is opened, then out of order when it first hears of an alarm; keeps what it accepts."""

    def __init__(self):
        self.notices, self.refused = [], []
        super().__init__(("127.0.0.1", 0), self.make_handler(), bind_and_activate=False)
        self.server_bind()

    def open(self):
        self.server_activate()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def accepts(self, notice):
        """A new alarm is refused once."""
        fresh = notice["groupKey"] not in [n["groupKey"] for n in self.refused]
        (self.refused if fresh else self.notices).append(notice)
        return not fresh

    def make_handler(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                accepted = receiver.accepts(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200 if accepted else 500)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler

    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}/"


def the_files_are_registered_and_their_sets_closed(suite):
    exposures = suite.items("exposure", "list")
    assert len(exposures) == 18 and all(e["detectors"] == night.DETECTORS for e in exposures), exposures
    sets = suite.items("exposure", "sets")
    assert sorted(s["observation_type"] for s in sets) == ["bias", "dark", "flat"], sets
    for one in sets:
        assert one["state"] == "closed" and one["complete"] and one["missing"] == 0 and one["revision"] == 1, one
        assert one["exposures"] == 6 and one["frames"] == 12, one
    rejected = suite.items("exposure", "rejected")
    assert sorted(r["kind"] for r in rejected) == ["foreign-camera", "truncated"], rejected


def each_calibration_is_verified_and_certified(suite, verifications):
    for kind, verified in verifications.items():
        assert verified["calib_type"] == kind and verified["verdict"] == "PASS", verified
        assert verified["detectors_passed"] == night.DETECTORS and verified["tests_failed"] == 0, verified
        assert verified["tests"] > 0 and verified["exposures"] >= 6, verified
    collections = suite.json("chain", "show", night.TICKET)
    text = json.dumps(collections)
    for name in ("bias.20241210a", "dark.20241210a", "flat-r.20241210a"):
        assert f"{night.TICKET}/demo/{name}" in text, text
    before = suite.run("calib", "which", night.INSTRUMENT, 4, "bias", "2024-12-09T03:00:00", "--json")
    assert before.returncode == 3, "a certified calibration has no effect before it is in the default chain: " + before.stdout


def the_board_may_say_no(suite, verifications):
    night.propose(suite, "TAXICAB-9")
    proposal = next(p for p in suite.items("approval", "list") if p["taxicab_ticket"] == "TAXICAB-9")
    assert proposal["report"].endswith("/reports/DM-1/index.html"), proposal
    with open(proposal["report"].removeprefix("file://"), encoding="utf-8") as page:
        listed = page.read()
    for verified in verifications.values():
        assert os.path.basename(verified["report"]) in listed, (verified["report"], listed)
        with open(verified["report"].removeprefix("file://"), encoding="utf-8") as page:
            body = page.read().split("</h1>", 1)[1]
        summary = f'{verified["tests_passed"]} of {verified["tests"]} tests passed'
        assert 0 < body.index("PASS") < body.index(summary) < body.index("<table>"), body[:600]
    refused = suite.run("approval", "reject", "TAXICAB-9", "--by", "operator")
    assert refused.returncode == 2 and "reason" in refused.stderr, refused
    night.reject(suite)
    audit = [(a["actor"], a["action"], a["to_state"], a["comment"]) for a in suite.items("approval", "audit")]
    assert ("operator", "reject", "REJECTED", "the darks are too few") in audit, audit
    assert suite.count("calbus.rule") == 0 and suite.items("dist", "list") == []


def the_sites_have_them_and_use_them(suite):
    sites = suite.items("dist", "show", "TAXICAB-1")
    assert {s["site"] for s in sites} == {"summit", "bts", "usdf"} or {s["site"] for s in sites} >= {"summit", "bts"}, sites
    for site in (s for s in sites if s["site"] in ("summit", "bts")):
        assert site["files"] == site["files_ok"] > 0 and site["files_stuck"] == 0, site
        assert site["import"] == "IMPORTED" and site["datasets"] == 6 and site["check"] == "PASS", site
    rules = suite.items("dist", "rules")
    assert [r["state"] for r in rules] == ["OK"] and rules[0]["locks_ok"] == sum(s["files"] for s in sites), rules
    for repository in night.REPOSITORIES:
        which = suite.json("calib", "which", night.INSTRUMENT, 4, "bias", "2024-12-09T03:00:00", "--repo", repository)
        assert "biasGen.20241210a" in json.dumps(which), which
        too_early = suite.run("calib", "which", night.INSTRUMENT, 4, "bias", "2024-12-08T11:59:59", "--repo", repository)
        assert too_early.returncode == 3, too_early.stdout
    roots = {label: (root, schema) for label, root, schema in repositories(suite)}
    for repository in night.REPOSITORIES[1:]:
        schema = roots[repository][1]
        paths = [row[0] for row in suite.rows(f'SELECT path FROM "{schema}".file_datastore_records WHERE path LIKE \'%biasGen%\'')]
        assert len(paths) == 2 and all(p.startswith("file://") and "/rse/" in p for p in paths), paths
    audit = suite.items("approval", "audit")
    assert ("operator", "accept", "the flats are flat") in [(a["actor"], a["action"], a["comment"]) for a in audit], audit
    suite.calbus("approval", "audit", "--verify")


def the_night_is_judged_against_what_is_in_force(suite):
    daily = {v["calib_type"]: v for v in suite.items("verify", "list", "--kind", "daily", "--day-obs", 20241209)}
    assert sorted(daily) == ["bias", "dark", "flat"], daily
    assert {v["verdict"] for v in daily.values()} == {"FAIL"}, daily
    failures = suite.items("verify", "failures", daily["bias"]["verify_run"])
    assert failures and {f["detector"] for f in failures} == {4}, failures
    means = [f for f in failures if f["metric"] == "MEAN" or f["test"] == "MEAN"]
    assert {f["amp"] for f in means} == {"C03"}, failures
    assert all(abs(f["value"]) > f["limit"] > 0 for f in means), failures


def a_range_is_changed_with_its_history_and_explained(suite):
    certified, when = night.TICKET + "/demo/bias.20241210a", "2024-12-09T03:00:00"
    question = ("calib", "explain", night.INSTRUMENT, 4, "bias", when)
    told = suite.items(*question)
    assert [(line["reason"], line["collection"]) for line in told] == [("applies", certified)], told
    assert told[0]["detector"] == 4 and "biasGen.20241210a" in told[0]["run"], told
    everything = suite.items(*question, "--all")
    assert [line["reason"] for line in everything] == ["applies"] + ["other_data_id"] * (night.DETECTORS - 1), everything
    assert suite.run("calib", "explain", night.INSTRUMENT, 4, "bias", "r_03", when).returncode != 0, "a bias has no filter"

    change = ("calib", "recertify", certified, "bias", "--detector", 4, "--begin-date", "2024-12-09T06:00:00", "--by", "operator")
    assert suite.run(*change).returncode == 2, "a reason is required"
    alone = suite.run(*change, "--reason", "the heater was on")
    assert alone.returncode == 4 and "board's consent" in alone.stderr, alone
    empty = suite.run(*change, "--end-date", "2024-12-09T05:00:00", "--reason", "a slip", "--taxicab", "TAXICAB-21")
    assert empty.returncode != 0 and "not after its begin" in empty.stderr, empty
    suite.calbus(*change, "--reason", "the heater was on", "--taxicab", "TAXICAB-21")
    assert suite.items("calib", "history") == [], "what was refused, or is only proposed, is no history"
    suite.calbus("approval", "accept", "TAXICAB-21", "--by", "chair", "--reason", "it was on")
    again = suite.run(*change, "--reason", "once more", "--taxicab", "TAXICAB-22")
    assert again.returncode == 4 and "so already" in again.stderr, again
    history = suite.items("calib", "history", certified)
    assert len(history) == 1, "nothing changed the second time: " + json.dumps(history)
    line = history[0]
    assert (line["by"], line["reason"], line["detector"], line["dataset_type"]) == ("operator", "the heater was on", 4, "bias"), line
    assert line["taxicab_ticket"] == "TAXICAB-21", line
    summary = [one["text"] for one in suite.items("summary") if one["section"] == "certified"]
    assert "from 2024-12-08T12:00:00 TAI, open-ended, not all alike; approved as TAXICAB-1 by operator" in "\n".join(summary), summary
    suite.calbus("dist", "wait", "TAXICAB-1", "--until", "imported", "--timeout", 60)
    for site in ("summit", "bts"):
        there = suite.run(*question, "--repo", f"{site}:/repo/LSSTComCam", "--json")
        assert [one["reason"] for one in json.loads(there.stdout)["items"]] == ["begins_later"], there
    assert line["old_range"] == "[2024-12-08T12:00:00, \u221e)" and line["new_range"] == "[2024-12-09T06:00:00, \u221e)", line
    early = suite.run(*question, "--json")
    assert early.returncode == 3, early
    assert [one["reason"] for one in json.loads(early.stdout)["items"]] == ["begins_later"], early.stdout
    back = ("calib", "recertify", certified, "bias", "--detector", 4, "--begin-date", "2024-12-08T12:00:00")
    suite.calbus(*back, "--reason", "it was not", "--by", "operator", "--taxicab", "TAXICAB-23")
    suite.calbus("approval", "accept", "TAXICAB-23", "--by", "chair", "--reason", "it was not on")
    assert [one["reason"] for one in suite.items("calib", "history")] == ["the heater was on", "it was not"]
    assert suite.items(*question)[0]["reason"] == "applies"
    suite.calbus("dist", "wait", "TAXICAB-1", "--until", "imported", "--timeout", 60)
    summary = [one["text"] for one in suite.items("summary") if one["section"] == "certified"]
    assert "from 2024-12-08T12:00:00 TAI, open-ended; approved" in "\n".join(summary), summary


def each_metric_record_is_published_once(suite):
    for tag in ("campaign", "daily"):
        assert suite.count(f"calbus.metric_record WHERE dataset_tag = '{tag}'") == 3 * 6 * night.DETECTORS, tag
    assert suite.count("calbus.outbox WHERE type = 'metric.recorded' AND published IS NOT NULL") == suite.count(
        "calbus.metric_record")


def alarms(suite):
    return {a["name"]: a for a in suite.items("alarm", "list") if a["name"].startswith("Verify")}


def the_changed_detector_raises_alarms_and_no_other(suite):
    raised = alarms(suite)
    assert {a["labels"]["detector"] for a in raised.values()} == {"4"}, raised
    assert {a["labels"]["calib_type"] for a in raised.values()} == {"bias", "dark", "flat"}, raised
    alarm = raised[CHANGED]
    assert alarm["state"] == "active" and alarm["severity"] in ("WARNING", "SERIOUS"), alarm
    for word in ("MEAN", "C03", "above", "electron", "20241209000"):
        assert word in alarm["reason"], alarm["reason"]
    flat = next(a for n, a in raised.items() if ".flat." in n)
    assert "C11" in flat["reason"] and "C03" not in flat["reason"], flat["reason"]


def the_pager_is_tried_again(suite, receiver):
    """It is away, then it answers 500."""
    wait_until("the pager is found away", lambda: suite.count(
        f"calbus.alarm_delivery WHERE name = '{CHANGED}' AND attempts > 0 AND delivered = 0 AND error <> ''") == 1, 60)
    receiver.open()
    wait_until("the pager refuses once", lambda: any(CHANGED in json.dumps(n) for n in receiver.refused), 60)


def the_pager_was_told(receiver):
    notice = wait_until("the pager is told of the bias",
                        lambda: next((n for n in receiver.notices if CHANGED in json.dumps(n)), None), 60)
    assert notice["version"] == "4" and notice["status"] == "firing" and "C03" in json.dumps(notice), notice
    assert not any("VerifyFailed.LSSTComCam.bias.0" in json.dumps(n) for n in receiver.notices), receiver.notices


def states_told_to(receiver):
    """What it accepted, without the times: an alarm's states."""
    told = []
    for notice in receiver.notices:
        assert len(notice["alerts"]) == 1, notice
        alert = notice["alerts"][0]
        told.append(json.dumps([alert["status"], alert["labels"], alert["annotations"]], sort_keys=True))
    return told


def each_state_was_told_once(receiver):
    told = states_told_to(receiver)
    assert sorted(told) == sorted(set(told)), told


def an_acknowledgement_outlives_a_restart(suite, receiver):
    suite.calbus("alarm", "ack", CHANGED, "--by", "operator", "--comment", "C03 is known")
    acknowledged = alarms(suite)
    assert acknowledged[CHANGED]["acknowledged_by"] == "operator", acknowledged
    wait_until("the pager is told who has it", lambda: any("operator" in state for state in states_told_to(receiver)), 60)
    told = [state for state in states_told_to(receiver) if "Verify" in state]
    suite.calbus("down", "-q")
    assert suite.run("status").returncode == 3
    suite.up()
    again = alarms(suite)
    assert {n: (a["state"], a["severity"], a["acknowledged_by"], a["reason"]) for n, a in again.items()} == {
        n: (a["state"], a["severity"], a["acknowledged_by"], a["reason"]) for n, a in acknowledged.items()}, again
    night.wait_for_rest(suite)
    assert [state for state in states_told_to(receiver) if "Verify" in state] == told, "a restart tells nobody again"


def stale(suite):
    """{name of the alarm: its reason} of what was built from something superseded."""
    return {a["name"]: a["reason"] for a in suite.items("alarm", "list")
            if a["name"].startswith("CalibrationStale") and a["severity"] != "NONE"}


def another_bias_makes_stale_what_was_built_from_the_first(suite):
    """A second ticket's bias in force: dark and flat are stale. Taken out again: they are not."""
    say("another bias")
    assert stale(suite) == {}, stale(suite)
    ticket = f"{night.INSTRUMENT}/calib/DM-2"
    made = f"{ticket}/again/biasGen.20241210a"
    # without those of the night after, on which detector 4 has changed
    biases = f"instrument='{night.INSTRUMENT}' and exposure.day_obs=20241208 and exposure.observation_type='bias'"
    suite.calbus("generation", "submit", "bias", "-i", night.INSTRUMENT, "--ticket", "DM-2", "--tag", "again", "--rerun", "20241210a",
                 "--inputs", night.CURATED, "--where", biases, "--verify-where", biases)
    suite.calbus("verify", "wait", made, "--timeout", 180)
    suite.calbus("certify", made, "--begin-date", "2024-12-08T12:00:00")
    suite.calbus("approval", "propose", "-i", night.INSTRUMENT, "--ticket", "DM-2", "--taxicab", "TAXICAB-2", "--by", "operator")
    suite.calbus("approval", "accept", "TAXICAB-2", "--by", "operator", "--reason", "to see what becomes stale")
    night.prepend(suite, ticket, night.REPOSITORIES[0])
    expected = ["CalibrationStale.LSSTComCam.dark:0", "CalibrationStale.LSSTComCam.flat.r_03:0"]
    wait_until("dark and flat are stale", lambda: sorted(stale(suite)) == expected, 60)
    assert all("DM-2/again/bias.20241210a has superseded" in reason for reason in stale(suite).values()), stale(suite)
    suite.calbus("chain", "remove", f"{night.INSTRUMENT}/calib", ticket, "--repo", night.REPOSITORIES[0])
    wait_until("nothing is stale", lambda: stale(suite) == {}, 60)


def the_stock_butler_finds_it(suite, stock):
    found = subprocess.run([stock], capture_output=True, text=True, check=False)
    if found.returncode == SKIPPED:
        say("not looked at with the stock butler: " + found.stderr.strip())
        return
    assert found.returncode == 0, found.stderr
    sites = suite.items("dist", "show", "TAXICAB-1")
    program = """
import hashlib, json, sys
from astropy.io import fits
from astropy.time import Time
from lsst.daf.butler import Butler, Timespan
checked = {s["repository"]: s for s in json.loads(sys.argv[1]) if s["check"] == "PASS"}
assert sorted(checked) == sorted(sys.argv[2:]), checked
for repo in sys.argv[2:]:
    header = fits.getheader(checked[repo]["processed"])
    butler = Butler.from_config(repo)
    for kind, more in (("bias", {}), ("dark", {}), ("flat", {"physical_filter": "r_03"})):
        for detector in (0, 4):
            ref = butler.find_dataset(kind, instrument="LSSTComCam", detector=detector, collections="LSSTComCam/calib", **more,
                timespan=Timespan(Time("2024-12-09T03:00:00", scale="tai"), Time("2024-12-09T03:00:01", scale="tai")))
            assert ref is not None and "/DM-1/demo/" in ref.run, (repo, kind, ref)
            assert butler.getURI(ref).exists() and bool(butler.exists(ref, full_check=True)), (repo, ref)
            if detector == checked[repo]["detector"]:
                named = [header["LSST CALIB " + card + " " + kind.upper()] for card in ("RUN", "UUID", "SHA256")]
                assert named == [ref.run, str(ref.id), hashlib.sha256(butler.getURI(ref).read()).hexdigest()], (repo, named, ref)
    early = butler.find_dataset("bias", instrument="LSSTComCam", detector=4, collections="LSSTComCam/calib",
        timespan=Timespan(Time("2024-12-08T11:00:00", scale="tai"), Time("2024-12-08T11:00:01", scale="tai")))
    assert early is None, early
    print(repo, len(butler.query_datasets("raw", collections="LSSTComCam/raw/all", find_first=False)))
"""
    done = subprocess.run([found.stdout.strip() + "/python", "-c", program, json.dumps(sites), *night.REPOSITORIES], capture_output=True, text=True,
                          check=False, env=suite.environment | {"DAF_BUTLER_REPOSITORY_INDEX": suite.home + "/repositories.yaml"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:3] == ["/repo/main 72", "summit:/repo/LSSTComCam 36", "bts:/repo/LSSTComCam 36"], done.stdout


def main(calbus, broker, saved, stock):
    need(broker)
    receiver = Receiver()
    with Suite(calbus, broker, CALBUS_ALARM_WEBHOOKS="pager=" + receiver.address()) as suite:
        suite.up()
        verifications = night.first_night(suite)
        the_files_are_registered_and_their_sets_closed(suite)
        each_calibration_is_verified_and_certified(suite, verifications)
        night.expose_sites(suite)
        the_board_may_say_no(suite, verifications)
        night.approve(suite)
        night.deploy(suite)
        the_sites_have_them_and_use_them(suite)
        night.second_night(suite)
        the_pager_is_tried_again(suite, receiver)
        night.wait_for_rest(suite)
        the_night_is_judged_against_what_is_in_force(suite)
        each_metric_record_is_published_once(suite)
        the_changed_detector_raises_alarms_and_no_other(suite)
        the_pager_was_told(receiver)
        save(saved, outcome(suite))
        an_acknowledgement_outlives_a_restart(suite, receiver)
        each_state_was_told_once(receiver)
        the_stock_butler_finds_it(suite, stock)
        a_range_is_changed_with_its_history_and_explained(suite)
        another_bias_makes_stale_what_was_built_from_the_first(suite)
        assert suite.items("event", "dead-letter", "list") == []
        say("the night is over")


main(*sys.argv[1:5])
