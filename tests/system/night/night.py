"""What a calibration scientist does in a night, step by step, on a suite. Each step returns when it has taken effect."""
import glob
import os

from suite import HERE, say, wait_until

INSTRUMENT = "LSSTComCam"
REPOSITORIES = ["/repo/main", "summit:/repo/LSSTComCam", "bts:/repo/LSSTComCam"]
GENERATIONS = {"bias": "biasGen", "dark": "darkGen", "flat": "flatGen-r"}
CURATED = "LSSTComCam/calib/DM-48650"
TICKET = "LSSTComCam/calib/DM-1"
DETECTORS = 2
FRAMES = 36  # of one night: 18 exposures of 2 detectors
DAMAGED = 2  # further files of the first night


def generation_of(kind):
    return f"{TICKET}/demo/{GENERATIONS[kind]}.20241210a"


def expose(suite, plan, site="usdf", *options):
    """The camera takes a night; its files land at a site."""
    say(f"the camera takes {plan} for {site}")
    suite.calbus("simulate", "-i", INSTRUMENT, "--out", suite.folder_of(site), "--night", os.path.join(HERE, plan + ".night"),
                 "--scale", 8, "--detectors", "0,4", "--seed", 7, "-q", *options)


def wait_for_files(suite, at_least):
    say(f"waiting for {at_least} files")
    suite.calbus("exposure", "wait", "--files", at_least, "--timeout", 180)


def put_the_first_calibrations_in_force(suite, folder):
    """Photon transfer curves, which no pipeline of this campaign makes, at every site."""
    say("curated calibrations")
    for repository in REPOSITORIES:
        suite.ask("calib", "curate", "-i", INSTRUMENT, "--type", "ptc", "--ticket", "DM-48650", "--repo", repository,
                  *sorted(glob.glob(folder + "/ptc_det*.fits")),
                  done=lambda: suite.run("chain", "show", CURATED, "--repo", repository).returncode == 0)
        suite.calbus("chain", "extend", f"{INSTRUMENT}/calib", CURATED, "--repo", repository)  # what is built goes before


def prepend(suite, child, repository):
    """The person at a site puts a ticket's chain in front of the default chain. Twice is as once."""
    suite.calbus("chain", "prepend", f"{INSTRUMENT}/calib", child, "--repo", repository)


def submit(suite, kind):
    run = f"calbus.run WHERE output_collection = '{generation_of(kind)}'"
    suite.ask("generation", "submit", kind, "-i", INSTRUMENT, "--ticket", "DM-1", "--tag", "demo", "--rerun", "20241210a",
              "--inputs", f"{TICKET},{CURATED}", "--no-wait", *(["--band", "r"] if kind == "flat" else []), "--where",
              f"instrument='{INSTRUMENT}' and exposure.day_obs=20241208 and exposure.observation_type='{kind}'",
              done=lambda: suite.count(run) > 0)


def build(suite, kind):
    """Generate, verify, certify. Returns the verification as `calbus verify wait --json` tells it."""
    submit(suite, kind)
    return finish(suite, kind)


def finish(suite, kind):
    """What follows a submission."""
    say(f"{kind}: build")
    suite.calbus("generation", "wait", generation_of(kind), "--timeout", 180)
    say(f"{kind}: verify")
    verified = suite.json("verify", "wait", generation_of(kind), "--timeout", 180)
    say(f"{kind}: certify")
    suite.request("certification.requested", "certify", generation_of(kind), "--begin-date", "2024-12-08T12:00:00")
    return verified


def propose(suite, taxicab):
    suite.request("approval.requested", "approval", "propose", "-i", INSTRUMENT, "--ticket", "DM-1", "--taxicab", taxicab,
                  "--label", "demo", "--by", "operator")


def reject(suite):
    say("the board rejects")
    suite.request("approval.decided", "approval", "reject", "TAXICAB-9", "--by", "operator", "--reason", "the darks are too few")


def approve(suite):
    say("the board accepts")
    propose(suite, "TAXICAB-1")
    suite.request("approval.decided", "approval", "accept", "TAXICAB-1", "--by", "operator", "--reason", "the flats are flat")


