"""kill -9 of every process at drawn moments of a night leaves what an undisturbed night leaves: CALBUS [SEED]..."""
import sys

import disturbance
import night
from outcome import differences, outcome
from suite import Suite, say


def undisturbed_night(calbus):
    say("an undisturbed night")
    with Suite(calbus) as suite:
        suite.up()
        night.whole_night(suite)
        return outcome(suite)


def disturbed_night(calbus, seed):
    say(f"a night with kills, seed {seed}")
    with Suite(calbus) as suite:
        suite.up()
        everything, killed = set(suite.units()), set()
        with disturbance.Disturbance(suite, disturbance.kill_everything_in_turn(seed, killed)):
            night.whole_night(suite)
        assert killed == everything, f"the night was too short to kill {everything - killed}"
        night.wait_for_rest(suite)
        return outcome(suite)


def main(calbus, *seeds):
    expected = undisturbed_night(calbus)
    assert expected["alarms"] and expected["checks"] and expected["/repo/main masters"], "there is something to compare"
    for seed in seeds or ("1",):
        found = differences(expected, disturbed_night(calbus, int(seed)))
        assert not found, f"seed {seed} changed the end:\n" + "\n".join(found)
        say("the same end")


main(*sys.argv[1:])
