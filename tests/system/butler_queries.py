"""The query commands of the drop-in `butler` and of the stock one over the same rows: OURS REPO COUNT SEED [LINE...].

The same options must give the same standard output, byte for byte, and the same exit status. Where both refuse, ours
must name what the stock one names between quotes. With LINEs (shell words behind `butler`, REPO left out) only these
are asked, and shown.
"""

import collections
import logging
import random
import re
import resource
import shlex
import subprocess
import shutil
import signal
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from astropy.time import Time
from click.testing import CliRunner
from butler_where import is_refusal, sentence
from lsst.daf.butler import Butler, CollectionType, DatasetRef, DatasetType, DimensionUniverse, FileDataset, Timespan
from lsst.daf.butler.cli.butler import cli
from lsst.sphgeom import Box, Circle, ConvexPolygon, LonLat, UnitVector3d, Angle

CAMERA = "LSSTComCam"
FILES = tempfile.mkdtemp(prefix="cb queries.")
NIGHT = Time("2024-12-08T12:00:00", format="isot", scale="tai")


def span(begin_s, end_s):
    return Timespan(NIGHT + begin_s / 86400, NIGHT + end_s / 86400)


def square(ra, dec, size):
    corners = [(ra, dec), (ra + size, dec), (ra + size, dec + size), (ra, dec + size)]
    return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(*c)) for c in corners])


def insert(butler, element, *rows):
    butler.registry.insertDimensionData(element, *rows)


def add_cameras(butler):
    insert(butler, "instrument", {"name": "LATISS", "visit_max": 9, "exposure_max": 99, "detector_max": 1, "class_name": "x.Latiss"},
           {"name": "Other", "class_name": "it's, \"q\""})  # fmt: skip
    insert(butler, "physical_filter", {"instrument": "LATISS", "name": "r_03", "band": "r"},
           {"instrument": "LATISS", "name": "white", "band": "white"}, {"instrument": "LATISS", "name": "été", "band": "é"})  # fmt: skip
    insert(butler, "detector", {"instrument": "LATISS", "id": 0, "full_name": "RXX_S00", "purpose": "SCIENCE"},
           {"instrument": "LATISS", "id": 3, "full_name": "R22_S10", "raft": "R22"},
           {"instrument": "LATISS", "id": 10, "full_name": "R22_S11", "raft": "R22"})  # fmt: skip
    insert(butler, "day_obs", {"instrument": CAMERA, "id": 20241209, "timespan": None},
           {"instrument": CAMERA, "id": 20241210, "timespan": Timespan(None, NIGHT)},
           {"instrument": "LATISS", "id": 20241208, "timespan": span(0, 86400)})  # fmt: skip
    insert(butler, "subfilter", {"band": "r", "id": 1}, {"band": "r", "id": 2})


def add_exposures(butler):
    floats = [1e300, -1e-300, 0.1, 1e16, 123456789012345680.0, 1e-5, 0.0001, 3.0, float("inf"), float("-inf"), float("nan"), -0.0, 1e22]
    for n in range(4, 20):
        camera = CAMERA if n % 4 else "LATISS"
        day = 20241208 + (n % 3 if camera == CAMERA else 0)
        missing = n % 5 == 0
        insert(butler, "group", {"instrument": camera, "name": f"g{n}"})
        insert(butler, "exposure", {
            "instrument": camera, "id": day * 100000 + n, "day_obs": day, "group": f"g{n}",
            "physical_filter": "r_03" if camera == "LATISS" or n % 2 else "i_06", "obs_id": f"O_{n:02d}",
            "observation_type": ["bias", "flat", "BIAS", None, "M_31", "100%", "a\\b", "été"][n % 8],
            "target_name": ["bias", None, "a b", " x", "", "x ", "ü,ö", "T"][n * 3 % 8],
            "science_program": "bias" if n % 2 else "x_01", "seq_num": None if missing else n, "seq_start": n - 3,
            "seq_end": None if n == 7 else n, "exposure_time": None if missing else n * 1.5, "dark_time": floats[n % 13],
            "azimuth": -1.5 * n, "tracking_ra": None, "zenith_angle": n / 7, "can_see_sky": [True, False, None][n % 3],
            "has_simulated": None if n % 2 else False,
            "timespan": None if missing else span(n * 60 + 0.9996, n * 60 + 0.9999998) if n == 8 else Timespan(NIGHT, None) if n == 6 else Timespan(None, T0) if n == 9
            else Timespan.makeEmpty() if n == 11 else Timespan(None, None) if n == 13 else span(n * 60 + n / 7, n * 60 + 30),
        })  # fmt: skip


