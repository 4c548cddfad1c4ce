"""calbus and the stock butler write into one repository at the same time.

butler_contest.py REPO WRITE_ALONG ROUNDS KILLS SEED     WRITE_ALONG is calbus' writer; CALBUS_TEST_DB_URI is the database
Each round begins for all at once. Each writer
  fights for the round's duel: one removes a dataset, or its RUN, while others certify it
  certifies a bias for the round's day into one collection, where the first one wins
  prepends a collection of its own to one chain
  puts a dataset of its own, and removes the one that it put five rounds ago
  certifies a bias and a flat in one transaction, every other writer in the other order: their tables' locks cross
  registers the round's dataset type, sometimes with dimensions that no type had before
KILLS times a writer is killed at a random moment (kill -9), and a new one of its name does the round again; every fourth
time it is one of the stock butler, which takes long to begin anew.
In the end no day is certified twice and none is left out, no child of the chain is lost, no dataset and no file is missing
and none is left over but files of killed stock writers, what is certified is there, and nobody died of a deadlock, though
there were some. The stock butler does not try again by itself: here it is made to.
"""

import os
import random
import select
import subprocess
import sys
import time

import psycopg2
from astropy.time import Time, TimeDelta
from lsst.daf.butler import Butler, CollectionType, DatasetRef, DatasetType, FileDataset, Timespan
from lsst.daf.butler.registry import ConflictingDefinitionError, MissingCollectionError

BOTH = "u/contest/both"
FLATS = "u/contest/flats"
DUEL = "u/contest/duel"
DUTIES = [  # of calbus0, calbus1, stock0, stock1, by turns
    ["remove", "certify", "certify", "certify"],
    ["certify", "remove_run", "certify", "certify"],
    ["certify", "remove", "certify", "remove"],
    ["certify", "certify", "remove", "certify"],
]
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


def place(name, number):
    return f"u/contest/{name}/run{number // 9}", number % 9


def put_own(butler, folder, bias_type, name, number, again):
    run, detector = place(name, number)
    insist(lambda: butler.collections.register(run))
    data_id = butler.registry.expandDataId(instrument="LSSTComCam", detector=detector)
    file = os.path.join(folder, f"{name}_{number}.fits")
    with open(file, "w") as out:
        out.write("pixels\n")
    ref = DatasetRef(bias_type, data_id, run=run)
    try:
        insist(lambda: butler.ingest(FileDataset(file, ref), transfer="copy"))
    except ConflictingDefinitionError:
        if not again:
            raise
    os.unlink(file)


def remove_old(butler, name, number, again):
    run, detector = place(name, number)
    old = butler.find_dataset("bias", instrument="LSSTComCam", detector=detector, collections=run)
    assert old is not None or again
    if old is not None:
        insist(lambda: butler.pruneDatasets([old], purge=True, unstore=True, disassociate=True))


def is_gone(error):
    """The dataset that was found was removed meanwhile."""
    return isinstance(error, ConflictingDefinitionError) or getattr(getattr(error, "orig", error), "pgcode", None) == "23503"


def duel(butler, duty, number, which):
    run = f"{DUEL}/{number}"
    try:
        ref = butler.find_dataset("bias", instrument="LSSTComCam", detector=0, collections=run)
        if ref is not None and duty == "certify":
            insist(lambda: butler.registry.certify(DUEL, [ref], day(2 * WRITERS * number + which)))
        elif ref is not None:
            insist(lambda: butler.pruneDatasets([ref], purge=True, unstore=True, disassociate=True))
    except MissingCollectionError:
        pass
    except Exception as error:
        if not is_gone(error):
            raise


def certify_both(butler, refs, day_number, backwards):
    with butler.transaction():
        for ref in reversed(refs) if backwards else refs:
            butler.registry.certify(BOTH, [ref], day(day_number))


def certify_both_once(butler, refs, day_number, backwards, again):
    try:
        insist(lambda: certify_both(butler, refs, day_number, backwards))
    except ConflictingDefinitionError:
        if not again:
            raise


def register_type(butler, number, dimensions):
    kind = DatasetType(f"type{number}", dimensions, "StructuredDataDict", universe=butler.dimensions,
                       isCalibration=number % 2 == 0)
    insist(lambda: butler.registry.registerDatasetType(kind))


