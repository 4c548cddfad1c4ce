# For the shell tests of a whole suite: source it, call suite_new, and everything is stopped and removed at the end.
#   suite_new        a home of mode 0700 with its own HOME, on free ports; sets CALBUS_HOME
#   until_true N CMD wait up to N seconds for a condition
#   check WHAT CMD   run a condition; failing ends the test
# shellcheck shell=bash

: "${CALBUS:?path of the calbus program}"
export HOME

suite_new() {
  folder=$(mktemp -d /tmp/cbsuite.XXXX)
  chmod 700 "$folder"
  # Kafka's programs are fetched once for all tests
  export CALBUS_KAFKA_CACHE=${CALBUS_KAFKA_CACHE:-${HOME:-/root}/.cache/calbus/kafka}
  HOME=$folder
  export CALBUS_HOME=$folder/home
  export CALBUS_CONSOLE_LISTEN=127.0.0.1:0 CALBUS_DISTRIBUTOR_LISTEN=127.0.0.1:0
  trap suite_end EXIT
  trap 'exit 130' INT TERM
}

suite_end() {
  local status=$?
  trap - EXIT
  if [[ $status -ne 0 && -d $CALBUS_HOME/log ]]; then
    tail -n 15 "$CALBUS_HOME"/log/*.log >&2 || true
  fi
  "$CALBUS" down -q || true
  # root's database lies outside the home
  local place
  place=$(cat "$CALBUS_HOME/postgres/location" 2>/dev/null || true)
  [[ $place != /var/lib/calbus/?* ]] || rm -rf "$place" "$place.old"
  rm -rf "$folder" || true
  exit "$status"
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

check() {
  local what=$1
  shift
  "$@" || fail "$what"
  echo "ok: $what"
}

until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [[ $SECONDS -lt $deadline ]] || return 1
    read -rt 0.2 <> <(:) || true
  done
}

# exit status of a command, which may fail
status_of() {
  local status=0
  "$@" >/dev/null 2>&1 || status=$?
  echo "$status"
}

pid_of() { # of a unit
  awk -v unit="$1" '$1 == "unit" && $2 == unit && $3 == "running" {print $4}' "$CALBUS_HOME/run/units"
}

supervisor_pid() { awk '$1 == "suite" {print $3}' "$CALBUS_HOME/run/units"; }

all_ready() { [[ $(status_of "$CALBUS" status) = 0 ]]; }