T0 = Time("2024-12-08T12:01:01", format="isot", scale="tai")


def add_visits(butler):
    insert(butler, "visit_system", {"instrument": CAMERA, "id": 0, "name": "one-to-one"}, {"instrument": CAMERA, "id": 2, "name": "by-seq"})
    for record in sorted(butler.query_dimension_records("exposure", instrument=CAMERA, limit=None), key=lambda r: r.id):
        n = record.id % 1000
        if n % 3 == 0 or n > 15:
            continue
        region = [None, square(10 + n, -1, 0.5), Circle(UnitVector3d(LonLat.fromDegrees(12 + n / 10, 0)), Angle.fromDegrees(0.4)),
                  square(11.2, 0.1 * n, 0.3)][n % 4]  # fmt: skip
        insert(butler, "visit", {"instrument": CAMERA, "id": record.id, "physical_filter": record.physical_filter,
                                 "day_obs": record.day_obs, "name": record.obs_id, "seq_num": n, "exposure_time": 1.5,
                                 "timespan": record.timespan, "region": region})  # fmt: skip
        insert(butler, "visit_definition", {"instrument": CAMERA, "visit": record.id, "exposure": record.id})
        insert(butler, "visit_system_membership", *[{"instrument": CAMERA, "visit": record.id, "visit_system": s} for s in (0, 2)[: 1 + n % 2]])
        if region is not None:
            insert(butler, "visit_detector_region", *[{"instrument": CAMERA, "visit": record.id, "detector": d,
                   "region": square(10 + n + d / 20, -1 + d / 20, 0.05)} for d in (0, 4)])  # fmt: skip


