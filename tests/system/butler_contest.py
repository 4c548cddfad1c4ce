"""calbus and the stock butler write into one repository at the same time.

butler_contest.py REPO WRITE_ALONG ROUNDS     WRITE_ALONG is calbus' writer; CALBUS_TEST_DB_URI is the database
Each round begins for all at once. Each writer
  certifies a bias for the round's day into one collection, where the first one wins
  prepends a collection of its own to one chain
  puts a dataset of its own, and removes the one that it put five rounds ago
  certifies a bias and a flat in one transaction, every other writer in the other order: their tables' locks cross
  registers the round's dataset type, sometimes with dimensions that no type had before
In the end no day is certified twice and none is left out, no child of the chain is lost, no dataset and no file is missing
and none is left over, and nobody died of a deadlock, though there were some. The stock butler does not try again by
itself: here it is made to.
"""

import os
import subprocess
import sys

import psycopg2
from astropy.time import Time, TimeDelta
from lsst.daf.butler import Butler, CollectionType, DatasetRef, DatasetType, FileDataset, Timespan
from lsst.daf.butler.registry import ConflictingDefinitionError

BOTH = "u/contest/both"
FLATS = "u/contest/flats"
WINDOW = 5
NEW_GROUP = 4  # rounds
DIMENSIONS = ["instrument", "instrument physical_filter", "instrument day_obs", "instrument group", "instrument exposure",
              "instrument detector day_obs", "instrument detector group", "instrument visit", "instrument detector visit", "skymap",
              "skymap tract", "skymap tract patch", "instrument physical_filter day_obs", "instrument detector physical_filter day_obs",
              "instrument exposure visit", "band", "band skymap", "band skymap tract", "band skymap tract patch", "instrument band",
              "instrument visit_system", "instrument visit skymap", "instrument visit skymap tract", "instrument day_obs group"]
CHAIN = "u/contest/chain"
CALIB = "u/contest/bias"
RUN = "LSSTComCam/calib/DM-1/demo/biasGen.20241210a"
DAY_0 = Time("1970-01-01T00:00:00", scale="tai") + TimeDelta(20000, format="jd")
WRITERS = 2  # of each kind


def day(number):
    begin = DAY_0 + TimeDelta(number, format="jd")
    return Timespan(begin, begin + TimeDelta(1, format="jd"))


given_up = 0  # deadlocks at this writer's cost


def is_given_up(error):
    """What the server ended at the stock butler's cost: a deadlock, or a table that another made first."""
    while error is not None:
        code = getattr(getattr(error, "orig", error), "pgcode", None)
        if code in ("40P01", "40001", "42P07") or (code == "23505" and "pg_" in str(error)):
            global given_up
            given_up += code == "40P01"
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
    ref = DatasetRef(bias_type, data_id, run=run)
    insist(lambda: butler.ingest(FileDataset(file, ref), transfer="copy"))
    os.unlink(file)
    return ref


def certify_both(butler, refs, day_number, backwards):
    with butler.transaction():
        for ref in reversed(refs) if backwards else refs:
            butler.registry.certify(BOTH, [ref], day(day_number))


def register_type(butler, number, dimensions):
    kind = DatasetType(f"type{number}", dimensions, "StructuredDataDict", universe=butler.dimensions,
                       isCalibration=number % 2 == 0)
    insist(lambda: butler.registry.registerDatasetType(kind))


def write_along(repo, name, which):
    butler = Butler.from_config(repo, writeable=True)
    bias = butler.find_dataset("bias", instrument="LSSTComCam", detector=0, collections=RUN)
    flat = butler.find_dataset("flat", instrument="LSSTComCam", detector=0, physical_filter="r_03", collections=FLATS)
    own = []
    for line in sys.stdin:
        number, *dimensions = line.split()
        number = int(number)
        won = certify(butler, bias, number)
        if number >= WINDOW:
            insist(lambda: butler.pruneDatasets([own[-WINDOW]], purge=True, unstore=True, disassociate=True))
        prepend_own(butler, name, number)
        own.append(put_own(butler, repo, bias.datasetType, name, number))
        insist(lambda: certify_both(butler, (bias, flat), 2 * WRITERS * number + which, which % 2))
        register_type(butler, number, dimensions)
        print(won, flush=True)
    print(given_up, flush=True)


