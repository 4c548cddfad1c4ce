"""The broker away for a minute, then the database for half a minute, while work goes on: CALBUS BROKER OUTCOME"""
import sys

import disturbance
import night
from outcome import assert_ended_as
from suite import Suite, need, say

BROKER_AWAY_S, DATABASE_AWAY_S = 60, 30


def main(calbus, broker, expected):
    need(broker)
    with Suite(calbus, broker) as suite:
        suite.up()
        with disturbance.Disturbance(suite, disturbance.keep_away("broker", BROKER_AWAY_S)) as away:
            night.expose_first(suite)
            night.submit(suite, "bias")
            away.thread.join()
            night.finish(suite, "bias")
        with disturbance.Disturbance(suite, disturbance.keep_away("postgres", DATABASE_AWAY_S)) as away:
            night.submit(suite, "dark")
            away.thread.join()
            night.finish(suite, "dark")
        night.build(suite, "flat")
        night.distribute(suite)
        night.second_night(suite)
        night.wait_for_rest(suite)
        assert_ended_as(expected, suite)
        say("the same end")


main(*sys.argv[1:])