def add_skymaps(butler):
    for name, count in (("cells_v1", 3), ("a map", 1)):
        insert(butler, "skymap", {"name": name, "hash": name.encode() * 3, "tract_max": count, "patch_nx_max": 2, "patch_ny_max": 2})
        for tract in range(count):
            insert(butler, "tract", {"skymap": name, "id": tract, "region": square(10 + tract, -1, 1.0)})
            insert(butler, "patch", *[{"skymap": name, "tract": tract, "id": p, "cell_x": p % 2, "cell_y": p // 2 if p else None,
                   "region": square(10 + tract + p % 2 * 0.5, -1 + p // 2 * 0.5, 0.5)} for p in range(4)])  # fmt: skip


def put(butler, name, run, ids):
    dataset_type = butler.get_dataset_type(name)
    refs = [DatasetRef(dataset_type, butler.registry.expandDataId(i), run=run) for i in ids]
    files = [Path(FILES, f"{name}{k} of {run.replace('/', ' ').replace('%', '')}.yaml") for k in range(len(refs))]
    for file in files:
        file.write_text("x: 1\n")
    butler.ingest(*[FileDataset(str(file), [ref], formatter="lsst.daf.butler.formatters.yaml.YamlFormatter")
                    for file, ref in zip(files, refs)], transfer="direct", record_validation_info=False)  # fmt: skip
    return refs


def add_datasets(butler):
    types = [("flat", ["detector", "physical_filter"], "StructuredDataDict", True), ("log_x", ["exposure"], "StructuredDataDict", False),
             ("coadd", ["tract", "patch", "band"], "StructuredDataDict", False), ("calexp", ["visit", "detector"], "ExposureF", False),
             ("x_config", [], "StructuredDataDict", False), ("flat_metadata", ["instrument"], "StructuredDataDict", False),
             ("sky", ["htm7"], "StructuredDataDict", False), ("none", ["instrument", "detector"], "StructuredDataDict", False),
             ("Zed.part", ["band"], "StructuredDataDict", False), ("daily", ["day_obs"], "StructuredDataDict", True)]  # fmt: skip
    for name, dimensions, storage, calib in types:
        if name != "Zed.part":
            butler.registry.registerDatasetType(DatasetType(name, dimensions, storage, universe=butler.dimensions, isCalibration=calib))
    for run in ("r/one", "r/two", "R/three", "a b", "été/run", "r_one", "r/empty", "r/%x"):
        butler.collections.register(run)
    flats = put(butler, "flat", "r/one", [{"instrument": CAMERA, "detector": d, "physical_filter": f} for d in (0, 1, 8) for f in ("r_03", "i_06")])
    more = put(butler, "flat", "r/two", [{"instrument": "LATISS", "detector": d, "physical_filter": "r_03"} for d in (0, 3, 10)])
    again = put(butler, "flat", "r_one", [{"instrument": CAMERA, "detector": d, "physical_filter": "r_03"} for d in (0, 8)])
    exposures = sorted(butler.query_dimension_records("exposure", limit=None), key=lambda r: r.id)
    put(butler, "log_x", "R/three", [r.dataId for r in exposures[::2]])
    put(butler, "log_x", "a b", [r.dataId for r in exposures[::3]])
    put(butler, "coadd", "r/two", [{"skymap": "cells_v1", "tract": t, "patch": p, "band": b} for t in (0, 2) for p in (0, 3) for b in ("r", "i")])
    visits = sorted(butler.query_dimension_records("visit", limit=None), key=lambda r: r.id)
    put(butler, "calexp", "r/one", [{"instrument": CAMERA, "visit": v.id, "detector": d} for v in visits[:3] for d in (0, 4)])
    put(butler, "x_config", "r/one", [{}])
    put(butler, "x_config", "r/two", [{}])
    put(butler, "flat_metadata", "été/run", [{"instrument": "LATISS"}])
    put(butler, "daily", "r/%x", [{"instrument": CAMERA, "day_obs": 20241208}, {"instrument": "LATISS", "day_obs": 20241208}])
    for name, type_ in (("tag/one", "TAGGED"), ("cal/one", "CALIBRATION"), ("cal/empty", "CALIBRATION"), ("tag/empty", "TAGGED"),
                        ("chain/a", "CHAINED"), ("chain/b", "CHAINED"), ("chain/c", "CHAINED"), ("chain/empty", "CHAINED"), ("Chain", "CHAINED")):  # fmt: skip
        butler.collections.register(name, CollectionType[type_])
    butler.registry.associate("tag/one", flats[:2] + more[1:])
    butler.registry.certify("cal/one", flats, Timespan(NIGHT, T0))
    butler.registry.certify("cal/one", again, Timespan(T0, None))
    butler.registry.certify("cal/one", more, Timespan(None, None))
    butler.collections.redefine_chain("chain/a", ["r/two", "r/one"])
    butler.collections.redefine_chain("chain/b", ["tag/one", "chain/a", "R/three"])
    butler.collections.redefine_chain("chain/c", ["cal/one", "chain/b", "chain/a", "chain/empty"])
    butler.collections.redefine_chain("Chain", ["r_one", "r/one"])


COLLECTIONS = ["*", "r/*", "r/one", "r/two", "R/three", "a b", "été/run", "r_one", "r/empty", "r/%x", "tag/one", "cal/one", "cal/empty",
               "chain/a", "chain/b", "chain/c", "chain/empty", "Chain", "chain/*", "?/one", "[rt]*/one", "*one", "LSSTComCam*", "u/*",
               "nosuch", "nosuch*", "LSSTComCam/calib", "LSSTComCam/raw/all", "u/someone/best", "[!r]*", "r/one,r/two", "chain/[ab]",
               "r/one,", "", "[", "r/[one", "*/*/*", "r_*", "r/%*"]  # fmt: skip
TYPES = ["flat", "bias", "raw", "log_x", "coadd", "calexp", "x_config", "flat_metadata", "none", "sky", "daily", "*", "fla*", "*a*", "nosuch",
         "nosuch*", "flat,bias", "b?as", "[fb]*", "flat.x", "calexp.wcs", "*.wcs", "calexp.*", "x*", "flat*", "[!f]*"]  # fmt: skip
ELEMENTS = ["instrument", "band", "physical_filter", "detector", "day_obs", "group", "exposure", "visit", "visit_system", "visit_definition",
            "visit_system_membership", "visit_detector_region", "skymap", "tract", "patch", "subfilter", "htm7", "htm9", "healpix3",
            "nosuch", "ssp_hypothesis_table", "ssp_balanced_index", "ssp_hypothesis_bundle", "Exposure", ""]  # fmt: skip
DIMENSIONS = ["instrument", "band", "physical_filter", "detector", "day_obs", "group", "exposure", "visit", "visit_system", "skymap", "tract",
              "patch", "subfilter", "htm7", "nosuch", "visit_definition", "exposure,detector", "instrument,detector"]  # fmt: skip
WHERES = ["", " ", "instrument='LSSTComCam'", "instrument='LATISS'", "instrument='nosuch'", "detector=0", "instrument='LSSTComCam' and detector in (0..3)",
          "band='r'", "skymap='cells_v1'", "skymap='cells_v1' and tract=0", "seq_num > 7", "instrument='LSSTComCam' and exposure.seq_num > 7",
          "instrument='LSSTComCam' and day_obs=20241208", "exposure.observation_type='flat'", "instrument='LSSTComCam' and visit.seq_num < 9",
          "instrument='LATISS' and physical_filter='r_03'", "nosuch=1", "instrument=", "instrument='LSSTComCam' and", "1", "visit_system=0",
          "exposure.timespan overlaps (T'2024-12-08', NULL)", "instrument='LSSTComCam' and visit > 0 and detector=4", "detector.raft='R22'",
          "instrument='LSSTComCam' and exposure.dark_time > 1e10", "exposure.exposure_time = NULL", "not (exposure.can_see_sky)"]  # fmt: skip
ORDERS = ["instrument", "-instrument", "detector", "-detector", "exposure", "-exposure.seq_num", "seq_num", "day_obs", "timespan.begin",
          "-exposure.timespan.end", "nosuch", "-", "exposure.nosuch", "band", "-band,physical_filter", "visit", "tract,-patch", "detector.full_name",
          "-detector.raft,detector", "exposure_time", "-exposure.target_name,exposure", "instrument.class_name", "ingest_date", "run", "flat.run",
          "id", "name", "skymap", "visit.name", "exposure.", "day_obs.id", "exposure.id", "full_name,-instrument", "region", "timespan",
          "-flat.run", "flat.timespan.begin", "-flat.timespan.end", "flat.ingest_date", "flat.collection", "flat.dataset_id", "log_x.run",
          "-log_x.ingest_date", "nosuch.run", "dataset_id", "-timespan.end", "collection", "-ingest_date", "exposure.can_see_sky", "-exposure.dark_time",
          "instrument.name", "physical_filter.band", "exposure.observation_type", "detector.name_in_raft,-detector", "NULL", "flat", "1", "a b", "exposure.id.begin"]  # fmt: skip
UNIVERSE = DimensionUniverse()


def keys_of(words):
    """The dimensions that tell the rows of a query apart; none when it has none of its own."""
    names = [name for word in words[1:] if not word.startswith("-") for name in word.split(",")]
    if words[0] == "query-datasets":
        names = {"flat": ["detector", "physical_filter"], "log_x": ["exposure"], "calexp": ["visit", "detector"], "daily": ["day_obs"]}.get((words + [""])[1])
    if not names:
        return []
    try:
        dims = UNIVERSE[names[0]].minimal_group if words[0] == "query-dimension-records" else UNIVERSE.conform(names)
    except (LookupError, ValueError):
        return []
    return sorted(dims.required) + (["run"] if words[0] == "query-datasets" else [])
FORMS = ["TREE", "TABLE", "FLATTEN", "INVERSE-TREE", "INVERSE-TABLE", "NO-CHILDREN", "tree", "Flatten", "inverse-table", "NOSUCH", "", "TREES"]
KINDS = ["RUN", "TAGGED", "CHAINED", "CALIBRATION", "run", "Tagged", "RUN,TAGGED", "NOSUCH"]
LIMITS = ["0", "1", "3", "-1", "-3", "100", "-100", "-5", "7", "x", "1.5", "+2", " 2", ""]


class Maker:
    """Makes command lines."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def some(self, chance, option, values, most=1):
        words = []
        for _ in range(most):
            if self.rng.random() < chance:
                value = self.rng.choice(values)
                words += [f"{option}={value}"] if self.rng.random() < 0.2 else [option, value]
        return words

    def flag(self, chance, *flags):
        return [self.rng.choice(flags)] if self.rng.random() < chance else []

    def words(self, values, counts):
        return [self.rng.choice(values) for _ in range(self.rng.choice(counts))]

    def order(self, words):
        """--order-by, mostly such that no rows tie."""
        options = self.some(0.3, "--order-by", ORDERS, 2)
        if not options and self.rng.random() < 0.8 or self.rng.random() < 0.2:
            return options
        keys = keys_of(words)
        self.rng.shuffle(keys)
        return options + [word for key in keys for word in ("--order-by", self.rng.choice(["", "-"]) + key)]

    def collections(self):
        return ["query-collections", *self.words(COLLECTIONS, [0, 1, 1, 1, 2, 3]), *self.some(0.9, "--chains", FORMS),
                *self.some(0.3, "--collection-type", KINDS, 2), *self.flag(0.4, "-t", "--show-dataset-types"),
                *self.some(0.2, "--exclude-dataset-types", ["flat", "*_config", "f*,b*", "", "*"], 2)]  # fmt: skip

    def datasets(self):
        words = ["query-datasets", *self.words(TYPES, [0, 1, 1, 1, 1, 2])]
        return [*words, *self.some(0.55, "--collections", COLLECTIONS, 2),
                *self.some(0.4, "--where", WHERES), *self.flag(0.3, "--find-first", "--find-first", "--no-find-first"),
                *self.flag(0.2, "--show-uri"), *self.some(0.3, "--limit", LIMITS), *(self.order(words) if len(words) == 2 else [])]  # fmt: skip

    def types(self):
        return ["query-dataset-types", *self.words(TYPES, [0, 1, 1, 2]), *self.flag(0.5, "-v", "--verbose"), *self.some(0.3, "--collections", COLLECTIONS, 2)]

    def data_ids(self):
        words = ["query-data-ids", *self.words(DIMENSIONS, [0, 1, 1, 1, 2, 2, 3])]
        return [*words, *self.some(0.25, "--datasets", TYPES, 2),
                *self.some(0.3, "--collections", COLLECTIONS, 2), *self.some(0.4, "--where", WHERES), *self.some(0.3, "--limit", LIMITS),
                *self.order(words), *self.some(0.03, "--offset", ["0", "1", "x"])]  # fmt: skip

    def records(self):
        words = ["query-dimension-records", *self.words(ELEMENTS, [1] * 30 + [0, 2])]
        return [*words, *self.some(0.25, "--datasets", TYPES, 2),
                *self.some(0.2, "--collections", COLLECTIONS, 2), *self.some(0.4, "--where", WHERES), *self.some(0.3, "--limit", LIMITS),
                *self.order(words), *self.some(0.03, "--offset", ["0", "1", "x"]), *self.flag(0.03, "--no-check")]  # fmt: skip

    def line(self):
        make = self.rng.choice([self.collections] * 2 + [self.datasets] * 4 + [self.types] + [self.data_ids] * 3 + [self.records] * 3)
        words = make()
        if self.rng.random() < 0.02:
            words.insert(self.rng.randrange(1, len(words) + 1), self.rng.choice(["--nosuch", "-z", "--", "--where", "--limit", "-v"]))
        return words


def give_up(*_):
    raise TimeoutError


class Catcher(logging.Handler):
    """Keeps the exception that the stock program logs before it leaves."""

    error = None

    def emit(self, record):
        self.error = record.exc_info[1] if record.exc_info else self.error


CATCHER = Catcher()


def run_stock(repo, words):
    """A query over every pixel of the sky does not end: it is given up."""
    logger = logging.getLogger("lsst.daf.butler.cli.utils")
    logger.handlers = [CATCHER]
    CATCHER.error = None
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(15)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = CliRunner().invoke(cli, [words[0], repo, *words[1:]])
    signal.alarm(0)
    return result.exit_code, result.stdout, result.stderr, CATCHER.error or result.exception


def run_ours(ours, repo, words):
    done = subprocess.run([ours, words[0], repo, *words[1:]], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


# each once went wrong
TELLING = """
query-collections --chains TABLE -t
query-collections --chains inverse-tree --show-dataset-types --exclude-dataset-types f*,log_x
query-collections chain/c r_one --chains NO-CHILDREN
query-collections chain/c --chains FLATTEN --collection-type RUN --collection-type tagged
query-collections --chains INVERSE-TABLE r/empty
query-collections --chains sideways
query-collections --collection-type NOSUCH
query-collections nosuch '*'
query-collections '[' r/one
query-collections r/one,
query-datasets flat --collections chain/c --order-by -detector,physical_filter
query-datasets flat.part --collections '*'
query-datasets flat nosuch --collections '*'
query-datasets flat,bias --collections '*' --order-by detector
query-datasets '*' --collections '*' --limit -3
query-datasets calexp --collections chain/a --show-uri --no-find-first
query-datasets flat --collections chain/c --find-first --where "instrument='LATISS'"
query-datasets flat --collections chain/c --find-first
query-datasets flat --collections chain/a --find-first --where "run = 'r/one'"
query-datasets flat --collections chain/b --find-first --where "flat.collection = 'r/one'"
query-datasets flat --collections chain/c --find-first --where "flat.timespan OVERLAPS T'2030-01-01'"
query-datasets flat --collections cal/one --find-first
query-datasets 'b*' --collections r/empty --where nosuch=1
query-datasets flat --limit 1.5
query-dataset-types -v --collections chain/a
query-data-ids exposure visit
query-data-ids exposure --datasets flat --collections cal/one
query-data-ids physical_filter --datasets log_x --collections R/three
query-data-ids exposure --datasets 'fla*' --where "flat.run='r/one' and detector=0 and instrument='LSSTComCam'"
query-data-ids --datasets 'x*' --collections '*'
query-data-ids --datasets calexp --collections r/one
query-data-ids
query-data-ids tract --datasets '*'
query-data-ids instrument --order-by -instrument.class_name
query-data-ids detector --offset 1
query-dimension-records visit_system_membership --where "band='r'"
query-dimension-records exposure --order-by -timespan.begin
query-dimension-records band
query-dimension-records skymap
query-dimension-records patch --no-check
query-dimension-records visit
query-dimension-records exposure
query-dimension-records nosuch --datasets none
query-dimension-records detector --limit -3
query-dimension-records detector --limit ' 2 '
query-collections --chains FLATTEN --collection-type CHAINED
query-collections '[z-r]/one'
query-collections '[!z-r]/one'
query-collections '[]a-c^-]*'
query-data-ids physical_filter subfilter --order-by -subfilter,physical_filter,instrument
query-data-ids detector --datasets flat --collections 'r*' --order-by flat.run,-detector,instrument
query-data-ids exposure --datasets log_x --collections 'R/three' --collections 'a b' --order-by -log_x.ingest_date --order-by log_x.collection,-exposure,instrument
query-dimension-records detector --datasets flat --collections cal/one --order-by flat.timespan.end --order-by -detector,instrument
query-datasets flat --collections '*' --no-find-first --order-by -collection --order-by timespan.begin,run,-detector,physical_filter,instrument
query-datasets flat --collections '*' --order-by dataset_id
query-data-ids exposure --order-by timespan.begin
query-data-ids exposure --order-by exposure.can_see_sky
query-data-ids exposure --order-by detector.raft
query-data-ids exposure --order-by flat.run
query-data-ids detector --datasets flat --order-by run
query-data-ids exposure --datasets flat --collections r/one --where "instrument='LSSTComCam' and full_name='R22_S00'"
query-data-ids exposure --where "exposure.seq_num in (1, 'a')"
query-data-ids exposure --where "seq_num = 1 and seq_num = 'a' or nosuch"
query-dimension-records instrument --order-by -flat.run --order-by detector
query-data-ids --datasets '[!f]*' --limit -5
query-data-ids --datasets 'calexp' --where "instrument='LSSTComCam' and skymap='cells_v1'"
query-dimension-records htm7
query-dimension-records htm7 --where "skymap='cells_v1' and tract=0" --limit -3
query-dimension-records htm7 --where "skymap='cells_v1' and tract=0" --order-by -htm7
query-dimension-records htm7 --where "skymap='cells_v1'" --order-by region
query-data-ids visit --where "instrument='LSSTComCam' and skymap='cells_v1' and htm7 > 5" --order-by htm7
""".strip().splitlines()


def value_of(words, option):
    """The last value of an option, None when it is not given."""
    found = None
    for k, word in enumerate(words):
        if word == option and k + 1 < len(words):
            found = words[k + 1]
        elif word.startswith(option + "="):
            found = word[len(option) + 1 :]
    return found


def is_unordered(words):
    """May the stock butler print the rows in any order? Collections that globs find; an --order-by that leaves ties."""
    form = (value_of(words, "--chains") or "").upper()
    if value_of(words, "--order-by") is None:
        return form in ("FLATTEN", "NO-CHILDREN")
    by = {name.lstrip("-") for k, word in enumerate(words[:-1]) if word == "--order-by" for name in words[k + 1].split(",")}
    first = next((k for k, word in enumerate(words) if word.startswith("-")), len(words))
    keys = keys_of(words[:first])
    return not keys or not by.issuperset(keys)


def same_output(words, stock, ours):
    """Which rows a limit leaves is the stock butler's chance: then as many. Its guesses at why nothing is found, from
    the summaries of collections, are not made."""
    stock = re.sub("(?m)^(Search for dataset type|No datasets with|No datasets of type .* in collection) .*\\n", "", stock)
    if stock == ours:
        return True
    if words[0] == "query-dataset-types":  # one that is named and found by a glob too: twice in the stock table
        return list(dict.fromkeys(stock.splitlines())) == ours.splitlines()
    if stock.startswith("No d"):  # lists of names in the order in which the database gave them
        return sorted(re.split(r"[][, \n.]+", stock)) == sorted(re.split(r"[][, \n.]+", ours))
    limit = value_of(words, "--limit")
    if limit not in (None, "0") and len(stock.splitlines()) == len(ours.splitlines()):
        return True
    return is_unordered(words) and sorted(stock.splitlines()) == sorted(ours.splitlines())


def is_one_fault(words):
    """Can the expression or the order alone be wrong? Which of several faults is told first does not matter."""
    sound = not any(re.search(r"visit_definition|htm|healpix|^\[$|nosuch|^-@", word) for word in words if "=" not in word)
    named = [word.removeprefix("--collections=") for k, word in enumerate(words) if word.startswith("--collections=") or words[k - 1] == "--collections"]
    sound = sound and "" not in ",".join(named or ["*"]).split(",")
    return sound and (value_of(words, "--where") is None) != (value_of(words, "--order-by") is None)


# what the stock program ends in by mistake: ours may do better
DEFECTS = ("AssertionError", "UnboundLocalError", "KeyError", "AttributeError", "ProgrammingError")


def judge(words, stock, ours):
    code, out, _, exception = stock
    if isinstance(exception, (TimeoutError, MemoryError)):
        return ""
    if type(exception).__name__ in DEFECTS and code:
        return ""
    if "does not support the ANY_VALUE aggregate" in str(exception):  # PostgreSQL before 16
        return ""
    if code != ours[0]:
        return f"exit {ours[0]}, stock {code}"
    if code == 0 and not same_output(words, out, ours[1]):
        return "other output"
    if is_refusal(exception) and is_one_fault(words) and sentence(exception) not in ours[2]:
        return f"another refusal: {sentence(exception)}"
    return "" if code == 0 or ours[2].strip() else "nothing is said"


def main(ours, repo, count, seed, *lines):
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    warnings.simplefilter("ignore")
    butler = Butler.from_config(repo, writeable=True)
    for add in (add_cameras, add_exposures, add_visits, add_skymaps, add_datasets):
        add(butler)
    maker = Maker(int(seed))
    asked = [shlex.split(line) for line in lines or TELLING]
    if not lines:
        asked += [maker.line() for _ in range(int(count))]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda words: run_ours(ours, repo, words), asked))
    wrong, kinds = 0, collections.Counter()
    for words, answer in zip(asked, answers):
        stock = run_stock(repo, words)
        fault = judge(words, stock, answer)
        kinds[f"{words[0]} exit {stock[0]}"] += 1
        if fault or lines:
            wrong += bool(fault)
            print(f"==== {fault}: {shlex.join(words)}\n-- stock {stock[0]} {stock[3]!r:.300}\n{stock[1][:9000]}{stock[2][-500:]}\n-- ours {answer[0]}\n{answer[1][:9000]}{answer[2][:500]}")
    print(f"{len(asked)} command lines, seed {seed}: {wrong} differ;", ", ".join(f"{n} {k}" for k, n in sorted(kinds.items())))
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    finally:
        shutil.rmtree(FILES)
