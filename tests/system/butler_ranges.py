"""Ranges changed at random and calibrations explained, beside the stock butler:
butler_ranges.py WORK RANGE_DRIVER CALBUS CHANGES QUESTIONS SEED. WORK holds the repositories "ours" and "mirror" and a home.

After each change our tables are those of a model that keeps lists of ranges, and those of the mirror, where the stock butler
has decertified and certified the same. Whoever is killed in a change leaves the tables before it or after it. Beside a stock
writer nothing overlaps. `calbus calib explain` chooses what find_dataset chooses, and each of its reasons is true.
"""

import json
import os
import random
import select
import subprocess
import sys
import threading
import warnings
from datetime import date, timedelta

import psycopg2
from lsst.daf.butler import Butler, CalibrationLookupError, CollectionType, DatasetType, Timespan
from lsst.daf.butler.registry import ConflictingDefinitionError

CAMERA = "LSSTComCam"
RUNS = ["LSSTComCam/calib/DM-1/demo/biasGen.20241210a", "LSSTComCam/calib/DM-2/demo/biasGen.20241220a"]
COLLECTIONS = ["u/x/one", "u/x/two"]
DETECTORS = range(4)
DAY = 86400 * 10**9
T0 = 20000 * DAY  # 2024-10-04
LOWEST, HIGHEST = 0, 4102444800 * 10**9


def timespan(begin, end):
    return Timespan(None, None, _nsec=(begin, end))


def some_time(rng):
    return rng.choice([LOWEST, HIGHEST] + [T0 + day * DAY for day in range(12)] * 2)


# ---- what is in the tables ----

class Tables:
    def __init__(self, schema):
        self.connection = psycopg2.connect(os.environ["CALBUS_TEST_DB_URI"])
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.schema = schema
        self.calibs = self.one("SELECT calibration_association_table FROM {s}.dataset_type WHERE name = 'bias'")

    def rows(self, text, *args):
        self.cursor.execute(text.replace("{s}", self.schema), args)
        return self.cursor.fetchall()

    def one(self, text, *args):
        return self.rows(text, *args)[0][0]

    def certified(self):
        """[(collection, detector, run, begin, end)] of the collections of this test, sorted."""
        return sorted(self.rows("SELECT c.name, t.detector, r.name, coalesce(lower(t.timespan), 0), coalesce(upper(t.timespan),"
                                f" {HIGHEST}) FROM {{s}}.{self.calibs} t JOIN {{s}}.collection c USING (collection_id)"
                                " JOIN {s}.dataset d ON d.id = t.dataset_id JOIN {s}.collection r ON r.collection_id = d.run_id"
                                " WHERE c.name = ANY (%s)", COLLECTIONS))


# ---- the model: a sorted list of (collection, detector, run, begin, end) ----

class Refused(Exception):
    pass


def overlaps(rows):
    return any(a[:2] == b[:2] and a[3] < b[4] and b[3] < a[4] for i, a in enumerate(rows) for b in rows[i + 1:])


def recertified(rows, collection, detector, at, begin, end, move):
    """What the rows become, and which of them went and came."""
    chosen = [row for row in rows if row[0] == collection and (detector is None or row[1] == detector)
              and (at is None or row[3] <= at < row[4] or row[4] == HIGHEST == at)]
    if not chosen or (begin is None and end is None) or len({row[1] for row in chosen}) < len(chosen):
        raise Refused
    gone, come = [], []
    for row in chosen:
        new = row[:3] + (row[3] if begin is None else begin, row[4] if end is None else end)
        if new[3] >= new[4]:
            raise Refused
        if new == row:
            continue
        gone.append(row)
        come.append(new)
        for other in rows if move else []:
            if other[:2] != row[:2] or other == row:
                continue
            first, last = other[3], other[4]
            if other[4] <= row[3] and (other[4] == row[3] or other[4] > new[3]):
                last = new[3]
            if other[3] >= row[4] and (other[3] == row[4] or other[3] < new[4]):
                first = new[4]
            if first >= last:
                raise Refused
            if (first, last) != other[3:]:
                gone.append(other)
                come.append(other[:3] + (first, last))
    left = sorted([row for row in rows if row not in gone] + come)
    if overlaps(left):
        raise Refused
    return left, gone, come


