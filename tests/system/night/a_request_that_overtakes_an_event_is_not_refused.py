"""A person who sees a verification and asks for its certification before the certifier has heard of it: CALBUS BROKER"""
import sys

import night
from suite import Suite, need, say, wait_until

EVENT = "calbus.outbox WHERE type = 'verification.finished'"


def lose_what_the_certifier_heard(suite):
    """As if it had been killed with the event on its way: no mark, nothing stored. The relay finds such events and says them
    again."""
    suite.rows("BEGIN; DELETE FROM calbus.inbox WHERE consumer_group = 'calbus-certifier' AND ce_id IN (SELECT ce_id FROM "
               f"{EVENT}); DELETE FROM calbus.verified_run; UPDATE calbus.outbox SET settled = false WHERE type = "
               "'verification.finished'; COMMIT")


def main(calbus, broker):
    need(broker)
    with Suite(calbus, broker) as suite:
        suite.up()
        night.expose_first(suite)
        night.submit(suite, "bias")
        say("bias: verified")
        assert suite.json("verify", "wait", night.generation_of("bias"), "--timeout", 180)["verdict"] == "PASS"
        wait_until("the certifier has heard of it", lambda: suite.count("calbus.verified_run") == 1)
        lose_what_the_certifier_heard(suite)
        assert suite.count("calbus.verified_run") == 0
        suite.calbus("certify", night.generation_of("bias"), "--begin-date", "2024-12-08T12:00:00")
        assert suite.count("calbus.certification") == 1 and suite.count("calbus.request WHERE state <> 'done'") == 0
        refused = suite.run("certify", f"{night.TICKET}/demo/darkGen.20241210a", "--begin-date", "2024-12-08T12:00:00")
        assert refused.returncode == 4 and "has not been verified" in refused.stderr, refused
        say("certified when it was heard of")


main(*sys.argv[1:])
