"""kill -9 of every process at drawn moments of a night leaves what an undisturbed night leaves.

CALBUS BROKER OUTCOME [SEED]...
"""
import sys

import disturbance
import night
from outcome import assert_ended_as
from suite import Suite, need, say


def a_night_with_kills(calbus, broker, expected, seed):
    say(f"a night with kills, seed {seed}")
    with Suite(calbus, broker) as suite:
        suite.up()
        everything, killed = set(suite.units()), []
        with disturbance.Disturbance(suite, disturbance.kill_everything_in_turn(seed, killed)):
            night.whole_night(suite)
        assert set(killed) == everything, f"the night was too short to kill {everything - set(killed)}"
        night.wait_for_rest(suite)
        assert_ended_as(expected, suite)
        say(f"the same end after {len(killed)} kills")


def main(calbus, broker, expected, *seeds):
    need(broker)
    for seed in seeds or ("1",):
        a_night_with_kills(calbus, broker, expected, int(seed))


main(*sys.argv[1:])
