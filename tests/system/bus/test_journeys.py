"""Journeys of events: nothing is lost, nothing happens twice, whatever is killed.

  test_journeys.py PROGRAMS mock|kafka [JOURNEY...]
"""
import json
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback
import urllib.request

from suite import Suite, wait_until


def an_event_is_handled_once(suite):
    suite.start_broker()
    suite.start_service("relay")
    suite.start_service("echo")
    suite.wait_ready("relay.1", "echo.1")
    suite.say("put", "LSSTComCam/1", 1, 20)
    suite.wait_echoed(20)
    assert suite.echoed() == 20
    assert suite.sql("SELECT string_agg(seq::text, ',' ORDER BY id) FROM calbus.echo") == ",".join(
        str(i) for i in range(1, 21))
    wait_until("answers published", lambda: suite.count(
        "SELECT count(*) FROM calbus.outbox WHERE type = 'exposure.rejected' AND published IS NOT NULL") == 20)


def start_all(suite, echoes=1, relays=1, *settings):
    suite.start_broker()
    for i in range(relays):
        suite.start_service("relay", str(i + 1), "relay.grace=1s")
    for i in range(echoes):
        suite.start_service("echo", str(i + 1), *settings)
    suite.wait_ready(*(f"relay.{i + 1}" for i in range(relays)), *(f"echo.{i + 1}" for i in range(echoes)))


def assert_each_once(suite, n):
    """Exactly n events, none twice, in order per key; and each answered once."""
    suite.wait_echoed(n, 180)
    assert suite.echoed() == n, suite.echoed()
    assert suite.count("SELECT count(DISTINCT ce_id) FROM calbus.echo") == n
    assert_in_order(suite)
    assert suite.count("SELECT count(*) FROM calbus.outbox WHERE type = 'exposure.rejected'") == n
    wait_until("all published", lambda: suite.count(
        "SELECT count(*) FROM calbus.outbox WHERE published IS NULL") == 0, 120)


def assert_in_order(suite):
    disorder = suite.sql("SELECT key, seq, before FROM (SELECT key, seq, lag(seq) OVER (PARTITION BY key ORDER BY id) "
                         "AS before FROM calbus.echo) t WHERE before > seq LIMIT 3")
    assert disorder == "", disorder


def the_same_event_fifty_times_is_handled_once(suite):
    start_all(suite)
    suite.say("put", "LSSTComCam/1", 1, 3)
    suite.wait_echoed(3)
    for _ in range(49):
        suite.sql("UPDATE calbus.outbox SET published = NULL WHERE type = 'exposure.ingested'")
        suite.sql("NOTIFY calbus_outbox")
        wait_until("published again", lambda: suite.count(
            "SELECT count(*) FROM calbus.outbox WHERE published IS NULL") == 0)
    suite.say("put", "LSSTComCam/1", 4, 1)
    assert_each_once(suite, 4)


def events_of_a_key_stay_in_order_while_one_is_tried_again(suite):
    start_all(suite)
    suite.say("put", "LSSTComCam/slow", 1, 1, "later 5")
    suite.say("put", "LSSTComCam/slow", 2, 5)
    suite.say("put", "LSSTComCam/fast", 1, 5)
    wait_until("the other key goes on", lambda: suite.count(
        "SELECT count(*) FROM calbus.echo WHERE key = 'LSSTComCam/fast'") == 5)
    assert_each_once(suite, 11)