def deploy(suite):
    """Files cross, sites import, people there put the ticket's chain in force, and what is in force is checked."""
    say("waiting for the imports")
    suite.calbus("dist", "wait", "TAXICAB-1", "--until", "imported", "--timeout", 180)
    for repository in REPOSITORIES:
        say(f"{repository}: in force")
        prepend(suite, TICKET, repository)
    say("waiting for the deployment checks")
    suite.calbus("dist", "wait", "TAXICAB-1", "--until", "checked", "--timeout", 180)


def wait_for_daily_verification(suite, day_obs, repositories=("/repo/main",)):
    """Of its bias, dark and flat."""
    say(f"waiting for the daily verification of {day_obs}")
    finished = (f"calbus.verification WHERE kind = 'daily' AND day_obs = {day_obs} AND state = 'finished' AND repository IN ("
                + ",".join(f"'{repository}'" for repository in repositories) + ")")
    wait_until(f"bias, dark and flat of {day_obs} are verified",
               lambda: suite.tolerant(lambda: suite.count(finished) == 3 * len(repositories)), 240)


def wait_for_rest(suite):
    """Nothing is under way any more: no event, no run, no job, no notification."""
    say("waiting for rest")
    work = {
        "outbox": "calbus.outbox WHERE published IS NULL",
        "request": "calbus.request WHERE state = 'open'",
        "run": "calbus.run WHERE state IN ('requested', 'running')",
        "verification": "calbus.verification WHERE state = 'open'",
        "metric": "calbus.metric_record WHERE sequence > (SELECT coalesce(max(sequence), 0) FROM calbus.metric_cursor)",
        "job": "calbus.dist_job",
        "delivery": "calbus.alarm_delivery WHERE wanted > delivered",
        "file": "calbus.landed_file WHERE state = 'arrived'",
        "set": "calbus.calibset WHERE state = 'open'",
        "unhandled": "calbus.outbox o JOIN calbus.subscription s ON s.type = o.type AND o.ce_time > s.since WHERE "
                     "(o.ce_id, s.consumer_group) NOT IN (SELECT ce_id, consumer_group FROM calbus.inbox)",
    }

    left = {}

    def is_at_rest():
        before = dict(left)
        left.clear()
        left.update({name: n for name, table in work.items() if (n := suite.count(table)) > 0})
        if left and left != before:
            say(f"    {left}")
        return not left

    try:
        wait_until("everything has come to rest", lambda: suite.tolerant(is_at_rest), 180)
    except AssertionError as error:
        raise AssertionError(f"{error}; left: {left}") from None


def expose_first(suite):
    """Raw files at the main site, and the calibrations in force that no pipeline of this campaign makes."""
    folder = os.path.join(suite.folder, "ptc")
    expose(suite, "campaign", "usdf", "--ptc", folder, "--damage", DAMAGED)
    put_the_first_calibrations_in_force(suite, folder)
    wait_for_files(suite, FRAMES + DAMAGED)


def first_night(suite):
    """From raw files to three certified calibrations. Returns their verifications."""
    expose_first(suite)
    return {kind: build(suite, kind) for kind in GENERATIONS}


def expose_sites(suite):
    """The same night lands at the other sites and is judged there, before anything is in force."""
    for site in ("summit", "bts"):
        expose(suite, "campaign", site)
    wait_for_files(suite, 3 * FRAMES + DAMAGED)
    wait_for_daily_verification(suite, 20241208, REPOSITORIES)


def distribute(suite):
    """A first proposal is rejected, a second accepted and deployed at three sites."""
    expose_sites(suite)
    propose(suite, "TAXICAB-9")
    reject(suite)
    approve(suite)
    deploy(suite)


def second_night(suite):
    """Detector 4 has changed."""
    expose(suite, "change")
    wait_for_files(suite, 4 * FRAMES + DAMAGED)
    wait_for_daily_verification(suite, 20241209)


def whole_night(suite):
    first_night(suite)
    distribute(suite)
    second_night(suite)
    wait_for_rest(suite)