def start(arguments):
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run_all(repo, binary, rounds):
    """How many certifications each won, and the deadlocks that the stock butler was given up for."""
    me = [sys.executable, os.path.abspath(__file__)]
    writers = [start([binary, repo, f"calbus{i}", str(i)]) for i in range(WRITERS)]
    writers += [start([*me, repo, "--writer", f"stock{i}", str(WRITERS + i)]) for i in range(WRITERS)]
    won = [0] * len(writers)
    for number in range(rounds):
        for writer in writers:
            writer.stdin.write(f"{number} {DIMENSIONS[number // NEW_GROUP % len(DIMENSIONS)]}\n")
            writer.stdin.flush()
        for i, writer in enumerate(writers):
            line = writer.stdout.readline()
            assert line, f"a writer died: {writer.args}"
            won[i] += int(line)
    for writer in writers:
        writer.stdin.close()
        assert writer.wait() == 0, writer.args
    return won, sum(int(writer.stdout.read()) for writer in writers[WRITERS:])


def certified(butler, kind, collection):
    return sorted((a.timespan.begin, a.timespan.end) for a in butler.registry.queryDatasetAssociations(
        kind, collections=collection, collectionTypes={CollectionType.CALIBRATION}))


def check_ranges(ranges, expected):
    assert len(ranges) == expected, len(ranges)
    for (_, end), (begin, _) in zip(ranges, ranges[1:]):
        assert begin == end, (begin, end)


def check_files(butler, repo, refs):
    """Those of the datasets, and no other."""
    assert all(bool(found) for found in butler._exists_many(refs, full_check=True).values())
    stored = {butler.getURI(ref).ospath for ref in refs}
    found = {os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(repo, "u")) for name in names}
    assert stored == found, (stored - found, found - stored)


def check(repo, rounds, won):
    butler = Butler.from_config(repo, writeable=True)
    butler._datastore.emptyTrash()
    assert sum(won) == rounds, won
    check_ranges(certified(butler, "bias", CALIB), rounds)
    for kind in ("bias", "flat"):
        check_ranges(certified(butler, kind, BOTH), rounds * len(won))
    names = [f"calbus{i}" for i in range(WRITERS)] + [f"stock{i}" for i in range(WRITERS)]
    children = butler.collections.get_info(CHAIN).children
    for name in names:
        own = [c for c in children if c.startswith(f"u/contest/{name}/")]
        assert own == [f"u/contest/{name}/{n}" for n in reversed(range(rounds))], (name, len(own))
    assert len(children) == rounds * len(names)
    refs = butler.query_datasets("bias", collections="u/contest/*/run*", find_first=False)
    assert len(refs) == min(rounds, WINDOW) * len(names), len(refs)
    refs += butler.query_datasets("flat", collections=FLATS)
    check_files(butler, repo, refs)
    assert {t.name for t in butler.registry.queryDatasetTypes("type*")} == {f"type{n}" for n in range(rounds)}


def prepare(repo):
    butler = Butler.from_config(repo, writeable=True)
    butler.collections.register(CHAIN, CollectionType.CHAINED)
    butler.collections.register(CALIB, CollectionType.CALIBRATION)
    butler.collections.register(BOTH, CollectionType.CALIBRATION)
    butler.collections.register(FLATS)
    flat = DatasetType("flat", ["instrument", "detector", "physical_filter"], "ExposureF", universe=butler.dimensions,
                       isCalibration=True)
    butler.registry.registerDatasetType(flat)
    file = os.path.join(repo, "flat.fits")
    with open(file, "w") as out:
        out.write("pixels\n")
    data_id = butler.registry.expandDataId(instrument="LSSTComCam", detector=0, physical_filter="r_03")
    butler.ingest(FileDataset(file, DatasetRef(flat, data_id, run=FLATS)), transfer="copy")


def main(repo, binary, rounds):
    with psycopg2.connect(os.environ["CALBUS_TEST_DB_URI"]) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER DATABASE calbus SET deadlock_timeout = '20ms'")  # a second would be waited for each
    prepare(repo)
    won, given_up_of_stock = run_all(repo, binary, int(rounds))
    check(repo, int(rounds), won)
    assert sum(won[:WRITERS]) > 0 and sum(won[WRITERS:]) > 0, f"they never met: {won}"
    with psycopg2.connect(os.environ["CALBUS_TEST_DB_URI"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = 'calbus'")
        deadlocks = cursor.fetchone()[0]
    assert deadlocks > given_up_of_stock, f"calbus met no deadlock: {deadlocks}, all at the stock butler's cost"
    print(f"{rounds} rounds of {len(won)} writers: certifications won {won}; {deadlocks} deadlocks, of which calbus tried "
          f"{deadlocks - given_up_of_stock} again; nothing overlaps, nothing is lost or left over")


if __name__ == "__main__":
    if sys.argv[2] == "--writer":
        write_along(sys.argv[1], sys.argv[3], int(sys.argv[4]))
    else:
        main(*sys.argv[1:])
