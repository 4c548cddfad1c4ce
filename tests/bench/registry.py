"""The registry of calbus beside the stock butler, on one repository in one database.

registry.py WORK DRIVER BUTLER STOCK_BUTLER [short]
DRIVER is bench_registry, BUTLER calbus' drop-in command, STOCK_BUTLER the stock one; WORK is an empty folder.

Each case is done by both in turns, with what they find or leave behind compared: a difference ends the run with an error.
The table gives medians of seconds on the wall, or of calls per second, and their ratio; "aim" is what calbus is to reach,
and the last column says whether it does.

- certify: the call alone, in a warm process (ours in C, the stock butler's in this one), datasets and collection known
  before; and the whole command. "at most" is the bound that the server sets for both: its INSERT of the same rows into the same
  collection alone, of which the checks of seven or eight foreign keys a row and nine or ten indexes are nearly all.
- look-up: type, detector, filter and time through the default chain, whose members are chains of tickets. "path resolved
  once" is a finder, as the engine and the verifier use it, beside the stock butler in its caching context. In bulk: all
  types, detectors and times, one call a type; the stock butler has no such call and is asked one by one.
- queries: rows taken into memory, in warm processes, over all exposures and a raw of each.
- commands: whole processes, from start to end, their output read.

The server is private and does not wait for its disk (fsync is off). `short` is the same on a small repository with each
case once: for the comparison, not for the figures.
"""

import os
import random
import statistics
import subprocess
import sys
import time
import warnings

import psycopg2
from astropy.time import Time, TimeDelta
from lsst.daf.butler import Butler, CollectionType, Timespan

CAMERA, SCHEMA, SECOND, DAY = "LSSTCam", "bench", 10**9, 86400 * 10**9
FILTERS = ["u_24", "g_6", "r_57", "i_39", "z_20", "y_10"]
TYPES = {"bias": "ExposureF", "dark": "ExposureF", "defects": "Defects", "linearizer": "Linearizer", "crosstalk": "CrosstalkCalib",
         "ptc": "PhotonTransferCurveDataset", "bfk": "BrighterFatterKernel", "cti": "IsrCalib"}  # fmt: skip
DETECTORS = 189
CHAIN, LEGACY, RAWS = CAMERA + "/calib", CAMERA + "/calib/legacy", CAMERA + "/raw/all"
FIRST_NIGHT = 18262  # 2020-01-01, in days since 1970
T0 = 20000 * DAY  # the first ticket's calibrations begin; the legacy ends
WEEK, TICKET = 7 * DAY, 100 * DAY


class Size:
    def __init__(self, short):
        self.short = short
        self.exposures = 2000 if short else 100_000
        self.tickets = 3 if short else 8
        self.weeks = 20 if short else 1040
        self.rounds = 1 if short else 7
        self.commands = 1 if short else 3
        self.look_ups = 40 if short else 400
        self.times = 3 if short else 20


# ---- the repository ----


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def create(butler, uri, work, repo):
    host = uri.split("host=")[1]
    seed = os.path.join(work, "seed.yaml")
    with open(seed, "w") as out:
        out.write(f"registry:\n  db: 'postgresql+psycopg2://calbus@/calbus?host={host}'\n  namespace: {SCHEMA}\n")
    run(butler, "create", "--seed-config", seed, repo)
    run(butler, "register-instrument", repo, "lsst.obs.lsst.LsstCam")
    for name, storage in TYPES.items():
        run(butler, "register-dataset-type", repo, name, storage, "instrument", "detector", "--is-calibration")
    run(butler, "register-dataset-type", repo, "flat", "ExposureF", "instrument", "detector", "physical_filter", "--is-calibration")
    run(butler, "register-dataset-type", repo, "raw", "Exposure", "instrument", "detector", "exposure")


