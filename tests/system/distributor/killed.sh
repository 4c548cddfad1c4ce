#!/bin/bash
# An accepted proposal reaches two sites whole and once, though the distributor is killed again and again on the way, and
# a file at the source is damaged and another vanishes until people mend it.
set -euo pipefail
CALBUS=$1
. "$2/support/suite.sh"
suite_new
export CALBUS_DISTRIBUTOR_ATTEMPTS=3 CALBUS_DISTRIBUTOR_RETRY=300ms

detectors=4
big_bytes=100000000 # a file takes a while

sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$("$CALBUS" db uri)" -c "$1"; }
is() { [[ $("${@:2}") == "$1" ]]; }
at_least() { [[ $("${@:2}") -ge $1 ]]; }

# ---- a calibration to distribute: photon transfer curves, made big, certified and put before the board ----
check "up" "$CALBUS" up -q
eval "$("$CALBUS" env)"
printf '[night]\nday_obs = 20241208\nbegin = 20:00:00\nseq_num = 1\nprogram = TEST\n[sequence]\ntype = bias\ncount = 1\n' >"$folder/night"
"$CALBUS" simulate -q --out "$folder/raw" --night "$folder/night" --scale 16 --detectors 0,1,2,3 --ptc "$folder/ptc"
truncate -s $big_bytes "$folder"/ptc/*.fits
check "curves are certified at the source" "$CALBUS" calib curate -q -i LSSTComCam --type ptc --ticket DM-7 "$folder"/ptc/*.fits
sql "INSERT INTO calbus.proposal (id, repository, instrument, ticket, taxicab_ticket, deployment_ticket, label, title,
       ticket_chain, state, sequence, report, proposed_by)
     VALUES ('01a20000-0000-7000-8000-000000000007', '/repo/main', 'LSSTComCam', 'DM-7', 'TAXICAB-7', '', 'ptc', '',
       'LSSTComCam/calib/DM-7', 'HAILED', 1, '', 'builder')"

# ---- accepted; before anything crosses, two files of the source are no longer what they were ----
sql "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN NEW.next_attempt := now() + interval ''1 hour''; RETURN NEW; END';
     CREATE TRIGGER hold BEFORE INSERT ON calbus.dist_job FOR EACH ROW WHEN (NEW.kind = 'TRANSFER') EXECUTE FUNCTION hold()"
check "accepted" "$CALBUS" approval accept -q TAXICAB-7 --reason "as it should be" --by chair
check "its transfers wait" until_true 90 is $((2 * (detectors + 1))) sql "SELECT count(*) FROM calbus.dist_job WHERE kind = 'TRANSFER'"
sql "DROP TRIGGER hold ON calbus.dist_job; DROP FUNCTION hold"
mapfile -t sources < <(find "$CALBUS_HOME/sites/usdf/rse" -name '*.fits' | sort)
damaged=${sources[0]} vanished=${sources[1]}
mv "$damaged" "$folder/whole"
cp "$folder/whole" "$damaged"
printf x | dd of="$damaged" bs=1 seek=$((big_bytes / 2)) conv=notrunc status=none
mv "$vanished" "$folder/gone"
check "its transfers go on" "$CALBUS" dist retry -q DM-7

# ---- killed whenever some of it has crossed ----
parts() { find "$CALBUS_HOME/sites" -path '*/rse/*' -name '.*.part' -size +1M | wc -l; }
done_files() { sql "SELECT count(*) FROM calbus.transfer WHERE state = 'DONE'"; }
crossed() { du -cB1 "$CALBUS_HOME/sites/summit/rse" "$CALBUS_HOME/sites/bts/rse" | awk 'END {print $1}'; }
before=0
more_crossed() { [[ $(crossed) -gt $((before + 10000000)) || $(done_files) -ge 6 ]]; }
for round in 1 2 3; do
  check "something crosses ($round)" until_true 90 more_crossed
  kill -9 "$(pid_of distributor.1)"
  before=$(crossed)
done

# ---- stuck, with the reason; mended, it goes on when somebody says so ----
rule() { sql "SELECT state, locks_ok, locks_replicating, locks_stuck FROM calbus.rule"; }
files=$((detectors + 1))
check "the rule is stuck with what cannot cross" until_true 90 is "STUCK|$((3 * files - 4))|0|4" rule
check "the rule says why" bash -c "'$CALBUS' dist rules --plain | grep -qE 'STUCK.*(is damaged|could not open)'"
check "waiting for it fails" test "$(status_of "$CALBUS" dist wait DM-7 --timeout 20)" = 6
reasons() { "$CALBUS" dist files DM-7 --plain | grep -c "STUCK.*$1"; }
check "the damaged file is named with both checksums" is 2 reasons "the source \"$damaged\" is damaged: adler32 [0-9a-f]* instead of [0-9a-f]*"
check "the vanished file is named" is 2 reasons "could not open \"$vanished\": No such file or directory"
late() { sql "SELECT severity > 1 FROM calbus.alarm WHERE name = 'DistributionLate.ancillary.Dataset/LSSTComCam/ptc/DM-7:0'"; }
check "an alarm is raised" until_true 30 is t late
mv -f "$folder/whole" "$damaged"
mv "$folder/gone" "$vanished"
check "mended, it is tried again" "$CALBUS" dist retry -q DM-7

# ---- the end is as if nothing had been ----
check "every file is at both sites, imported" "$CALBUS" dist wait DM-7 --until imported --timeout 200
check "the rule has its locks, at the source and both sites" is "OK|$((3 * files))|0|0" sql "SELECT state, locks_ok, locks_replicating, locks_stuck FROM calbus.rule"
check "the dataset is closed with all its files" is "f|$files" sql "SELECT is_open, length FROM calbus.did WHERE type = 'DATASET'"
check "its name is that of DMTN-222" is "Dataset/LSSTComCam/ptc/DM-7" sql "SELECT name FROM calbus.did WHERE type = 'DATASET'"
check "nothing waits" is 0 sql "SELECT count(*) FROM calbus.dist_job"
check "no unfinished copy is left" is 0 parts
check "each file was carried once to each site" is "$((2 * files))" done_files
sums() { (cd "$CALBUS_HOME/sites/$1/rse" && find . -type f | sort | xargs sha256sum | sha256sum); }
for site in summit bts; do
  check "$site has the source's bytes" is "$(sums usdf)" sums $site
  check "$site's files are read-only" is 0 bash -c "find '$CALBUS_HOME/sites/$site/rse' -type f ! -perm 0444 | wc -l"
  check "$site's repository finds them where they are" is $detectors bash -c \
    "butler query-datasets $site:/repo/LSSTComCam ptc --collections LSSTComCam/calib/DM-7 --show-uri --find-first | grep -c 'sites/$site/rse/ancillary/LSSTComCam/calib/DM-7/'"
  check "$site's import was said once" is 1 sql "SELECT count(*) FROM calbus.site_import WHERE site = '$site' AND state = 'IMPORTED'"
done
said() { sql "SELECT count(*) FROM calbus.outbox WHERE type = '$1'"; }
check "site.imported was said for both" is 2 said site.imported
check "rule.created was said once" is 1 said rule.created
check "rule.ok was said once" is 1 said rule.ok
check "the alarm is over" until_true 30 is f late
check "transfer.done was said for each" is "$((2 * files))" said transfer.done

# ---- accepted means accepted now ----
sql "UPDATE calbus.proposal SET state = 'REJECTED' WHERE ticket = 'DM-7'"
check "retrying what is done changes nothing" "$CALBUS" dist retry -q DM-7
check "still OK" is OK sql "SELECT state FROM calbus.rule"
check "a rule that is not there is not found" test "$(status_of "$CALBUS" dist retry nonsense)" = 3

# ---- what a user makes may have any name below u/NAME/, once it is verified ----
butler collection-chain /repo/main u/jdoe/trial LSSTComCam/calib/DM-7/unbounded >/dev/null
certify() { "$CALBUS" certify -q u/jdoe/trial --type ptc --into "$1" 2>&1; }
refused() { local said; said=$(certify "$1") && return 1; grep -qF -- "$2" <<<"$said"; }
check "not before it is verified" refused u/jdoe/mine "has not been verified"
sql "INSERT INTO calbus.verified_run (repository, generation_run, run_id, verify_run, calib_type, physical_filter, verdict,
       tests, tests_passed, tests_failed, tests_no_data, report)
     VALUES ('/repo/main', 'u/jdoe/trial', '01a20000-0000-7000-8000-000000000008', 'u/jdoe/trial/verifyPtc/run1', 'ptc', '', 'PASS', 1, 1, 0, 0, '')"
check "not into another's" refused u/other/mine 'that of the collection to certify into "other"'
check "certified" certify u/jdoe/mine
is "LSSTComCam|$detectors|" sql "SELECT instrument, datasets, ticket_chain FROM calbus.certification WHERE collection = 'u/jdoe/mine'" || fail "the certification of a user"