def a_poison_message_becomes_a_dead_letter_and_can_be_tried_again(suite):
    start_all(suite)
    suite.say("put", "LSSTComCam/1", 1, 1, "poison")
    suite.say("put", "LSSTComCam/1", 2, 1)
    suite.wait_echoed(1)
    letter = wait_until("a dead letter", lambda: suite.say("dead-letter", "list").strip())
    number, topic, kind, state, error = letter.split("|")
    assert (topic, kind, state) == ("calbus.exposure.v1", "conflict", "open"), letter
    assert error == "exposure 2024120800001 is poison", error
    assert suite.sql("SELECT headers->>'ce_error' FROM calbus.outbox WHERE type = 'dead-letter'") == error
    suite.say("dead-letter", "retry", number)
    wait_until("it dies again", lambda: len(suite.say("dead-letter", "list").strip().splitlines()) == 2)
    second = suite.say("dead-letter", "list").split("|")[0]
    suite.say("dead-letter", "drop", second)
    assert suite.sql("SELECT string_agg(state, ',' ORDER BY id) FROM calbus.dead_letter") == "retried,dropped"
    assert suite.echoed() == 1


def a_message_without_envelope_becomes_a_dead_letter(suite):
    start_all(suite)
    send = ["kcat", "-P", "-b", suite.bootstrap(), "-t", "calbus.exposure.v1", "-p", "3", "-k", "x"]
    subprocess.run(send, input=b"rubbish", check=True, timeout=60)
    broken = ["-H", "ce_specversion=1.0", "-H", "ce_type=org.rubin.calbus.exposure.ingested.v1", "-H",
              "ce_id=01890a5d-ac96-774b-bcce-b302099a8057", "-H", "ce_source=/x", "-H", "ce_time=2024-12-08T00:00:00Z"]
    subprocess.run(send + broken, input=b"\x12\x02\x0a\xff", check=True, timeout=60)
    wait_until("two dead letters", lambda: suite.count("SELECT count(*) FROM calbus.dead_letter") == 2)
    errors = suite.sql("SELECT string_agg(error, '; ' ORDER BY id) FROM calbus.dead_letter")
    assert "header ce_type is missing" in errors and "ends in the middle" in errors, errors
    suite.say("put", "LSSTComCam/1", 1, 3)
    assert_each_once(suite, 3)


def killing_any_process_loses_nothing_and_repeats_nothing(suite):
    start_all(suite)
    total = 0
    for turn in range(9):
        for key in range(5):
            suite.say("put", f"LSSTComCam/{key}", turn * 20 + 1, 20)
            total += 20
        time.sleep(random.random())
        victim = ("relay", "echo", "broker")[turn % 3]
        if victim == "broker":
            suite.kill_broker()
            suite.say("put", "LSSTComCam/while-away", turn * 20 + 1, 10)
            total += 10
            suite.start_broker()
        else:
            suite.kill(victim + ".1")
            suite.start_service(victim, "1", *(["relay.grace=1s"] if victim == "relay" else []))
    assert_each_once(suite, total)


def the_broker_may_be_away(suite):
    start_all(suite)
    suite.say("put", "LSSTComCam/1", 1, 5)
    suite.wait_echoed(5)
    suite.kill_broker()
    suite.say("put", "LSSTComCam/1", 6, 5)
    wait_until("degraded", lambda: suite.sql(
        "SELECT string_agg(DISTINCT state, ',') FROM calbus.instance") == "degraded", 60)
    suite.start_broker()
    assert_each_once(suite, 10)
    suite.wait_ready("relay.1", "echo.1")


def the_database_may_be_away(suite):
    start_all(suite)
    suite.say("put", "LSSTComCam/1", 1, 5)
    suite.wait_echoed(5)
    suite.close_database(5.0)
    suite.say("put", "LSSTComCam/1", 6, 5)
    assert_each_once(suite, 10)
    assert all(process.poll() is None for process in suite.processes.values())


def two_of_each_share_the_work(suite):
    start_all(suite, echoes=2, relays=2)
    for key in range(40):
        suite.say("put", f"LSSTComCam/{key}", 1, 5)
    assert_each_once(suite, 200)
    wait_until("slots shared", lambda: suite.sql(
        "SELECT string_agg(n::text, ',') FROM (SELECT count(*) n FROM pg_locks WHERE locktype = 'advisory' AND classid = "
        "1667329122 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY pid) t")
        == "8,8")
    suite.kill("relay.2")
    suite.kill("echo.2")
    for key in range(40):
        suite.say("put", f"LSSTComCam/{key}", 6, 5)
    assert_each_once(suite, 400)


