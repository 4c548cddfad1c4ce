#!/bin/bash
# What README.md says is true: its files exist, its commands are commands.
set -euo pipefail
cd "$1"
calbus=$2
wrong=0

while read -r path; do
  [[ -e $path ]] || {
    echo "README names $path, which is not there"
    wrong=1
  }
done < <(grep -oE '\]\([^)#:]+\)' README.md | sed 's/^](//; s/)$//'; grep -oE '(^|[ `])\./[A-Za-z0-9_./-]+' README.md | sed 's/^[ `]//')

# calbus NOUN [VERB] in code must be known to the program: help answers with 0
while read -r _ noun verb _; do
  [[ $noun =~ ^[a-z]+$ ]] || continue
  [[ $verb =~ ^[a-z][a-z-]+$ ]] || verb=
  "$calbus" help "$noun" >/dev/null 2>&1 </dev/null || {
    echo "README names calbus $noun, which is no command"
    wrong=1
    continue
  }
  [[ -z $verb ]] || "$calbus" help "$noun" 2>/dev/null </dev/null | grep -qE "(^|[^a-z-])$verb([^a-z-]|\$)" || {
    echo "README names calbus $noun $verb, which is no command"
    wrong=1
  }
done < <(awk '/^```/{code = !code; next} code' README.md | grep -oE '(^|[ /])calbus [a-z]+( [a-z-]+)?' | sed 's/^[ /]//'
  grep -oE '`(build/)?calbus [a-z]+( [a-z-]+)?' README.md | sed 's/^`//; s/^build\///')
exit $wrong
