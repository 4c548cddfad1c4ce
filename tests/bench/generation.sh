#!/bin/sh
# A master bias of 20 full-size exposures through the engine, from simulated frames, against their truth.
#   generation.sh BUILD [plain]    plain: also the plain C program on the same frames, and the ratio of CPU times
set -eu
build=${1:?usage: generation.sh BUILD [plain]}
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
generation() {
    "$here/../support/with_postgres" "$build/tests/bench_generation" "$folder"
}
[ "${2-}" = plain ] || { generation; exit; }
n=0
for raw in "$folder"/raw/*.fits; do
    ln -s "$raw" "$folder/$(printf 'bias_%03d.fits' "$n")"
    n=$((n + 1))
done
for _ in 1 2 3; do
    "$build/tests/bench_combine" plain "$folder" "$n" "$folder/plain.fits" | tee -a "$folder/times"
    generation | tee -a "$folder/times"
done
awk '$1 == "plain" && (!plain || $2 < plain) { plain = $2 }
     $1 == "bias" { cpu = $8; if (++runs % 2 && (!ours || cpu < ours)) ours = cpu }
     END { printf "CPU of the quantum against the plain C: %.2f\n", ours / plain }' "$folder/times"
