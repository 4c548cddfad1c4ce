#!/bin/sh
# Combines 20 full-size biases by calbus and by a plain C program in one run, and prints the ratio of their CPU times.
#   combine.sh PROGRAM [ROUNDS]    PROGRAM is bench_combine of the build
set -eu
program=$1
rounds=${2:-3}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$program" make "$dir" 20
for _ in $(seq "$rounds"); do
    for how in plain like upstream; do
        "$program" "$how" "$dir" 20 "$dir/$how.fits" | tee -a "$dir/times"
    done
done
awk '!($1 in least) || $2 < least[$1] { least[$1] = $2 }
     END { printf "CPU against the plain C: %.2f with its settings, %.2f with the settings of the pipelines\n",
                  least["like"] / least["plain"], least["upstream"] / least["plain"] }' "$dir/times"
