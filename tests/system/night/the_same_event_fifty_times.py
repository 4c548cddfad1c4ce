"""The same event fifty times more: nothing happens twice. CALBUS BROKER"""
import os
import subprocess
import sys

import night
from outcome import differences, outcome
from suite import Suite, need, say, wait_until

TIMES = 50
HEARD_BY = {  # event: who must have refused every copy
    "calibset.closed": ["verifier"],
    "generation.requested": ["generator"],
    "generation.finished": ["verifier"],
    "verification.finished": ["certifier", "alarm"],
    "certification.requested": ["certifier"],
    "approval.requested": ["certifier"],
    "approval.decided": ["certifier"],
    "approval.accepted": ["distributor"],
    "chain.deployed": ["distributor"],
    "site.imported": ["certifier"],
    "deployment.checked": ["certifier", "alarm"],
    "test.failed": ["alarm"],
}
GROWING = ("outbox", "inbox", "run", "quantum", "verification", "metric_record", "certification", "proposal", "approval_audit",
           "rule", "transfer", "site_import", "deployment_check", "alarm_history", "dead_letter", "landed_file", "request")


def from_the_topic(suite, topic, partition, offset, layout):
    """What kcat sees at a place of the log."""
    return subprocess.run(["kcat", "-C", "-q", "-b", suite.bootstrap(), "-t", topic, "-p", partition, "-o", offset, "-c", "1",
                           "-f", layout], capture_output=True, check=True, timeout=60).stdout


def publish_again(suite, kind, copies):
    """The same bytes under the same key with the same headers, into the same partition. Returns the topic."""
    rows = suite.rows("SELECT topic, log_partition, log_offset, ce_id FROM calbus.outbox WHERE published IS NOT NULL AND "
                      f"type = '{kind}' ORDER BY id DESC LIMIT 1")
    assert rows, f"the night said no {kind}"
    topic, partition, offset, identifier = rows[0]
    headers = from_the_topic(suite, topic, partition, offset, "%h").decode().split(",")
    assert f"ce_id={identifier}" in headers, headers
    path = os.path.join(suite.folder, "event")
    with open(path, "wb") as file:
        file.write(from_the_topic(suite, topic, partition, offset, "%s"))
    words = [word for header in headers for word in ("-H", header)]
    key = from_the_topic(suite, topic, partition, offset, "%k").decode()
    subprocess.run(["kcat", "-P", "-b", suite.bootstrap(), "-t", topic, "-p", partition, "-k", key, *words, *[path] * copies],
                   check=True, timeout=120, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return topic


def refused(suite, service, topic):
    return suite.metric(service, "calbus_events_consumed_total", topic=topic, result="repeated")


def sizes(suite):
    return {table: suite.count("calbus." + table) for table in GROWING}


def main(calbus, broker):
    need(broker)
    with Suite(calbus, broker) as suite:
        suite.up()
        night.whole_night(suite)
        before, grown = outcome(suite), sizes(suite)
        for kind, services in HEARD_BY.items():
            topic = suite.value(f"SELECT topic FROM calbus.outbox WHERE type = '{kind}' LIMIT 1")
            seen = {service: refused(suite, service, topic) for service in services}
            publish_again(suite, kind, TIMES)
            for service in services:
                wait_until(f"{service} has refused {TIMES} copies of {kind}",
                           lambda s=service, t=topic: refused(suite, s, t) >= seen[s] + TIMES, 60)
            say(f"{kind}: {TIMES} times more")
        night.wait_for_rest(suite)
        found = differences(before, outcome(suite))
        assert not found, "something happened twice:\n" + "\n".join(found)
        assert sizes(suite) == grown, (grown, sizes(suite))
        say("nothing happened twice")


main(*sys.argv[1:])
