"""Two replicas of every service leave what one of each leaves: CALBUS BROKER OUTCOME"""
import sys

import night
from outcome import assert_ended_as
from suite import Suite, need, say

SERVICES = ("relay", "ingest", "generator", "verifier", "certifier", "distributor", "alarm", "console")


def main(calbus, broker, expected):
    need(broker)
    with Suite(calbus, broker, CALBUS_SUITE_INSTANCES=",".join(f"{name}=2" for name in SERVICES)) as suite:
        suite.up()
        running = [name for name in suite.units() if "." in name]
        assert len(running) == 2 * len(SERVICES), running
        night.whole_night(suite)
        assert_ended_as(expected, suite)
        say("the same end")


main(*sys.argv[1:])
