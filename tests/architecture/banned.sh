#!/bin/bash
# Functions that are not used, each with the place where it may stand; words that never belong in the tree.
set -euo pipefail
cd "$1"
wrong=0

# every line of code as "file:line:text", without comments and the texts of strings
code=$(mktemp)
trap 'rm -f "$code"' EXIT
git ls-files -z --cached --others --exclude-standard 'common/**.c' 'common/**.h' 'services/**.c' 'services/**.h' |
  xargs -0 perl -0777 -ne '
    s{"(?:[^"\\\n]|\\.)*"}{""}g;
    s{/\*.*?\*/}{my $c = $&; $c =~ s/[^\n]//g; $c}gse;
    s{//[^\n]*}{}g;
    my $n = 0;
    print "$ARGV:", ++$n, ":$_\n" for split /\n/;
  ' > "$code"

# ban REGEX REASON ALLOWED-PATHS-REGEX
ban() {
  local hits
  hits=$(grep -E "^[^:]*:[0-9]+:(.*[^A-Za-z0-9_>.])?($1)[[:space:]]*\(" "$code" | grep -vE "$3" || true)
  [[ -z $hits ]] || {
    printf 'banned function (%s)\n%s\n' "$2" "$hits"
    wrong=1
  }
}
none='^$'
ban 'strcpy|strcat|sprintf|vsprintf|gets|strtok' 'unbounded or stateful' "$none"
ban 'atoi|atol|atoll|atof' 'says nothing about what is no number' "$none"
ban 'system|popen' 'hands text to a shell' "$none"
ban 'localtime|gmtime|localtime_r|gmtime_r|mktime' 'the calendar is in base/tai.c' '^common/base/tai\.c:'
ban 'rand|srand|random|drand48' 'not reproducible, or not random' "$none"
ban 'sleep|usleep' 'waits for time, not for a condition' "$none"
ban 'exit|quick_exit' 'main returns' "$none"
ban 'printf|puts|putchar' 'only the command line prints' '^services/(ctl|simulator)/'
ban 'getenv' 'settings are read once' '^(services/(ctl|simulator)/|common/(base/settings|service/service)\.c|common/engine/environment\.c|common/io/(db_auth|remote)\.c|services/[a-z]+/pipelines\.c|services/ingest/main\.c)'

while read -r hit; do
  echo "does not belong in the tree: $hit"
  wrong=1
done < <(git grep -nIE '(TO)(DO)|FIX(ME)|(^|[^X])X(XX)([^X]|$)' -- . ':!LICENSE' ':!*.sql' || true)
exit $wrong
