#!/bin/bash
# calbus up --broker kafka: real Apache Kafka under the supervisor, its log kept over a restart.
set -euo pipefail
CALBUS=$1
. "$2/support/suite.sh"
command -v java >/dev/null && command -v mvn >/dev/null || {
  echo "skipped: Java and Maven are not installed (apt-get install default-jre-headless maven)"
  exit 77
}
suite_new

check "up" "$CALBUS" up --broker kafka
check "status says that all is ready" all_ready
bootstrap=$(sed -E 's/.*"bootstrap":"([^"]+)".*/\1/' "$CALBUS_HOME/run/broker.json")
topics() { kcat -b "$bootstrap" -L | grep -c '  topic "calbus\.'; }
partitions() { kcat -b "$bootstrap" -L -t "$1" | awk '$1 == "topic" {print $4}'; }
check "the topics were made with their partitions" test "$(partitions calbus.quantum.v1)" = 64
check "the key decides the partition among as many as designed" test "$(partitions calbus.exposure.v1)" = 32
made=$(topics)
check "all topics are there" test "$made" -ge 12
check "one that is only asked for is not" test "$(partitions calbus.nonesuch.v1)" = 0
check "and does not come by itself" test "$(topics)" = "$made"
echo kept | kcat -P -b "$bootstrap" -t calbus.heartbeat.v1

kill -9 "$(pid_of broker)"
check "Kafka is started again after kill -9" until_true 120 all_ready
check "and what is said to be ready has its topics, at the same address" test "$(topics)" = "$made"
check "down" "$CALBUS" down -q
check "up again" "$CALBUS" up -q --broker kafka
check "finds the log where it was" grep -qx kept <(kcat -C -b "$bootstrap" -t calbus.heartbeat.v1 -o beginning -e -q)