def write_along(repo, name, which):
    butler = Butler.from_config(repo, writeable=True)
    bias = butler.find_dataset("bias", instrument="LSSTComCam", detector=0, collections=RUN)
    flat = butler.find_dataset("flat", instrument="LSSTComCam", detector=0, physical_filter="r_03", collections=FLATS)
    for line in sys.stdin:
        number, again, duty, *dimensions = line.split()
        number, again, before = int(number), again == "1", given_up
        duel(butler, duty, number, which)
        won = certify(butler, bias, number)
        if number >= WINDOW:
            remove_old(butler, name, number - WINDOW, again)
        prepend_own(butler, name, number)
        put_own(butler, repo, bias.datasetType, name, number, again)
        certify_both_once(butler, (bias, flat), 2 * WRITERS * number + which, which % 2, again)
        register_type(butler, number, dimensions)
        print(won, given_up - before, flush=True)


class Writer:
    """A process that writes along; a new one takes its name when it is killed."""

    def __init__(self, which, repo, binary):
        self.which, self.is_stock = which, which >= WRITERS
        self.name = f"stock{which - WRITERS}" if self.is_stock else f"calbus{which}"
        me = [sys.executable, os.path.abspath(__file__), repo, "--writer"]
        self.arguments = [*(me if self.is_stock else [binary, repo]), self.name, str(which)]
        self.won = self.given_up = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, number, again=0):
        dimensions = DIMENSIONS[number // NEW_GROUP % len(DIMENSIONS)]
        self.process.stdin.write(f"{number} {again} {DUTIES[number % len(DUTIES)][self.which]} {dimensions}\n")
        self.process.stdin.flush()

    def kill(self, number):
        self.process.kill()
        self.process.wait()
        self.start()
        self.begin(number, again=1)

    def end_round(self):
        line = self.process.stdout.readline()
        assert line, f"a writer died: {self.arguments}"
        won, *given_up = map(int, line.split())
        self.won += won
        self.given_up += sum(given_up)

    def end(self):
        self.process.stdin.close()
        assert self.process.wait() == 0, self.arguments


def put_for_duel(butler, repo, bias_type, number):
    """What the round's duel is about."""
    run, file = f"{DUEL}/{number}", os.path.join(repo, "duel.fits")
    with open(file, "w") as out:
        out.write("pixels\n")
    data_id = butler.registry.expandDataId(instrument="LSSTComCam", detector=0)
    insist(lambda: butler.collections.register(run))
    insist(lambda: butler.ingest(FileDataset(file, DatasetRef(bias_type, data_id, run=run)), transfer="move"))


def draw_kills(rounds, kills, rng):
    """{round: kind of the writer to be killed in it}"""
    chosen = rng.sample(range(1, rounds), kills)
    return {number: "stock" if k % 4 == 0 else "calbus" for k, number in enumerate(chosen)}


def kill_one(writers, kind, number, took_s, rng):
    """At any moment of a round, and somewhat later: then it has none left to do, and nothing is to be done again."""
    victim = rng.choice([w for w in writers if w.is_stock == (kind == "stock")])
    time.sleep(rng.uniform(0, took_s if victim.is_stock else took_s / 2))
    if victim.process.stdout in select.select([victim.process.stdout], [], [], 0)[0]:
        return False
    victim.kill(number)
    return True


def run_all(repo, binary, rounds, kills, rng):
    """The writers after all rounds, and how many were killed."""
    butler = Butler.from_config(repo, writeable=True)
    bias_type = butler.get_dataset_type("bias")
    writers = [Writer(which, repo, binary) for which in range(2 * WRITERS)]
    victims, killed, took_s = draw_kills(rounds, kills, rng), 0, 0.2
    for number in range(rounds):
        put_for_duel(butler, repo, bias_type, number)
        began = time.monotonic()
        for writer in writers:
            writer.begin(number)
        if number in victims:
            came = kill_one(writers, victims[number], number, took_s, rng)
            killed += came
            if not came:  # the next round is as good
                victims.setdefault(number + 1, victims[number])
        for writer in writers:
            writer.end_round()
        if number > 0 and number not in victims:  # the first one waits for the stock butler to start
            took_s = time.monotonic() - began
    for writer in writers:
        writer.end()
    return writers, killed


def certified(butler, kind, collection):
    return sorted((a.timespan.begin, a.timespan.end) for a in butler.registry.queryDatasetAssociations(
        kind, collections=collection, collectionTypes={CollectionType.CALIBRATION}))


def check_ranges(ranges, expected):
    assert len(ranges) == expected, len(ranges)
    for (_, end), (begin, _) in zip(ranges, ranges[1:]):
        assert begin == end, (begin, end)


def check_files(butler, repo, refs, killed):
    """Those of the datasets, and no other, but what a killed writer of the stock butler left."""
    assert all(bool(found) for found in butler._exists_many(refs, full_check=True).values())
    stored = {butler.getURI(ref).ospath for ref in refs}
    found = {os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(repo, "u")) for name in names}
    litter = {path for path in found - stored if os.path.relpath(path, repo).startswith("u/contest/stock")}
    assert stored <= found, stored - found
    assert len(litter) <= killed, litter
    assert found - stored == litter, found - stored - litter
    assert not os.listdir(os.path.join(repo, ".calbus-arriving"))