def jobs_of_a_killed_worker_are_taken_over(suite):
    start_all(suite, echoes=2)
    suite.sql("INSERT INTO calbus.echo_job (id) SELECT generate_series(1, 100)")
    wait_until("some done", lambda: suite.count("SELECT count(*) FROM calbus.echo_job WHERE done") > 10)
    suite.kill("echo.2")
    wait_until("all done", lambda: suite.count("SELECT count(*) FROM calbus.echo_job WHERE NOT done") == 0)
    assert suite.sql("SELECT min(results) || ',' || max(results) FROM calbus.echo_job") == "1,1"


def what_a_group_committed_beyond_without_a_mark_comes_again(suite):
    start_all(suite)
    suite.say("put", "LSSTComCam/1", 1, 5)
    suite.wait_echoed(5)
    wait_until("settled", lambda: suite.count(
        "SELECT count(*) FROM calbus.outbox WHERE type = 'exposure.ingested' AND NOT settled") == 0)
    suite.sql("DELETE FROM calbus.echo WHERE seq = 3")
    suite.sql("DELETE FROM calbus.inbox WHERE ce_id NOT IN (SELECT ce_id FROM calbus.echo)")
    suite.sql("UPDATE calbus.outbox SET settled = false WHERE type = 'exposure.ingested'")
    suite.wait_echoed(5)
    assert suite.sql("SELECT string_agg(seq::text, ',' ORDER BY seq) FROM calbus.echo") == "1,2,3,4,5"


def a_service_shows_its_health(suite):
    start_all(suite)
    suite.say("put", "LSSTComCam/1", 1, 2)
    suite.wait_echoed(2)
    url = suite.http("echo.1")
    assert urllib.request.urlopen(url + "/livez").status == 200
    ready = json.load(urllib.request.urlopen(url + "/readyz?verbose"))
    assert ready == {"ready": True, "detail": "", "checks": {"started": True, "database": True, "broker": True,
                                                              "loop": True}}, ready
    metrics = urllib.request.urlopen(url + "/metrics").read().decode()
    assert 'calbus_events_consumed_total{topic="calbus.exposure.v1",result="handled"} 2' in metrics, metrics
    assert json.load(urllib.request.urlopen(url + "/version"))["service"] == "echo"
    assert suite.stop("echo.1") == 0


JOURNEYS = [
    an_event_is_handled_once,
    the_same_event_fifty_times_is_handled_once,
    events_of_a_key_stay_in_order_while_one_is_tried_again,
    a_poison_message_becomes_a_dead_letter_and_can_be_tried_again,
    a_message_without_envelope_becomes_a_dead_letter,
    killing_any_process_loses_nothing_and_repeats_nothing,
    the_broker_may_be_away,
    the_database_may_be_away,
    two_of_each_share_the_work,
    jobs_of_a_killed_worker_are_taken_over,
    what_a_group_committed_beyond_without_a_mark_comes_again,
    a_service_shows_its_health,
]


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # runs the cleanup
    programs, broker, wanted = sys.argv[1], sys.argv[2], sys.argv[3:]
    if broker == "kafka" and not (shutil.which("java") and shutil.which("mvn")):
        print("SKIPPED: real Kafka needs Java and Maven")
        sys.exit(77)
    random.seed(7)
    failed = []
    for journey in JOURNEYS:
        if wanted and journey.__name__ not in wanted:
            continue
        start = time.monotonic()
        suite = Suite(programs, broker)
        try:
            journey(suite)
            print(f"ok      {journey.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception:  # pylint: disable=broad-exception-caught
            failed.append(journey.__name__)
            print(f"FAILED  {journey.__name__}\n{traceback.format_exc()}\n{suite.logs()}", flush=True)
        finally:
            suite.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
