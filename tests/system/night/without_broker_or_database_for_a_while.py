"""The broker away for a minute, then the database for half a minute, while work goes on: CALBUS"""
import sys

import disturbance
import night
from outcome import differences, outcome
from suite import Suite, say

BROKER_AWAY_S, DATABASE_AWAY_S = 60, 30


def undisturbed(calbus):
    say("an undisturbed night")
    with Suite(calbus) as suite:
        suite.up()
        night.first_night(suite)
        night.wait_for_rest(suite)
        return outcome(suite)


def disturbed(calbus):
    say("broker and database go away")
    with Suite(calbus) as suite:
        suite.up()
        with disturbance.Disturbance(suite, disturbance.keep_away("broker", BROKER_AWAY_S)) as away:
            night.expose(suite, "campaign", "usdf", "--ptc", suite.folder + "/ptc")
            night.put_the_first_calibrations_in_force(suite, suite.folder + "/ptc")
            night.wait_for_files(suite, night.FRAMES)
            night.submit(suite, "bias")
            away.thread.join()
            night.finish(suite, "bias")
        with disturbance.Disturbance(suite, disturbance.keep_away("postgres", DATABASE_AWAY_S)) as away:
            night.submit(suite, "dark")
            away.thread.join()
            night.finish(suite, "dark")
        night.build(suite, "flat")
        night.wait_for_rest(suite)
        return outcome(suite)


def main(calbus):
    found = differences(undisturbed(calbus), disturbed(calbus))
    assert not found, "the night ended differently:\n" + "\n".join(found)
    say("the same end")


main(sys.argv[1])