def check_duels(butler, rounds):
    """What is certified is there with its file. How many datasets were certified, and how many removed."""
    certified_refs = {a.ref for a in butler.registry.queryDatasetAssociations("bias", collections=DUEL)}
    left = butler.query_datasets("bias", collections=f"{DUEL}/*", find_first=False, explain=False)
    assert certified_refs <= set(left)
    there = butler._exists_many(left, full_check=True)
    assert all(bool(there[ref]) for ref in certified_refs), "certified, and has no file"
    stored = [ref for ref in left if butler.stored(ref)]
    return stored, len(certified_refs), rounds - len(stored)


def check(repo, rounds, writers, killed):
    butler = Butler.from_config(repo, writeable=True)
    butler._datastore.emptyTrash()
    won = sum(w.won for w in writers)
    assert rounds - killed <= won <= rounds, won
    check_ranges(certified(butler, "bias", CALIB), rounds)
    for kind in ("bias", "flat"):
        check_ranges(certified(butler, kind, BOTH), rounds * len(writers))
    children = butler.collections.get_info(CHAIN).children
    for name in (w.name for w in writers):
        own = [c for c in children if c.startswith(f"u/contest/{name}/")]
        assert own == [f"u/contest/{name}/{n}" for n in reversed(range(rounds))], (name, len(own))
    assert len(children) == rounds * len(writers)
    refs = butler.query_datasets("bias", collections="u/contest/*/run*", find_first=False)
    assert len(refs) == min(rounds, WINDOW) * len(writers), len(refs)
    refs += butler.query_datasets("flat", collections=FLATS)
    of_duels, certified_there, removed = check_duels(butler, rounds)
    check_files(butler, repo, refs + of_duels, killed)
    assert {t.name for t in butler.registry.queryDatasetTypes("type*")} == {f"type{n}" for n in range(rounds)}
    assert certified_there > 0 and removed > 0, f"one side won all duels: {certified_there}, {removed}"
    return f"duels: {certified_there} certified, {removed} removed"


def prepare(repo):
    butler = Butler.from_config(repo, writeable=True)
    butler.collections.register(CHAIN, CollectionType.CHAINED)
    butler.collections.register(CALIB, CollectionType.CALIBRATION)
    butler.collections.register(BOTH, CollectionType.CALIBRATION)
    butler.collections.register(DUEL, CollectionType.CALIBRATION)
    butler.collections.register(FLATS)
    flat = DatasetType("flat", ["instrument", "detector", "physical_filter"], "ExposureF", universe=butler.dimensions,
                       isCalibration=True)
    butler.registry.registerDatasetType(flat)
    file = os.path.join(repo, "flat.fits")
    with open(file, "w") as out:
        out.write("pixels\n")
    data_id = butler.registry.expandDataId(instrument="LSSTComCam", detector=0, physical_filter="r_03")
    butler.ingest(FileDataset(file, DatasetRef(flat, data_id, run=FLATS)), transfer="copy")


def main(repo, binary, rounds, kills, seed):
    with psycopg2.connect(os.environ["CALBUS_TEST_DB_URI"]) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER DATABASE calbus SET deadlock_timeout = '20ms'")  # a second would be waited for each
    prepare(repo)
    writers, killed = run_all(repo, binary, int(rounds), int(kills), random.Random(int(seed)))
    duels = check(repo, int(rounds), writers, killed)
    won = [w.won for w in writers]
    assert sum(won[:WRITERS]) > 0 and sum(won[WRITERS:]) > 0, f"they never met: {won}"
    assert killed >= int(kills) // 2, f"of {kills} kills {killed} came in time"
    with psycopg2.connect(os.environ["CALBUS_TEST_DB_URI"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = 'calbus'")
        ours = cursor.fetchone()[0] - sum(w.given_up for w in writers)
    assert ours > killed, f"calbus met no deadlock: {ours} at the cost of killed ones"
    print(f"{rounds} rounds of {len(won)} writers, {killed} killed: certifications won {won}; {duels}; calbus tried {ours} "
          "deadlocks again; nothing overlaps, nothing is lost or left over")


if __name__ == "__main__":
    if sys.argv[2] == "--writer":
        write_along(sys.argv[1], sys.argv[3], int(sys.argv[4]))
    else:
        main(*sys.argv[1:])