def decertified(rows, collection, detector, begin, end):
    gone = [row for row in rows if row[0] == collection and (detector is None or row[1] == detector) and row[3] < end and begin < row[4]]
    if not gone or begin >= end:
        raise Refused
    come = [row[:3] + rest for row in gone for rest in ((row[3], min(begin, row[4])), (max(end, row[3]), row[4])) if rest[0] < rest[1]]
    return sorted([row for row in rows if row not in gone] + come), gone, come


# ---- the three writers ----

class Driver:
    def __init__(self, program, repository):
        self.process = subprocess.Popen([program, repository], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.backend = int(self.process.stdout.readline())

    def send(self, *words):
        self.process.stdin.write(" ".join("-" if word is None else str(int(word) if isinstance(word, bool) else word) for word in words) + "\n")
        self.process.stdin.flush()

    def ask(self, *words):
        self.send(*words)
        return self.process.stdout.readline().strip()

    def kill(self, tables):
        """kill -9, and until the server has noticed."""
        self.process.kill()
        self.process.wait()
        while tables.one("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", self.backend) > 0:
            pass

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


def refs_of(butler):
    return {(ref.run, ref.dataId["detector"]): ref for run in RUNS for ref in butler.registry.queryDatasets("bias", collections=run)}


def stock_change(butler, refs, gone, come):
    """What one of ours did, by the stock butler's means."""
    for collection, detector, _, begin, end in gone:
        butler.registry.decertify(collection, "bias", timespan(begin, end), dataIds=[{"instrument": CAMERA, "detector": detector}])
    for collection, detector, run, begin, end in come:
        butler.registry.certify(collection, [refs[run, detector]], timespan(begin, end))


# ---- changes ----

def certify_some(rng, butlers, refs, rows):
    """A certification in both, by the stock butler; refused where it meets another."""
    collection, detector, run = rng.choice(COLLECTIONS), rng.choice(DETECTORS), rng.choice(RUNS)
    begin, end = sorted((some_time(rng), some_time(rng)))
    new = (collection, detector, run, begin, end)
    if begin == end or overlaps(rows + [new]):
        return rows
    for butler, known in zip(butlers, refs):
        butler.registry.certify(collection, [known[run, detector]], timespan(begin, end))
    return sorted(rows + [new])


def random_change(rng, rows):
    """Half of them about something that is there."""
    collection, detector = rng.choice(COLLECTIONS), rng.choice([None, *DETECTORS])
    at, begin, end = (some_time(rng) if rng.random() < 0.5 else None for _ in range(3))
    if rng.random() < 0.5:
        collection, detector, _, at, last = rng.choice(rows)
        at, begin, end = at, rng.choice([None, max(LOWEST, at + rng.choice([-2, -1, 1]) * DAY)]), rng.choice([None, last, min(HIGHEST, last + DAY)])
    if rng.random() < 0.2:
        return decertified, ("decertify", collection, detector, begin or some_time(rng), end or some_time(rng))
    return recertified, ("recertify", collection, detector, at, begin, end, rng.random() < 0.5)


def changes_agree(rng, butlers, tables, driver, count):
    refs, rows, done = [refs_of(butler) for butler in butlers], [], {"recertify": 0, "decertify": 0, "moved": 0, "refused": 0}
    for number in range(count):
        if len(rows) < 6 or rng.random() < 0.3:
            rows = certify_some(rng, butlers, refs, rows)
            continue
        model, words = random_change(rng, rows)
        answer = driver.ask(*words)
        try:
            after, gone, come = model(rows, *words[1:])
        except Refused:
            assert answer.startswith("refused: "), (number, words, answer, rows)
            done["refused"] += 1
        else:
            assert answer == str(len(gone)), (number, words, answer, rows, after)
            stock_change(butlers[1], refs[1], gone, come)
            done[words[0]] += len(gone) > 0
            done["moved"] += len(gone) > len({row[1] for row in gone})
            rows = after
        assert tables[0].certified() == rows, (number, words, answer, tables[0].certified(), rows)
        assert tables[1].certified() == rows, (number, words, tables[1].certified(), rows)
    print(f"{count} steps: {done}", flush=True)
    assert min(done.values()) > count / 100, done
    return rows


# ---- killed ----

def a_kill_leaves_before_or_after(rng, program, repository, tables, butler, count):
    """All detectors' ranges change, with their neighbours, or none does."""
    refs, calib, seen = refs_of(butler), COLLECTIONS[0], {"before": 0, "after": 0}
    most = 10 * count  # on a loaded machine most are killed before
    butler.registry.decertify(calib, "bias", timespan(LOWEST, HIGHEST))
    for detector in DETECTORS:
        butler.registry.certify(calib, [refs[RUNS[0], detector]], timespan(T0, T0 + 5 * DAY))
        butler.registry.certify(calib, [refs[RUNS[1], detector]], timespan(T0 + 5 * DAY, T0 + 9 * DAY))
    driver, border = Driver(program, repository), 5
    while sum(seen.values()) < count or (min(seen.values()) == 0 and sum(seen.values()) < most):
        before = tables.certified()
        target = border % 8 + 1
        driver.send("recertify", calib, None, T0, None, T0 + target * DAY, True)
        select.select([driver.process.stdout], [], [], rng.random() * 0.006)  # killed at some moment of it
        driver.kill(tables)
        after, _, _ = recertified(before, calib, None, T0, None, T0 + target * DAY, True)
        now = tables.certified()
        assert now in (before, after), (before, now, after)
        seen["after" if now == after else "before"] += 1
        border = target if now == after else border
        driver = Driver(program, repository)
    driver.close()
    print(f"killed: {seen}", flush=True)
    assert min(seen.values()) > 0, seen


# ---- beside a stock writer ----

def nothing_overlaps_beside_a_stock_writer(driver, tables, butler, count):
    """Both want the same day, again and again: one of them gets it."""
    refs, calib, won = refs_of(butler), COLLECTIONS[1], {"calbus": 0, "stock": 0}
    for day in range(count):
        butler.registry.decertify(calib, "bias", timespan(LOWEST, HIGHEST))
        butler.registry.certify(calib, [refs[RUNS[0], 0]], timespan(T0, T0 + DAY))
        gate = threading.Barrier(2)

        def stock():
            gate.wait()
            try:
                butler.registry.certify(calib, [refs[RUNS[1], 0]], timespan(T0 + DAY, T0 + 2 * DAY))
            except ConflictingDefinitionError:
                pass

        other = threading.Thread(target=stock)
        other.start()
        gate.wait()
        if day % 2:  # otherwise ours is always first
            select.select([], [], [], 0.0005 * (day % 7))
        answer = driver.ask("recertify", calib, 0, None, None, T0 + 2 * DAY, False)
        other.join()
        rows = [row for row in tables.certified() if row[0] == calib]
        assert not overlaps(rows), rows
        # refused because the other was there: it has the day; else ours has it, alone
        expected = 2 if answer.startswith("refused: ") else 1
        assert len(rows) == expected and max(row[4] for row in rows) == T0 + 2 * DAY, (answer, rows)
        won["stock" if expected == 2 else "calbus"] += 1
    print(f"beside a stock writer: {won}", flush=True)
    assert won["calbus"] > 0, won


# ---- explained ----

def fill_at_random(rng, butler, tables):
    """RUNs, TAGGED and CALIBRATION collections of biases and flats, chains of chains, ranges that are ambiguous."""
    registry = butler.registry
    flat = DatasetType("flat", ["instrument", "detector", "physical_filter"], "ExposureF", isCalibration=True, universe=butler.dimensions)
    registry.registerDatasetType(flat)
    runs, tags, calibs, chains = ([f"r/{kind}{i}" for i in range(4)] for kind in ("run", "tag", "calib", "chain"))
    refs = {"bias": [], "flat": []}
    for run in runs:
        registry.registerCollection(run, CollectionType.RUN)
        for detector in DETECTORS:
            if rng.random() < 0.8:
                refs["bias"] += registry.insertDatasets("bias", [{"instrument": CAMERA, "detector": detector}], run=run)
            for band in ("r_03", "i_06"):
                if rng.random() < 0.6:
                    refs["flat"] += registry.insertDatasets(
                        "flat", [{"instrument": CAMERA, "detector": detector, "physical_filter": band}], run=run)
    for tag in tags:
        registry.registerCollection(tag, CollectionType.TAGGED)
        for ref in rng.sample(refs["bias"] + refs["flat"], 4):
            try:
                registry.associate(tag, [ref])
            except ConflictingDefinitionError:
                pass
    for calib in calibs:
        registry.registerCollection(calib, CollectionType.CALIBRATION)
        for kind in refs:
            for ref in rng.sample(refs[kind], 10):
                begin, end = sorted((some_time(rng), some_time(rng)))
                if begin == end:  # nothing lies behind the highest
                    begin, end = min(begin, HIGHEST - DAY), min(begin, HIGHEST - DAY) + DAY
                try:
                    registry.certify(calib, [ref], timespan(begin, end))
                except ConflictingDefinitionError:
                    pass
    registry.registerCollection("r/alone", CollectionType.RUN)  # certified nowhere, and never searched
    registry.insertDatasets("bias", [{"instrument": CAMERA, "detector": detector} for detector in DETECTORS], run="r/alone")
    first = next(ref for ref in refs["bias"] if ref.dataId["detector"] == 0)
    registry.decertify("r/calib1", "bias", timespan(T0, T0 + 9 * DAY), dataIds=[first.dataId])
    registry.certify("r/calib1", [first], timespan(T0, T0 + 9 * DAY))
    everything = runs + tags + calibs
    for i, chain in enumerate(chains):
        registry.registerCollection(chain, CollectionType.CHAINED)
        registry.setCollectionChain(chain, rng.sample(everything + chains[:i], 4))
    # the stock butler lets nobody overlap, yet repositories have it
    tables.rows(f"INSERT INTO {{s}}.{tables.calibs} (id, dataset_type_id, dataset_id, collection_id, instrument, detector, timespan)"
                f" SELECT nextval('{{s}}.{tables.calibs}_seq_id'), dataset_type_id, dataset_id, collection_id, instrument, detector, timespan"
                f" FROM {{s}}.{tables.calibs} JOIN {{s}}.collection USING (collection_id) WHERE name = 'r/calib1' AND detector < 2"
                " RETURNING 1")
    return everything + chains


def asked(rng, collections):
    kind = rng.choice(["bias", "flat"])
    data_id = {"instrument": CAMERA, "detector": rng.choice(DETECTORS)}
    if kind == "flat":
        data_id["physical_filter"] = rng.choice(["r_03", "i_06", "z_03"])
    when = T0 + rng.randrange(-1, 13) * DAY + rng.choice([0, 0, 1, DAY // 2, 3725 * 10**9])
    return kind, data_id, when, rng.sample(collections, rng.choice([1, 2, 3]))


def iso(ns):
    seconds, rest = divmod(ns, 10**9)
    days, clock = divmod(seconds, 86400)
    return f"{date(1970, 1, 1) + timedelta(days=days)}T{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}.{rest:09}"


def stock_answer(butler, kind, data_id, when, path):
    """(id or None, ambiguous)"""
    try:
        ref = butler.find_dataset(kind, data_id, collections=path, timespan=timespan(when, when + 1))
    except CalibrationLookupError:
        return None, True
    return None if ref is None else str(ref.id), False


def memberships(tables, kind):
    """[(dataset, run, collection, type of collection, detector, filter, begin, end)]: everything that a search can meet."""
    calibs, tags, dims = tables.rows("SELECT calibration_association_table, tag_association_table, name = 'flat' FROM {s}.dataset_type"
                                     " WHERE name = %s", kind)[0]
    band = "t.physical_filter" if dims else "NULL"
    return tables.rows(f"SELECT t.dataset_id::text, r.name, c.name, c.type, t.detector, {band}, coalesce(lower(t.span), 0),"
                       f" coalesce(upper(t.span), {HIGHEST}) FROM (SELECT dataset_id, collection_id, detector"
                       f"{', physical_filter' if dims else ''}, timespan AS span, dataset_type_id FROM {{s}}.{calibs} UNION ALL SELECT dataset_id,"
                       f" collection_id, detector{', physical_filter' if dims else ''}, NULL, dataset_type_id FROM {{s}}.{tags}) t"
                       " JOIN {s}.dataset_type y ON y.id = t.dataset_type_id AND y.name = %s JOIN {s}.collection c USING (collection_id)"
                       " JOIN {s}.dataset d ON d.id = t.dataset_id JOIN {s}.collection r ON r.collection_id = d.run_id", kind)


def true_reason(row, path, data_id, when, winner, ambiguous, known):
    """The reason that must be told of a membership, and what its sentence must say; None: none at all."""
    dataset, run, collection, _, detector, band, begin, end = row
    place = path.index(collection) if collection in path else None
    if place is None and collection == run and sum(one[0] == dataset for one in known) > 1:
        return None  # its other memberships tell
    if (detector, band) != (data_id["detector"], data_id.get("physical_filter")):
        return "other_data_id", "of another detector, " + str(detector) if detector != data_id["detector"] else "of another filter, " + str(band)
    if place is None:
        return ("not_certified", "only in its RUN") if collection == run else ("not_searched", "its collection is not in")
    if begin > when:
        return "begins_later", "its range begins " + distance(begin - when)
    if end <= when:
        return "ended", "its range ended " + distance(when - end) if end < when else "its range ended at"
    if place > winner:
        return "shadowed", path[winner] + " comes first"
    return ("ambiguous", "more than one") if ambiguous else ("applies", "the first collection")


def distance(ns):
    seconds = ns // 10**9
    return "less than a second" if seconds == 0 else f"{seconds // 86400} d {seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def check_question(calbus, butler, tables, question):
    kind, data_id, when, path = question
    flat = list(butler.collections.query(path, flatten_chains=True))
    known = memberships(tables, kind)
    held = [row for row in known if row[2] in flat and (row[4], row[5]) == (data_id["detector"], data_id.get("physical_filter"))
            and row[6] <= when < row[7]]
    winner = min((flat.index(row[2]) for row in held), default=0)
    rivals = [row for row in held if flat.index(row[2]) == winner]
    ambiguous = len(rivals) > 1
    chosen, refused = stock_answer(butler, kind, data_id, when, path)
    if ambiguous:  # along a path of several collections the stock butler takes any of them, and we refuse all the same
        assert refused or (len(flat) > 1 and chosen in {row[0] for row in rivals}), (question, chosen, rivals)
        chosen = None
    else:
        assert not refused and [row[0] for row in rivals] == ([chosen] if chosen else []), (question, chosen, rivals)
    band = [data_id["physical_filter"]] if kind == "flat" else []
    done = subprocess.run([calbus, "calib", "explain", CAMERA, str(data_id["detector"]), kind, *band, iso(when), "--collections",
                           ",".join(path), "--all", "--json"], capture_output=True, text=True, check=False)
    status = 4 if ambiguous else 3 if chosen is None else 0
    assert done.returncode == status, (question, chosen, ambiguous, done)
    items = json.loads(done.stdout)["items"]
    assert [one["dataset_id"] for one in items if one["reason"] == "applies"] == ([chosen] if chosen else []), (question, chosen, items)
    expected = []
    for row in known:
        told = true_reason(row, flat, data_id, when, winner, ambiguous, known)
        if told is not None:
            expected.append((row[0], row[2], told))
    told = {}
    for one in items:
        told.setdefault((one["dataset_id"], one["collection"]), []).append((one["reason"], one["why"]))
    assert len(items) == len(expected), (question, len(items), len(expected))
    for dataset, collection, (reason, text) in expected:
        matching = [why for why in told[dataset, collection] if why[0] == reason and text in why[1]]
        assert matching, (question, dataset, collection, reason, text, told[dataset, collection])
    return {one["reason"] for one in items}


def explanations_agree(rng, calbus, butler, tables, count):
    collections, seen = fill_at_random(rng, butler, tables), set()
    for _ in range(count):
        question = asked(rng, collections)
        seen |= check_question(calbus, butler, tables, question)
    wanted = {"applies", "ambiguous", "shadowed", "begins_later", "ended", "other_data_id", "not_searched", "not_certified"}
    print(f"{count} questions; reasons seen: {sorted(seen)}", flush=True)
    assert seen == wanted or count < 100, wanted - seen


def main(work, program, calbus, changes, questions, seed):
    warnings.simplefilter("ignore")
    os.environ.update({"CALBUS_HOME": work + "/home", "CALBUS_DB_URI": os.environ["CALBUS_TEST_DB_URI"]})
    rng = random.Random(int(seed))
    butlers = [Butler.from_config(f"{work}/{name}", writeable=True) for name in ("ours", "mirror")]
    tables = [Tables(name) for name in ("ours", "mirror")]
    for butler in butlers:
        for collection in COLLECTIONS:
            butler.registry.registerCollection(collection, CollectionType.CALIBRATION)
    driver = Driver(program, work + "/ours")
    changes_agree(rng, butlers, tables, driver, int(changes))
    a_kill_leaves_before_or_after(rng, program, work + "/ours", tables[0], butlers[0], 25)
    nothing_overlaps_beside_a_stock_writer(driver, tables[0], butlers[0], 30)
    driver.close()
    del os.environ["CALBUS_TEST_DB_URI"]  # no setting of calbus
    explanations_agree(rng, calbus, butlers[0], tables[0], int(questions))


main(*sys.argv[1:7])
