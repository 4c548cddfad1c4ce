"""Two replicas of every service leave what one of each leaves: CALBUS"""
import sys

import night
from outcome import differences, outcome
from suite import Suite, say

SERVICES = ("relay", "ingest", "generator", "verifier", "certifier", "distributor", "alarm", "console")


def night_with(calbus, instances):
    say(f"a night with {instances} of every service")
    with Suite(calbus, CALBUS_SUITE_INSTANCES=",".join(f"{name}={instances}" for name in SERVICES)) as suite:
        suite.up()
        running = [name for name in suite.units() if "." in name]
        assert len(running) == instances * len(SERVICES), running
        night.whole_night(suite)
        return outcome(suite)


def main(calbus):
    found = differences(night_with(calbus, 1), night_with(calbus, 2))
    assert not found, "two of each end differently:\n" + "\n".join(found)
    say("the same end")


main(sys.argv[1])
