#!/bin/bash
# calbus up and down on a fresh home: again, after kill -9 of anything, and with an earlier home's database in the way.
set -euo pipefail
CALBUS=$1
. "$2/support/suite.sh"
suite_new

# ---- before the first start ----
check "status before the first start is 'not found'" test "$(status_of "$CALBUS" status)" = 3
check "the database before the first start is unavailable" test "$(status_of "$CALBUS" db status)" = 69
check "down before the first start is harmless" "$CALBUS" down -q
check "an unrecognized flag is a usage error" test "$(status_of "$CALBUS" up --brokr mock)" = 2
check "an unrecognized broker is a usage error" test "$(status_of "$CALBUS" up --broker pigeon)" = 2

# ---- up, and what is there ----
check "up" "$CALBUS" up
check "status says that all is ready" all_ready
check "up again is harmless" "$CALBUS" up -q
first=$(supervisor_pid)
check "and starts nothing anew" test "$first" = "$(supervisor_pid)"
check "another broker is refused while it runs" test "$(status_of "$CALBUS" up --broker kafka)" = 4
check "the address of the database is printed" grep -q '^postgresql://calbus@/calbus?host=' <("$CALBUS" db uri)
check "with --json as a document" grep -q '^{"schema":"calbus.db.uri.v1","items":\[{"uri":"postgresql://' <("$CALBUS" db uri --json)
check "all migrations are applied" test "$("$CALBUS" db status --plain | wc -l)" = "$(find "$3/deploy/migrations" -name '*.sql' | wc -l)"
for site in usdf summit bts; do
  check "$site has a landing folder and a storage folder" test -d "$CALBUS_HOME/sites/$site/landing" -a -d "$CALBUS_HOME/sites/$site/rse"
done
check "tts is off" test ! -e "$CALBUS_HOME/sites/tts"
check "the index knows the label of the summit's repository" grep -q '^"\?summit:/repo/LSSTComCam"\?:' "$CALBUS_HOME/repositories.yaml"
check "each label leads to a repository" test "$(sed 's/.*: //' "$CALBUS_HOME/repositories.yaml" | while read -r root; do test -f "$root/butler.yaml" || echo "$root"; done)" = ""
eval "$("$CALBUS" env)"
check "the drop-in butler is first on PATH" test "$(basename "$(dirname "$(command -v butler)")")" = dropin
check "env said twice says the same" test "$("$CALBUS" env)" = "$(eval "$("$CALBUS" env)"; "$CALBUS" env)"
check "the variables lead somewhere" test -d "$CP_PIPE_DIR" -a -d "$CP_VERIFY_DIR" -a -f "$DAF_BUTLER_REPOSITORY_INDEX"
if [[ $(id -u) = 0 ]]; then
  check "root's database runs as postgres" test "$(stat -c %U "/proc/$(pid_of postgres)")" = postgres
fi

# ---- killed, one after the other ----
# a dataset type's tables come with a sequence, used at once: numbers given out must not come again
numbers() { psql -XqAt -v ON_ERROR_STOP=1 "$("$CALBUS" db uri)" "$@"; }
numbers -c "BEGIN; CREATE SEQUENCE public.given; CREATE TABLE public.taken (n bigint PRIMARY KEY); SELECT nextval('public.given'); COMMIT" >/dev/null
numbers -c "INSERT INTO public.taken SELECT nextval('public.given') FROM generate_series(1, 5)"
new_pid() { [[ -n $(pid_of "$1") && $(pid_of "$1") != "$2" ]]; }
for unit in relay.1 broker postgres; do
  old=$(pid_of "$unit")
  kill -9 "$old"
  check "$unit is started again after kill -9" until_true 60 new_pid "$unit" "$old"
  check "and all are ready again" until_true 60 all_ready
done
check "numbers given out before the database was killed do not come again" numbers -c \
  "INSERT INTO public.taken SELECT nextval('public.given') FROM generate_series(1, 5)"

# ---- the supervisor killed: the next up heals it ----
old=$(pid_of postgres)
kill -9 "$(supervisor_pid)"
not_up() { [[ $(status_of "$CALBUS" status) = 3 ]]; }
check "without its supervisor the suite is not up" until_true 10 not_up # the kernel takes its time to end a process
check "up heals it" "$CALBUS" up -q
check "and all are ready" all_ready
check "with another server than before" test "$(pid_of postgres)" != "$old"

# everything killed at once
for unit in postgres broker relay.1; do kill -9 "$(pid_of "$unit")" || true; done
kill -9 "$(supervisor_pid)"
check "up heals it when everything was killed" "$CALBUS" up -q
check "and all are ready" all_ready

# ---- the supervisor ends while up waits for what it took for a running suite ----
kill -STOP "$(supervisor_pid)"
kill -9 "$(pid_of postgres)"
"$CALBUS" up -q &
waiting=$!
looks_for_the_database() { find "/proc/$waiting/fd" -lname "$CALBUS_HOME/run/lock" 2>/dev/null | grep -q .; }
check "up has begun" until_true 10 looks_for_the_database
kill -9 "$(supervisor_pid)"
check "up starts the suite when the supervisor ends meanwhile" wait "$waiting"
check "and all are ready" all_ready

# ---- down: nothing is left running, the state stays ----
"$CALBUS" db uri >"$HOME/uri"
psql -qAt "$(cat "$HOME/uri")" -c "CREATE TABLE public.kept AS SELECT 42 AS n"
mapfile -t pids < <(awk '$1 == "unit" && $3 == "running" {print $4}' "$CALBUS_HOME/run/units")
check "down" "$CALBUS" down -q
for pid in "${pids[@]}"; do
  check "process $pid has ended" test ! -d "/proc/$pid"
done
check "status after down is 'not found'" test "$(status_of "$CALBUS" status)" = 3
# a lock file that names a process which is not ours must not be in the way
place=$(cat "$CALBUS_HOME/postgres/location")
printf '%s\n' "$$" "$place/data" 0 5432 "$place/socket" "" "  0  0" >"$place/data/postmaster.pid"
[[ $(id -u) != 0 ]] || chown postgres "$place/data/postmaster.pid"
check "up after down, with a stale lock file" "$CALBUS" up -q
check "finds everything where it was" test "$(psql -qAt "$(cat "$HOME/uri")" -c 'SELECT n FROM public.kept')" = 42
check "down again" "$CALBUS" down -q

# ---- the home is removed: its old database must not come back ----
rm -rf "$CALBUS_HOME"
check "up with an earlier home's database in the way" "$CALBUS" up -q
check "starts with an empty database" test "$(psql -qAt "$("$CALBUS" db uri)" -c "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'")" = 0

# ---- the database is lost while its home lives: no empty one takes its place ----
"$CALBUS" down -q
place=$(cat "$CALBUS_HOME/postgres/location")
mv "$place/data" "$place/away"
said=$("$CALBUS" up 2>&1) && fail "up made a database in place of the lost one"
check "up refuses when the database is gone" test "$(status_of "$CALBUS" up)" = 4
check "says so" grep -q 'the database that belongs to this home is gone from' <<<"$said"
check "and what to do" grep -q 'Put it back' <<<"$said"
check "and makes none" test ! -e "$place/data"
mv "$place/away" "$place/data"
check "up when it is back" "$CALBUS" up -q

# ---- wrong settings ----
"$CALBUS" down -q
printf '[suite]\ninstancs = generator=2\n' >"$CALBUS_HOME/calbus.conf"
check "an unknown key is a configuration error" test "$(status_of "$CALBUS" config check)" = 78
check "with its file and line" grep -q 'calbus.conf:2' <("$CALBUS" config check 2>&1 || true)
