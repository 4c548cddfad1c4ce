#!/bin/bash
# Every SQL file is used by the program it is built into, and says first what it is for.
set -euo pipefail
cd "$1"
wrong=0
while read -r file; do
  folder=$(dirname "$(dirname "$file")")
  stem=$(basename "$file" .sql)
  grep -rqE "sql_$stem\b" "$folder" --include='*.[ch]' || {
    echo "$file is used nowhere in $folder"
    wrong=1
  }
  head -n 1 "$file" | grep -q '^--' || {
    echo "$file does not say in its first line what it is for"
    wrong=1
  }
done < <(git ls-files --cached --others --exclude-standard 'common/*/sql/*.sql' 'services/*/sql/*.sql')

# migrations are numbered without a gap or a double
expected=1
for file in deploy/migrations/*.sql; do
  number=$(basename "$file")
  number=${number%%_*}
  [[ $((10#$number)) -ge $expected ]] || {
    echo "$file: its number has been used before"
    wrong=1
  }
  expected=$((10#$number + 1))
done
exit $wrong
