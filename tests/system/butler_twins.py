"""The drop-in `butler` beside the stock one, command by command, each on a repository of its own.

butler_twins.py OURS STOCK_REPO OUR_REPO     two repositories made alike; their ids differ
Exit status and what is printed must be the same, ids aside, and so must what is left in the end.
"""

import re
import subprocess
import sys

from click.testing import CliRunner
from lsst.daf.butler import Butler
from lsst.daf.butler.cli.butler import cli

RUN = "LSSTComCam/calib/DM-1/demo/biasGen.20241210a"
OLD = "LSSTComCam/calib/DM-1/demo/bias.20241210a"
TAG = "u/someone/best"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PAIR = "instrument='LSSTComCam' and detector in (0, 4)"

# arguments behind the command's name and REPO; what is typed
CASES = [
    (["associate", "u/x/tag", "-d", "bias", "--collections", RUN, "--where", PAIR], ""),
    (["associate", "u/x/tag", "-d", "bias", "--collections", RUN, "--where", PAIR], ""),
    (["associate", RUN, "-d", "bias", "--collections", RUN], ""),
    (["associate", "u/x/tag", "-d", "bias", "--collections", "*", "--find-first"], ""),
    (["associate", "u/x/all", "-d", "raw", "--collections", "*"], ""),
    (["query-datasets", "--collections", "u/x/tag"], ""),
    (["prune-datasets", "u/x/tag"], ""),
    (["prune-datasets", "u/x/tag", "--dry-run"], ""),
    (["prune-datasets", "--unstore"], ""),
    (["prune-datasets", "--purge", OLD], ""),
    (["prune-datasets", "--purge", "u/x/nosuch"], ""),
    (["prune-datasets", "--purge", RUN, "--disassociate", "u/x/tag"], ""),
    (["prune-datasets", "--unstore", "*"], ""),
    (["prune-datasets", "--quiet", "--dry-run", "--unstore", RUN], ""),
    (["prune-datasets", "--purge", RUN, "--dry-run"], ""),
    (["prune-datasets", "--unstore", "--dry-run", "LSSTComCam/raw/all", "--find-all"], ""),
    (["prune-datasets", "--disassociate", "u/x/tag", "--dry-run"], ""),
    (["prune-datasets", "--unstore", "--dry-run", "LSSTComCam/raw/all", "--datasets", "nosuch"], ""),
    (["prune-datasets", "--unstore", "--dry-run", "LSSTComCam/raw/all", "--where", "instrument='LATISS'"], ""),
    (["prune-datasets", "--unstore", "LSSTComCam/raw/all", "--datasets", "raw", "--where", "instrument='LATISS'"], ""),
    (["prune-datasets", "--unstore", "LSSTComCam/raw/all", "--where", "instrument='LATISS'"], ""),
    (["query-datasets", "--collections", RUN, "--where", "instrument='LATISS'"], ""),
    (["query-datasets", "bia*", "--collections", RUN, "--where", "instrument='LATISS'"], ""),
    (["prune-datasets", "--disassociate", RUN, "--no-confirm"], ""),
    (["prune-datasets", "--disassociate", "u/x/tag", "--where", PAIR + " and detector = 4"], "n\n"),
    (["prune-datasets", "--disassociate", "u/x/tag", "--where", PAIR + " and detector = 4"], "what\nyes\n"),
    (["prune-datasets", "--disassociate", "u/x/tag"], ""),
    (["query-datasets", "--collections", "u/x/tag"], ""),
    (["prune-datasets", "--unstore", "LSSTComCam/raw/all", "--no-confirm", "--where",
      "instrument='LSSTComCam' and exposure = 2024120800001"], ""),
    (["prune-datasets", "--purge", "LSSTComCam/raw/all", "--no-confirm", "--where",
      "instrument='LSSTComCam' and exposure = 2024120800002"], ""),
    (["prune-datasets", "--purge", "LSSTComCam/raw/all", "--quiet", "--where",
      "instrument='LSSTComCam' and exposure = 2024120800002"], ""),
    (["query-datasets", "raw", "--collections", "LSSTComCam/raw/all"], ""),
    (["remove-dataset-type", "raw"], ""),
    (["remove-dataset-type", "nosuch"], ""),
    (["remove-dataset-type"], ""),
    (["collection-chain", "u/x/chain", "u/x/tag", "LSSTComCam/raw/all"], ""),
    (["remove-runs", "u/x/*"], ""),
    (["remove-runs", "nosuch"], ""),
    (["remove-runs", "LSSTComCam/raw/*"], ""),
    (["remove-runs", "LSSTComCam/raw/*"], "n\n"),
    (["remove-runs", "LSSTComCam/raw/*", "--no-confirm"], ""),
    (["remove-runs", "LSSTComCam/raw/*", "--no-confirm", "--force"], ""),
    (["remove-dataset-type", "raw"], ""),
    (["query-dataset-types"], ""),
    (["remove-collections", "nosuch"], ""),
    (["remove-collections", "nosuch", "--no-confirm"], ""),
    (["remove-collections", RUN], ""),
    (["remove-collections", "u/x/tag"], "y\n"),
    (["remove-collections", "u/x/tag", "--remove-from-parents"], "n\n"),
    (["remove-collections", "u/x/tag", "--remove-from-parents"], "y\n"),
    (["remove-collections", "u/x/[at]*", "--no-confirm"], ""),
    (["remove-collections", "u/x/chain", "--no-confirm", "--remove-from-parents"], ""),
    (["query-collections", "--chains", "table"], ""),
    (["remove-collections"], ""),
]


def without_ids(text):
    return UUID.sub("<id>", text)


def stock(arguments, typed):
    result = CliRunner().invoke(cli, arguments, input=typed)
    return result.exit_code, result.stdout


def ours(binary, arguments, typed):
    result = subprocess.run([binary, *arguments], input=typed, capture_output=True, text=True)
    return result.returncode, result.stdout, result.stderr


def leftover(repo):
    butler = Butler.from_config(repo)
    found = []
    for name in butler.collections.query("*"):
        biases = butler.query_datasets("bias", collections=name, find_first=False, explain=False)
        found.append((name, sorted(f"{ref.dataId} {ref.run} {butler.exists(ref, full_check=True)}" for ref in biases)))
    return sorted(found)


def main(binary, stock_repo, our_repo):
    differ = 0
    for (command, *rest), typed in CASES:
        want = stock([command, stock_repo, *rest], typed)
        got = ours(binary, [command, our_repo, *rest], typed)
        # click's runner echoes what was typed, which a pipe does not
        for answer in (a for a in typed.splitlines() if a):
            want = (want[0], want[1].replace(f"[y/N]: {answer}\n", "[y/N]: "))
        if want[0] != got[0] or without_ids(want[1]) != without_ids(got[1]):
            differ += 1
            print(f"differs: butler {command} REPO {' '.join(rest)} (typed {typed!r})")
            print(f"--- stock, exit {want[0]}\n{want[1]}--- ours, exit {got[0]}\n{got[1]}{got[2]}")
    if leftover(stock_repo) != leftover(our_repo):
        differ += 1
        print("what is left differs:", leftover(stock_repo), leftover(our_repo), sep="\n")
    if differ == 0:
        print(f"{len(CASES)} commands print and leave the same")
    return min(differ, 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
