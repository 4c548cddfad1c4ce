#!/bin/sh
# A master bias of 20 full-size exposures, from simulated frames: tests/bench/generation.sh BUILD
set -eu
build=${1:?usage: generation.sh BUILD}
here=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/bias.night" <<'NIGHT'
[night]
day_obs = 20241208
begin   = 20:00:00
seq_num = 801
program = BLOCK-T68

[sequence]
type  = bias
count = 20
NIGHT
"$build/calbus-simulator" --quiet --out "$folder/raw" --night "$folder/bias.night" --detectors 4 \
    --truth "$folder/truth.json" --ptc "$folder/ptc"
"$here/../support/with_postgres" "$build/tests/bench_generation" "$folder"