EXPOSURES = f"""
CREATE TEMP TABLE night AS SELECT n, to_char(date '1970-01-01' + ({FIRST_NIGHT} + n), 'YYYYMMDD')::bigint AS day_obs,
    ({FIRST_NIGHT} + n) * {DAY}::bigint AS begins FROM generate_series(0, %(nights)s - 1) n;
INSERT INTO day_obs (instrument, id, timespan)
    SELECT '{CAMERA}', day_obs, int8range(begins + {DAY // 2}, begins + {DAY + DAY // 2}) FROM night;
CREATE TEMP TABLE shot AS SELECT *, day_obs * 100000 + seq AS id, format('MC_O_%%s_%%s', day_obs, lpad(seq::text, 6, '0')) AS obs_id,
    CASE WHEN seq <= 40 THEN 'bias' WHEN seq <= 60 THEN 'dark' WHEN seq <= 100 THEN 'flat' ELSE 'science' END AS kind,
    begins + {DAY // 2 + 3600 * SECOND} + seq * {100 * SECOND}::bigint AS at
    FROM night, generate_series(1, 400) seq;
INSERT INTO "group" (instrument, name) SELECT '{CAMERA}', obs_id FROM shot;
INSERT INTO exposure (instrument, id, day_obs, "group", physical_filter, obs_id, exposure_time, dark_time, observation_type,
    observation_reason, seq_num, seq_start, seq_end, target_name, science_program, tracking_ra, tracking_dec, zenith_angle,
    has_simulated, can_see_sky, timespan)
    SELECT '{CAMERA}', id, day_obs, obs_id, (%(filters)s::text[])[1 + seq / 7 %% 6], obs_id,
        CASE kind WHEN 'bias' THEN 0 ELSE 30 END, CASE kind WHEN 'bias' THEN 0.2 ELSE 30.2 END, kind, kind, seq, seq, seq,
        CASE kind WHEN 'science' THEN 'field' || seq %% 50 ELSE 'Park position' END, 'BLOCK-' || (n %% 7 * 100 + seq %% 3),
        CASE kind WHEN 'science' THEN seq * 0.9 END, CASE kind WHEN 'science' THEN -seq * 0.1 END, seq %% 60 + 0.5,
        false, kind = 'science', int8range(at, at + CASE kind WHEN 'bias' THEN {SECOND} ELSE {30 * SECOND} END) FROM shot;
"""
# $data: id, dims...; the rows of datasets in a run
DATASETS = """
INSERT INTO collection_summary_dataset_type VALUES (%(run)s, %(type)s) ON CONFLICT DO NOTHING;
INSERT INTO collection_summary_instrument VALUES (%(run)s, 'LSSTCam') ON CONFLICT DO NOTHING;
CREATE TEMP TABLE data ON COMMIT DROP AS {rows};
INSERT INTO dataset (id, dataset_type_id, ingest_date, run_id) SELECT dataset_id, %(type)s, 1733000000000000000, %(run)s FROM data;
INSERT INTO {tags} (dataset_type_id, collection_id, dataset_id, {dims}) SELECT %(type)s, %(run)s, dataset_id, {dims} FROM data;
INSERT INTO dataset_location (datastore_name, dataset_id) SELECT 'FileDatastore@<butlerRoot>', dataset_id FROM data;
INSERT INTO file_datastore_records (dataset_id, path, formatter, storage_class, component, file_size)
    SELECT dataset_id, 'some/folder/' || dataset_id || '.fits', 'lsst.obs.base.formatters.fitsExposure.FitsExposureFormatter',
        'ExposureF', '__NULL_STRING__', 1000000 FROM data;
"""
CALIB_ROWS = {
    "": f"SELECT gen_random_uuid() AS dataset_id, '{CAMERA}' AS instrument, d AS detector FROM generate_series(0, {DETECTORS - 1}) d",
    "flat": f"SELECT gen_random_uuid() AS dataset_id, '{CAMERA}' AS instrument, d AS detector, f AS physical_filter"
            f" FROM generate_series(0, {DETECTORS - 1}) d, unnest(%(filters)s::text[]) f",
}  # fmt: skip
RAW_ROWS = f"SELECT gen_random_uuid() AS dataset_id, '{CAMERA}' AS instrument, e.id %% {DETECTORS} AS detector, e.id AS exposure FROM exposure e"
CERTIFY = """
INSERT INTO collection_summary_dataset_type VALUES (%(calib)s, %(type)s) ON CONFLICT DO NOTHING;
INSERT INTO collection_summary_instrument VALUES (%(calib)s, 'LSSTCam') ON CONFLICT DO NOTHING;
INSERT INTO {calibs} (id, dataset_type_id, collection_id, dataset_id, {dims}, timespan)
    SELECT nextval('{calibs}_seq_id'), %(type)s, %(calib)s, t.dataset_id, {dims}, int8range(r.first, r.last)
    FROM {tags} t, (SELECT %(begin)s::bigint + n * %(step)s::bigint AS first, CASE WHEN %(open)s THEN NULL
        ELSE %(begin)s::bigint + (n + 1) * %(step)s::bigint END AS last FROM generate_series(0, %(count)s - 1) n) r
    WHERE t.dataset_type_id = %(type)s AND t.collection_id = %(run)s;
"""
SUMMARIES = """
INSERT INTO collection_summary_dataset_type SELECT collection_id, %(type)s FROM collection WHERE name = %(name)s ON CONFLICT DO NOTHING;
INSERT INTO collection_summary_instrument SELECT collection_id, 'LSSTCam' FROM collection WHERE name = %(name)s ON CONFLICT DO NOTHING;
"""
INSERT = """
INSERT INTO {calibs} (id, dataset_type_id, collection_id, dataset_id, {dims}, timespan)
    SELECT nextval('{calibs}_seq_id'), %(type)s, c.collection_id, t.dataset_id, {dims}, int8range(1, 2)
    FROM {tags} t JOIN collection r ON r.collection_id = t.collection_id, collection c
    WHERE t.dataset_type_id = %(type)s AND r.name = %(run)s AND c.name = %(name)s LIMIT %(count)s
"""


