#!/bin/sh
# The registry beside the stock butler on one repository: certification, look-ups, expressions over 100 000 exposures,
# start-up of commands. Prints a table; ends with an error where the two find or leave different rows.
#   registry.sh BUILD [short]    short: a small repository, each case once; for the comparison, not for the figures
set -eu
build=$(cd "${1:?usage: registry.sh BUILD [short]}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
bin=$("$here/../support/stock_butler")
work=$(mktemp -d /tmp/cbbench.XXXXXX)
trap 'rm -rf "$work"' EXIT
# the formatters of obs_base are looked up by name
PYTHONPATH=$here/../system/python "$here/../support/with_postgres" "$bin/python" "$here/registry.py" \
    "$work" "$build/tests/bench_registry" "$build/dropin/butler" "$bin/butler" ${2+"$2"}
