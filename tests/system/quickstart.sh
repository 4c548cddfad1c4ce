#!/bin/bash
# The first command of README.md, on a copy of the tree with nothing built: killed in the middle, run again to its end, and
# once more, which adds a night. usage: quickstart.sh SOURCE TESTS
set -euo pipefail
CALBUS=$1/build/calbus
. "$2/support/suite.sh"
suite_new
tree=$folder/tree log=$folder/log
CALBUS=$tree/build/calbus
mkdir "$tree"
git -C "$1" ls-files -z --cached --others --exclude-standard |
  tar -C "$1" --null -T - --ignore-failed-read -cf - | tar -C "$tree" -xf -
if command -v ccache >/dev/null; then # a developer's second run need not compile all anew
  export CMAKE_C_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$tree CCACHE_NOHASHDIR=1
  export CCACHE_DIR=${CCACHE_DIR:-$(HOME=~root ccache -k cache_dir)}
fi

# ---- its words ----
check "an unknown option is a usage error" test "$(status_of "$tree/deploy/quickstart" --nigths 2)" = 2
check "--help says what it does" grep -q 'Run again, it adds a night' <("$tree/deploy/quickstart" --help)

# ---- killed in the middle ----
setsid "$tree/deploy/quickstart" >"$log" 2>&1 &
first=$!
said() { grep -qE "$1" "$log"; }
ended_or_said() { said "$1" || ! kill -0 "$first" 2>/dev/null; }
check "the night and the bias are done, and the dark is on its way" until_true 600 ended_or_said 'dark: verifying'
check "the script has not ended by itself" said 'dark: verifying'
kill -9 -- "-$first"
wait "$first" 2>/dev/null || true

# ---- run again: to the end, with nothing done twice ----
"$tree/deploy/quickstart" >"$log" 2>&1 || {
  cat "$log" >&2
  fail "quickstart after a kill"
}
cat "$log"
check "the suite that the killed one left is used" said 'the suite is up already'
check "the night is not simulated anew" test "$(grep -c 'night 20241208: simulating' "$log")" = 0
check "the bias is not built anew" test "$(grep -c 'bias: building' "$log")" = 0
check "all files are ingested, the two damaged ones set aside" said 'ingested +2 nights, 126 exposures, 1134 files; 2 set aside'
check "every detector is built, of every type" said 'built +bias, dark, flat-r +LSSTComCam/calib/DM-1/demo/.* 27 of 27 detectors'
check "the bias and the dark pass all tests" said 'verified +bias PASS 432/432 +dark PASS 432/432 +flat-r (PASS|WARN) [0-9]+/[0-9]+'
check "three collections are certified" said 'certified +3 collections from 2024-12-08T12:00:00 TAI, open-ended; approved as TAXICAB-1 by operator'
for storage in SLAC_BUTLER_DISK SUMMIT_CALIB_DISK BASE_CALIB_DISK; do
  check "$storage has all files" said "distributed .* $storage 28/28"
done
check "the sites have them in force" said 'distributed .* imported at summit and bts; chained and checked at usdf, summit and bts'
check "the second night tells of the detector that has changed" said 'daily +20241209 against what is in force: .*FAIL.*, detector 4 \('
check "and raises its alarm" said 'VerifyFailed.LSSTComCam.bias.4:'
check "and no other detector's" test "$(grep -o 'VerifyFailed[^ ,]*' "$log" | grep -vcE '\.4:[0-9]+$')" = 0
check "what it started it has stopped" test "$(status_of "$CALBUS" status)" = 3

# ---- once more: a night more, and the suite stays up when asked ----
"$tree/deploy/quickstart" --keep >"$log" 2>&1 || {
  cat "$log" >&2
  fail "a second quickstart"
}
cat "$log"
check "another run adds a night" said 'daily +20241210 against what is in force: .*FAIL.*, detector 4 \('
check "with all its files" said 'ingested +3 nights, 168 exposures, 1512 files; 2 set aside'
check "the suite is up, as --keep asked" all_ready
eval "$("$CALBUS" env)"
check "the calibration that is in force is the one that was built" grep -q 'LSSTComCam/calib/DM-1/demo/bias.20241210a' \
  <(calbus calib which LSSTComCam 4 bias 2024-12-09T03:00:00)
