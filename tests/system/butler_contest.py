"""calbus and the stock butler write into one repository at the same time.

butler_contest.py REPO WRITE_ALONG ROUNDS     WRITE_ALONG is calbus' writer
In each round, which begins for all at once, each writer certifies a bias for the round's day into one collection, prepends a collection of its own
to one chain, and puts a dataset of its own. In the end no day is certified twice and none is left out, no child
of the chain is lost, no dataset and no file is missing, and nobody died of a deadlock.
"""

import os
import subprocess
import sys

from astropy.time import Time, TimeDelta
from lsst.daf.butler import Butler, CollectionType, DatasetRef, FileDataset, Timespan
from lsst.daf.butler.registry import ConflictingDefinitionError

CHAIN = "u/contest/chain"
CALIB = "u/contest/bias"
RUN = "LSSTComCam/calib/DM-1/demo/biasGen.20241210a"
DAY_0 = Time("1970-01-01T00:00:00", scale="tai") + TimeDelta(20000, format="jd")
WRITERS = 2  # of each kind


def day(number):
    begin = DAY_0 + TimeDelta(number, format="jd")
    return Timespan(begin, begin + TimeDelta(1, format="jd"))


def is_given_up(error):
    """A deadlock that the server ended at the stock butler's cost; it does not try again by itself."""
    while error is not None:
        if getattr(getattr(error, "orig", error), "pgcode", None) in ("40P01", "40001"):
            return True
        error = error.__cause__ or error.__context__
    return False


def insist(action):
    while True:
        try:
            return action()
        except ConflictingDefinitionError:
            raise
        except Exception as error:
            if not is_given_up(error):
                raise


def certify(butler, bias, number):
    try:
        insist(lambda: butler.registry.certify(CALIB, [bias], day(number)))
    except ConflictingDefinitionError:
        return 0
    return 1


def prepend_own(butler, name, number):
    own = f"u/contest/{name}/{number}"
    insist(lambda: butler.collections.register(own, CollectionType.TAGGED))
    insist(lambda: butler.collections.prepend_chain(CHAIN, [own]))


def put_own(butler, folder, bias_type, name, number):
    run = f"u/contest/{name}/run{number // 9}"
    if number % 9 == 0:
        insist(lambda: butler.collections.register(run))
    data_id = butler.registry.expandDataId(instrument="LSSTComCam", detector=number % 9)
    file = os.path.join(folder, f"{name}_{number}.fits")
    with open(file, "w") as out:
        out.write("pixels\n")
    insist(lambda: butler.ingest(FileDataset(file, DatasetRef(bias_type, data_id, run=run)), transfer="copy"))


def write_along(repo, name):
    butler = Butler.from_config(repo, writeable=True)
    bias = butler.find_dataset("bias", instrument="LSSTComCam", detector=0, collections=RUN)
    for number, _ in enumerate(sys.stdin):
        won = certify(butler, bias, number)
        prepend_own(butler, name, number)
        put_own(butler, repo, bias.datasetType, name, number)
        print(won, flush=True)


def start(arguments):
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run_all(repo, binary, rounds):
    """How many certifications each won. Every round begins for all at once."""
    me = [sys.executable, os.path.abspath(__file__)]
    writers = [start([binary, repo, f"calbus{i}"]) for i in range(WRITERS)]
    writers += [start([*me, repo, "--writer", f"stock{i}"]) for i in range(WRITERS)]
    won = [0] * len(writers)
    for _ in range(rounds):
        for writer in writers:
            writer.stdin.write("go\n")
            writer.stdin.flush()
        for i, writer in enumerate(writers):
            line = writer.stdout.readline()
            assert line, f"a writer died: {writer.args}"
            won[i] += int(line)
    for writer in writers:
        writer.stdin.close()
        assert writer.wait() == 0, writer.args
    return won


def check(repo, rounds, won):
    butler = Butler.from_config(repo)
    assert sum(won) == rounds, won
    ranges = sorted((a.timespan.begin, a.timespan.end) for a in butler.registry.queryDatasetAssociations(
        "bias", collections=CALIB, collectionTypes={CollectionType.CALIBRATION}))
    assert len(ranges) == rounds, len(ranges)
    for (_, end), (begin, _) in zip(ranges, ranges[1:]):
        assert begin == end, (begin, end)
    names = [f"calbus{i}" for i in range(WRITERS)] + [f"stock{i}" for i in range(WRITERS)]
    children = butler.collections.get_info(CHAIN).children
    for name in names:
        own = [c for c in children if c.startswith(f"u/contest/{name}/")]
        assert own == [f"u/contest/{name}/{n}" for n in reversed(range(rounds))], (name, len(own))
    assert len(children) == rounds * len(names)
    refs = butler.query_datasets("bias", collections="u/contest/*/run*", find_first=False)
    assert len(refs) == rounds * len(names), len(refs)
    assert all(bool(found) for found in butler._exists_many(refs, full_check=True).values())


def main(repo, binary, rounds):
    butler = Butler.from_config(repo, writeable=True)
    butler.collections.register(CHAIN, CollectionType.CHAINED)
    butler.collections.register(CALIB, CollectionType.CALIBRATION)
    won = run_all(repo, binary, int(rounds))
    check(repo, int(rounds), won)
    assert sum(won[:WRITERS]) > 0 and sum(won[WRITERS:]) > 0, f"they never met: {won}"
    print(f"{rounds} rounds of {len(won)} writers: certifications won {won}, nothing overlaps, nothing is lost")


if __name__ == "__main__":
    if sys.argv[2] == "--writer":
        write_along(sys.argv[1], sys.argv[3])
    else:
        main(*sys.argv[1:])
