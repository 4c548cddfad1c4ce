"""Journeys of events: nothing is lost, nothing happens twice, whatever is killed.

  test_journeys.py PROGRAMS mock|kafka [JOURNEY...]
"""
import random
import sys
import time
import traceback

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


JOURNEYS = [an_event_is_handled_once]


def main():
    programs, broker, wanted = sys.argv[1], sys.argv[2], sys.argv[3:]
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