class Rows:
    """What is in the repository before the first case, put in by SQL."""

    def __init__(self, uri):
        self.connection = psycopg2.connect(uri, options=f"-c search_path={SCHEMA}")
        self.cursor = self.connection.cursor()

    def ask(self, sql, **values):
        self.cursor.execute(sql, values)
        return self.cursor.fetchall()

    def collection(self, name, kind, children=()):
        [(id_,)] = self.ask("INSERT INTO collection (collection_id, name, type) VALUES (nextval('collection_seq_collection_id'),"
                            " %(name)s, %(kind)s) RETURNING collection_id", name=name, kind=kind)  # fmt: skip
        if kind == 1:
            self.cursor.execute("INSERT INTO run (collection_id) VALUES (%s)", [id_])
        for place, child in enumerate(children):
            self.cursor.execute("INSERT INTO collection_chain (parent, position, child) VALUES (%s, %s, %s)", [id_, place, child])
        return id_

    def names(self, dataset_type):
        [(id_, tags, calibs)] = self.ask("SELECT id, tag_association_table, calibration_association_table FROM dataset_type"
                                         " WHERE name = %(name)s", name=dataset_type)  # fmt: skip
        dims = {"raw": "instrument, detector, exposure", "flat": "instrument, detector, physical_filter"}
        return id_, {"tags": tags, "calibs": calibs, "dims": dims.get(dataset_type, "instrument, detector")}

    def put(self, dataset_type, run_name, rows):
        id_, names = self.names(dataset_type)
        run_id = self.collection(run_name, 1)
        self.cursor.execute(DATASETS.format(rows=rows, **names), {"run": run_id, "type": id_, "filters": FILTERS})
        self.cursor.execute("DROP TABLE data")
        return run_id

    def certify(self, dataset_type, run_id, calib_id, begin, step, count):
        id_, names = self.names(dataset_type)
        self.cursor.execute(CERTIFY.format(**names), {"run": run_id, "type": id_, "calib": calib_id, "begin": begin, "step": step,
                                                      "count": count, "open": step == 0})  # fmt: skip

    def ticket(self, number, types):
        children, name = [], f"{CHAIN}/DM-{1000 + number}"
        for kind in types:
            run_id = self.put(kind, f"{name}/camp/{kind}Gen.2024", CALIB_ROWS.get(kind, CALIB_ROWS[""]))
            calib_id = self.collection(f"{name}/camp/{kind}.2024", 4)
            self.certify(kind, run_id, calib_id, T0 + number * TICKET, 0, 1)
            children.append(calib_id)
        return self.collection(name, 3, children)

    def legacy(self, weeks):
        id_ = self.collection(LEGACY, 4)
        for kind, step in (("bias", WEEK), ("flat", 26 * WEEK)):
            run_id = self.put(kind, f"{LEGACY}/{kind}Gen", CALIB_ROWS.get(kind, CALIB_ROWS[""]))
            count = weeks * WEEK // step
            self.certify(kind, run_id, id_, T0 - count * step, step, count)
        return id_

    def fill(self, size):
        self.cursor.execute(EXPOSURES, {"nights": size.exposures // 400, "filters": FILTERS})
        self.put("raw", RAWS, RAW_ROWS)
        tickets = [self.ticket(n, [*TYPES, "flat"]) for n in range(size.tickets)]
        self.collection(CHAIN, 3, [*reversed(tickets), self.legacy(size.weeks)])
        self.connection.commit()
        self.connection.autocommit = True
        self.cursor.execute("ANALYZE")

    def certified(self, collection, dataset_type):
        """What is certified in a collection, in order."""
        id_, names = self.names(dataset_type)
        return self.ask("SELECT {dims}, t.dataset_id, t.timespan::text FROM {calibs} t JOIN collection c USING (collection_id)"
                        " WHERE c.name = %(name)s AND t.dataset_type_id = %(type)s ORDER BY {dims}, t.timespan".format(**names),
                        name=collection, type=id_)  # fmt: skip


# ---- both sides ----


class Ours:
    """Our driver: a warm process that times its own calls."""

    def __init__(self, driver, repo):
        self.process = subprocess.Popen([driver, repo], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *fields):
        self.process.stdin.write("\t".join(fields) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"our driver ended at {fields[:3]}"
        seconds, *found = line.split()
        return float(seconds), found


def timed(action):
    begin = time.monotonic()
    result = action()
    return time.monotonic() - begin, result


class Commands:
    """Whole commands, run by our driver, which is small."""

    def __init__(self, driver, work):
        self.driver, self.output = driver, os.path.join(work, "output")

    def run(self, *words):
        """Seconds, peak memory in MiB, lines of output."""
        said = subprocess.run([self.driver, "run", self.output, *words], check=True, stdout=subprocess.PIPE, text=True).stdout
        seconds, _, memory, status = said.split()
        assert status == "0", (words, status)
        with open(self.output, "rb") as output:
            return float(seconds), float(memory), output.read().split(b"\n")


class Table:
    def __init__(self):
        self.rows, self.unmet = [], 0

    def show(self, seconds, per_second):
        if per_second:
            return f"{1 / seconds:,.0f}/s"
        return f"{1000 * seconds:,.2f} ms" if seconds < 0.1 else f"{1000 * seconds:,.0f} ms"

    def add(self, case, ours, stock, aim=None, per_second=False):
        ours, stock = statistics.median(ours), statistics.median(stock)
        ratio = stock / ours
        met = "" if aim is None else "met" if ratio >= aim else "NOT MET"
        self.unmet += met == "NOT MET"
        self.row(case, self.show(ours, per_second), self.show(stock, per_second), f"{ratio:.1f}x", f"{aim}x" if aim else "", met)

    def bound(self, what, seconds, stock):
        seconds, stock = statistics.median(seconds), statistics.median(stock)
        self.row(what, self.show(seconds, False), "", f"{stock / seconds:.1f}x", "", "at most")

    def row(self, *cells):
        print(f"{cells[0]:<72} {cells[1]:>13} {cells[2]:>13} {cells[3]:>8} {cells[4]:>5} {cells[5] if len(cells) > 5 else ''}".rstrip(),
              flush=True)  # fmt: skip


def same(what, ours, stock):
    assert ours == stock, f"{what}: calbus and the stock butler differ: {str(ours)[:300]} / {str(stock)[:300]}"


# ---- the cases ----


class Bench:
    def __init__(self, size, rows, work, repo, driver, butlers):
        self.size, self.rows, self.work, self.repo, self.butlers = size, rows, work, repo, butlers
        self.ours, self.stock = Ours(driver, repo), Butler.from_config(repo, writeable=True)
        self.table, self.fresh, self.commands = Table(), 0, Commands(driver, work)

    def refs(self, dataset_type, count):
        found = self.stock.query_datasets(dataset_type, f"{CHAIN}/DM-1000/camp/{dataset_type}Gen.2024", limit=None)
        assert len(found) >= count, len(found)
        return found[:count]

    def collection(self):
        self.fresh += 1
        name = f"u/bench/{self.fresh}"
        self.stock.collections.register(name, CollectionType.CALIBRATION)
        return name

    def certify(self, case, dataset_type, count, place):
        """place(i): the collection and the beginning of the i-th certification's week."""
        refs, ours, stock = self.refs(dataset_type, count), [], []
        ids = [str(ref.id) for ref in refs]
        for i in range(self.size.rounds):
            collection, begin = place(2 * i)
            seconds, _ = self.ours.ask("certify", collection, str(begin), str(begin + WEEK), *ids)
            ours.append(seconds)
            other, begin_other = place(2 * i + 1)
            span = Timespan(None, None, _nsec=(begin_other, begin_other + WEEK))
            stock.append(timed(lambda: self.stock.registry.certify(other, refs, span))[0])
            left = [[row[:-1] for row in self.rows.certified(name, dataset_type) if row[-1] == f"[{at},{at + WEEK})"]
                    for name, at in ((collection, begin), (other, begin_other))]  # fmt: skip
            same(case, *left)
            assert len(left[0]) == count, len(left[0])
        self.table.add(case, ours, stock, 10)
        self.floor(dataset_type, count, stock, place(0)[0])

    def floor(self, dataset_type, count, stock, name):
        """What the server needs for the rows' own INSERT, with its foreign keys and indexes: nobody can be faster."""
        seconds = []
        id_, names = self.rows.names(dataset_type)
        of = {"name": name, "type": id_, "run": f"{CHAIN}/DM-1000/camp/{dataset_type}Gen.2024", "count": count}
        cursor = self.rows.cursor
        for _ in range(self.size.rounds):
            cursor.execute("BEGIN")
            cursor.execute("SET LOCAL enable_seqscan = off")  # its checks of keys, as calbus has them
            cursor.execute(SUMMARIES, of)
            seconds.append(timed(lambda: cursor.execute(INSERT.format(**names), of))[0])
            assert cursor.rowcount == count, cursor.rowcount
            cursor.execute("ROLLBACK")
        self.table.bound("  of both, the server's INSERT of these rows", seconds, stock)

    def certifications(self):
        self.certify("certify 189 datasets into a new collection, one call", "bias", 189, lambda i: (self.collection(), T0))
        self.certify("certify 1000 datasets into a new collection, one call", "flat", 1000, lambda i: (self.collection(), T0))
        years = f"{self.size.weeks * DETECTORS:,} rows of history"
        self.certify(f"certify 189 into a collection with {years}", "bias", 189, lambda i: (LEGACY, T0 + i * WEEK))
        self.certify("certify 1000 into the same", "flat", 1000, lambda i: (LEGACY, T0 + i * WEEK))
        self.certify_command("bias", 189)
        self.certify_command("flat", DETECTORS * len(FILTERS))

    def certify_command(self, dataset_type, count):
        times, left = ([], []), []
        for i in range(self.size.commands):
            for side, butler in enumerate(self.butlers):
                name = f"u/bench/command/{dataset_type}/{side}/{i}"
                seconds, *_ = self.commands.run(butler, "certify-calibrations", self.repo, f"{CHAIN}/DM-1000/camp/{dataset_type}Gen.2024",
                                                name, dataset_type, "--begin-date", "2024-12-08T12:00:00")  # fmt: skip
                times[side].append(seconds)
                left.append(self.rows.certified(name, dataset_type))
                same("certify-calibrations", left[-1], left[0])
        assert len(left[0]) == count
        self.table.add(f"butler certify-calibrations of {count} datasets, whole command", *times, 10)

    def questions(self, count):
        """Random look-ups, those of a type together."""
        rng, kinds = random.Random(7), [*TYPES, "flat"]
        asked = []
        for kind in kinds:
            for _ in range(count // len(kinds)):
                at = rng.randrange(T0 - 2 * 365 * DAY, T0 + (self.size.tickets + 1) * TICKET)
                asked.append((kind, rng.randrange(DETECTORS), rng.choice(FILTERS) if kind == "flat" else None, at))
        return asked

    def write(self, asked):
        path = os.path.join(self.work, "questions")
        with open(path, "w") as out:
            for kind, detector, band, at in asked:
                out.write(f"{kind} {CAMERA} {detector} {band or '-'} {at}\n")
        return path

    def stock_find(self, kind, detector, band, at):
        data_id = {"instrument": CAMERA, "detector": detector} | ({"physical_filter": band} if band else {})
        ref = self.stock.find_dataset(kind, data_id, collections=CHAIN, timespan=Timespan(None, None, _nsec=(at, at + 1)))
        return str(ref.id) if ref else "-"

    def stock_look_ups(self, asked, caching):
        def find_all():
            return [self.stock_find(*question) for question in asked]

        if not caching:
            return timed(find_all)
        with self.stock.registry.caching_context():
            self.stock_find(*asked[0])
            return timed(find_all)

    def look_ups(self):
        asked = self.questions(self.size.look_ups)
        path, ours, stock = self.write(asked), {}, {}
        expected = None
        for _ in range(self.size.rounds // 2 + 1):
            for way in ("one", "path", "bulk"):
                seconds, found = self.ours.ask(way, CHAIN, path)
                ours.setdefault(way, []).append(seconds / len(asked))
                expected = expected or found
                same(f"look-ups, {way}", found, expected)
            for caching in (False, True):
                seconds, found = self.stock_look_ups(asked, caching)
                stock.setdefault(caching, []).append(seconds / len(asked))
                same("look-ups", expected, found)
        assert len(set(expected)) > len(asked) // 10, expected
        depth = len(self.stock.collections.query(CHAIN, flatten_chains=True))
        what = f"through {depth} collections of a chain of chains"
        self.table.add(f"look-up, one by one, {what}", ours["one"], stock[False], 50, True)
        self.table.add("  the same, path resolved once; stock: in its caching context", ours["path"], stock[True], 50, True)
        self.bulk(stock[True])

    def bulk(self, stock):
        asked = [(kind, detector, FILTERS[n % 6] if kind == "flat" else None, T0 - 300 * DAY + n * 50 * DAY)
                 for kind in [*TYPES, "flat"] for n in range(self.size.times) for detector in range(DETECTORS)]  # fmt: skip
        path, ours = self.write(asked), []
        for _ in range(self.size.rounds // 2 + 1):
            seconds, found = self.ours.ask("bulk", CHAIN, path)
            ours.append(seconds / len(asked))
        some = random.Random(8).sample(range(len(asked)), 100)
        with self.stock.registry.caching_context():
            same("look-ups in bulk", [found[i] for i in some], [self.stock_find(*asked[i]) for i in some])
        self.table.add(f"look-ups in bulk, {len(asked):,} in a call a type; stock: its loop", ours, stock, 50, True)

    def stock_query(self, how, what, where):
        options = {"where": where, "explain": False, "limit": None}
        if how == "records":
            return timed(lambda: self.stock.query_dimension_records(what, **options))
        if how == "ids":
            return timed(lambda: self.stock.query_data_ids(what.split(","), **options))
        return timed(lambda: self.stock.query_datasets(what, RAWS, **options))

    def keys(self, how, found):
        if how == "datasets":
            return [str(ref.id) for ref in found]
        return ["/".join(map(str, getattr(item, "dataId", item).required_values)) for item in found]

    def expressions(self):
        camera = f"instrument = '{CAMERA}'"
        last = FIRST_NIGHT + self.size.exposures // 400 - 1
        night = (Time("1970-01-01T12:00:00", scale="tai") + TimeDelta(last, format="jd")).strftime("%Y-%m-%d")
        day = night.replace("-", "")
        cases = [
            ("records", "exposure", "one night and a range of numbers", f"{camera} AND day_obs = {day} AND exposure.seq_num IN (40..59)"),
            ("records", "exposure", "two lists of numbers of two nights, by OR",
             f"{camera} AND ((day_obs = {day} AND seq_num IN (1..40:2)) OR (day_obs = 20200102 AND seq_num IN (1, 5, 101..200)))"),
            ("records", "exposure", "ten exposures by number",
             f"{camera} AND exposure IN ({', '.join(f'{day}{n:05}' for n in range(5, 400, 40))})"),
            ("records", "exposure", "observation type, filter, program", f"{camera} AND observation_type = 'flat' AND band = 'r' AND science_program = 'BLOCK-101'"),
            ("records", "exposure", "glob of the target", f"{camera} AND GLOB(exposure.target_name, 'field1?')"),
            ("records", "exposure", "an hour, by OVERLAPS", f"{camera} AND exposure.timespan OVERLAPS (T'{night}T14:00:00', T'{night}T15:00:00')"),
            ("records", "exposure", "metadata without an index", f"{camera} AND zenith_angle < 1.0 AND exposure_time > 1.0"),
            ("records", "exposure", "all of them", f"{camera}"),
            ("ids", "exposure,detector", "one night, 189 detectors", f"{camera} AND day_obs = {day} AND seq_num IN (1..20) AND detector < 189"),
            ("ids", "exposure", "of a band", f"{camera} AND band = 'g' AND observation_type = 'science'"),
            ("datasets", "raw", "one night", f"{camera} AND day_obs = {day}"),
            ("datasets", "raw", "a detector's biases", f"{camera} AND detector = 4 AND exposure.observation_type = 'bias'"),
            ("datasets", "raw", "all of them", f"{camera}"),
        ]  # fmt: skip
        for how, what, name, where in cases:
            self.expression(how, what, name, where)

    def expression(self, how, what, name, where):
        ours, stock, count = [], [], 0
        for _ in range(self.size.rounds // 2 + 1):
            seconds, found = self.ours.ask(how, what, RAWS, where)
            ours.append(seconds)
            seconds, theirs = self.stock_query(how, what, where)
            stock.append(seconds)
            same(where, sorted(found), sorted(self.keys(how, theirs)))
            count = len(found)
        assert count > 0, where
        self.table.add(f"{what}: {name}: {count:,} rows", ours, stock)

    def start(self):
        for words, aim in ((["--help"], None), (["query-collections", self.repo, LEGACY], 100)):
            times = ([], [])
            for _ in range(self.size.commands):
                for side, butler in enumerate(self.butlers):
                    times[side].append(self.commands.run(butler, *words)[0])
            self.table.add(f"start-up: butler {words[0]}, whole command", *times, aim)

    def listings(self):
        for words in (["query-dimension-records", self.repo, "exposure"], ["query-datasets", self.repo, "raw", "--collections", RAWS]):
            made = [self.commands.run(butler, *words, "--limit", "0") for butler in self.butlers]
            same(words[0], *[sorted(line.split() for line in lines) for _, _, lines in made])
            self.table.add(f"butler {words[0]} --limit 0, {self.size.exposures:,} rows, whole command", [made[0][0]], [made[1][0]])
            self.table.row("  its peak memory", f"{made[0][1]:.0f} MiB", f"{made[1][1]:.0f} MiB", f"{made[1][1] / made[0][1]:.1f}x", "")


def main(work, driver, ours, stock, short=""):
    warnings.simplefilter("ignore")
    size, repo = Size(short == "short"), os.path.join(work, "repo")
    uri = os.environ["CALBUS_TEST_DB_URI"]
    create(ours, uri, work, repo)
    rows = Rows(uri)
    rows.fill(size)
    bench = Bench(size, rows, work, repo, driver, [ours, stock])
    bench.table.row(f"medians, {size.exposures:,} exposures", "calbus", "stock butler", "ratio", "aim")
    bench.certifications()
    bench.look_ups()
    bench.expressions()
    bench.start()
    bench.listings()
    print(f"the same rows from both in every case; {bench.table.unmet} aims not met" if not size.short else "the same rows from both in every case")


if __name__ == "__main__":
    main(*sys.argv[1:])
