#!/bin/bash
# An accepted proposal reaches two sites whole and once, though the distributor is killed again and again on the way.
set -euo pipefail
CALBUS=$1
. "$2/support/suite.sh"
suite_new

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

# ---- accepted; killed whenever some of it has crossed ----
check "accepted" "$CALBUS" approval accept -q TAXICAB-7 --reason "as it should be" --by chair
parts() { find "$CALBUS_HOME/sites" -path '*/rse/*' -name '.*.part' -size +1M | wc -l; }
done_files() { sql "SELECT count(*) FROM calbus.transfer WHERE state = 'DONE'"; }
crossed() { du -cB1 "$CALBUS_HOME/sites/summit/rse" "$CALBUS_HOME/sites/bts/rse" | awk 'END {print $1}'; }
before=0
more_crossed() { [[ $(crossed) -gt $((before + 10000000)) || $(done_files) -ge 10 ]]; }
for round in 1 2 3; do
  check "something crosses ($round)" until_true 90 more_crossed
  kill -9 "$(pid_of distributor.1)"
  before=$(crossed)
done

# ---- the end is as if nothing had been ----
check "every file is at both sites, imported" "$CALBUS" dist wait DM-7 --until imported --timeout 200
files=$((detectors + 1))
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
check "transfer.done was said for each" is "$((2 * files))" said transfer.done

# ---- accepted means accepted now ----
sql "UPDATE calbus.proposal SET state = 'REJECTED' WHERE ticket = 'DM-7'"
check "retrying what is done changes nothing" "$CALBUS" dist retry -q DM-7
check "still OK" is OK sql "SELECT state FROM calbus.rule"
check "a rule that is not there is not found" test "$(status_of "$CALBUS" dist retry nonsense)" = 3
