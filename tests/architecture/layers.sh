#!/bin/bash
# Includes point downwards only: services -> service, engine, butler -> io -> domain, calib -> base. Headers of foreign
# libraries are seen in common/io alone; generated protobuf headers also in common/service and the services.
set -euo pipefail
cd "$1"
shopt -s globstar nullglob
wrong=0
say() {
  echo "$*"
  wrong=1
}

declare -A below=(
  [base]="base"
  [calib]="base calib"
  [domain]="base domain"
  [io]="base calib domain io"
  [butler]="base calib domain io butler"
  [engine]="base calib domain io butler engine"
  [service]="base domain io service"
)
layers="base calib domain io butler engine service"
foreign='libpq|librdkafka|fitsio|yaml\.h|jansson|curl/|microhttpd|openssl/|zlib|postgres'

for layer in $layers; do
  for file in common/"$layer"/**/*.[ch]; do
    while read -r header; do
      target=${header%%/*}
      [[ " $layers " == *" $target "* && $header == */* ]] || continue
      [[ " ${below[$layer]} " == *" $target "* ]] || say "$file includes \"$header\": $layer may use ${below[$layer]}"
    done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"]+)".*/\1/p' "$file")
  done
done

while read -r line; do
  say "foreign header outside common/io: $line"
done < <(grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<($foreign)" common services --include='*.[ch]' | grep -v '^common/io/' || true)

while read -r line; do
  say "protobuf header where no event is made: $line"
done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include.*(pb-c\.h|protobuf-c)' common --include='*.[ch]' |
  grep -vE '^common/(service|io)/' || true)

# a service uses no file of another service; ctl may not either
for file in services/**/*.[ch]; do
  own=${file#services/}
  own=${own%%/*}
  while read -r header; do
    [[ $header == ../* || $header == services/* ]] && say "$file of $own includes \"$header\" of another folder"
  done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"]+)".*/\1/p' "$file")
done
exit $wrong
