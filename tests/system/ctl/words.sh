#!/bin/bash
# The command line without a suite: help, exit statuses, suggestions, completion, the shipped settings.
set -euo pipefail
CALBUS=$1
. "$2/support/suite.sh"
suite_new
says() { # says STATUS TEXT COMMAND...: this exit status, and this text somewhere
  local status=0 wanted=$1 text=$2 output
  shift 2
  output=$("$@" 2>&1) || status=$?
  [[ $status = "$wanted" ]] || fail "$*: exit $status, not $wanted: $output"
  grep -qF -- "$text" <<<"$output" || fail "$*: \"$text\" is not in: $output"
  echo "ok: $*"
}

says 0 "calbus up" "$CALBUS" --help
says 2 "calbus up" "$CALBUS"
says 0 "librdkafka" "$CALBUS" --version
says 2 'did you mean "calbus status"?' "$CALBUS" staus
says 2 'did you mean "calbus event tail"?' "$CALBUS" event tial
says 2 'did you mean --json?' "$CALBUS" site list --jsn
says 2 'unexpected word "x"' "$CALBUS" site list x
says 3 'Did you mean summit?' "$CALBUS" site show sumit
says 2 'unrecognized column "nme"' "$CALBUS" site list --columns nme
says 0 '"schema":"calbus.site.show.v1"' "$CALBUS" site show bts --json
says 3 '{"error":{"code":"not_found","exit":3,' "$CALBUS" site show nowhere --json
says 0 "/run/here/sites" env CALBUS_HOME=/run/here "$CALBUS" site list
says 78 "CALBUS_LOG_LEVL" env CALBUS_LOG_LEVL=x "$CALBUS" config check
says 0 "CALBUS_LOG_LEVEL" env CALBUS_LOG_LEVEL=debug "$CALBUS" config show --origin
says 0 "flag" "$CALBUS" config show --origin --set log.level=debug
says 69 "calbus up" "$CALBUS" summary
says 2 "--begin-date or --end-date is required" "$CALBUS" calib recertify a/calib/DM-1/x/bias.20241210a bias --reason x
says 2 "--reason is required" "$CALBUS" calib recertify a/calib/DM-1/x/bias.20241210a bias --end-date none
says 2 "give --type and --into" "$CALBUS" certify u/jdoe/trial --type bias
says 1 "follows no pattern of official calibrations" "$CALBUS" certify jdoe/trial --type bias --into jdoe/mine
says 2 '--at: "none" is not a date: expected YYYY-MM-DD' "$CALBUS" calib recertify a/calib/DM-1/x/bias.20241210a bias --at none --end-date none
says 0 "complete -o default -F _calbus calbus" "$CALBUS" completion bash
says 0 "dead-letter" "$CALBUS" __complete event ""
says 0 "--broker" "$CALBUS" __complete up --

# every command and verb explains itself, examples first
"$CALBUS" __complete "" | while read -r noun; do
  [[ $("$CALBUS" help "$noun" | wc -l) -gt 3 ]] || fail "help of $noun"
  "$CALBUS" "$noun" --help >/dev/null || fail "$noun --help"
  { "$CALBUS" __complete "$noun" "" | grep -v '^--' || true; } | while read -r verb; do
    "$CALBUS" "$noun" "$verb" --help | grep -q '^Examples:' || fail "$noun $verb --help shows no examples"
  done
done
echo "ok: every verb has help with examples"

# the shipped settings say what is built in
diff <("$CALBUS" config show --plain --columns setting,value) \
  <("$CALBUS" config show --plain --columns setting,value --config "$3/deploy/calbus.conf") ||
  fail "deploy/calbus.conf differs from what is built in"
echo "ok: the shipped settings are the built-in ones"
bash -n <("$CALBUS" completion bash)
