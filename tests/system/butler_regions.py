"""Queries about places on the sky, asked of the stock butler and of calbus: REPO PLACE_ROWS COUNT SEED [LINE...].

Visits, their detectors, tracts, patches and pixels with regions of every kind (polygons, circles, boxes, unions,
intersections; at the poles, across longitude zero, none); regions written in expressions, spatial joins named and
automatic, with orders and limits, and with datasets, the order by their run among them. Both must choose the same rows, in the same order when one is
asked for, or both must refuse. With LINEs (WHAT|INSTRUMENT|ORDER|LIMIT|JOINED|EXPRESSION) only these are asked.
"""

import collections
import random
import subprocess
import sys
import warnings

import sqlalchemy.exc
from lsst.daf.butler import Butler, DatasetRef, DatasetType
from lsst.daf.butler.registry import CollectionType
from lsst.sphgeom import (Angle, Box, Circle, ConvexPolygon, HtmPixelization, IntersectionRegion, LonLat, UnionRegion,
                          UnitVector3d)  # fmt: skip

CAMERA = "LSSTComCam"
BINDS = {"b_ra": 10.5, "b_pos": "CIRCLE 10.5 0 1", "b_int": 10}
REFUSALS = ("InvalidQueryError", "UnimplementedQueryError", "DimensionNameError", "MissingDatasetTypeError", "ValidationError",
            "ValueError", "EmptyQueryResultError")  # fmt: skip

WHATS = ["visit", "visit", "visit", "patch", "patch", "tract", "detector", "exposure", "day_obs", "skymap", "visit_detector_region",
         "visit,detector", "visit,detector", "visit,patch", "visit,tract", "visit,tract", "tract,patch", "visit,detector,patch",
         "visit,detector,tract", "visit,htm7", "tract,htm7", "patch,htm7", "visit,patch,htm7", "htm7", "visit,detector,htm7",
         "exposure,patch", "detector,tract", "instrument,skymap", "physical_filter,patch", "day_obs,tract",
         "datasets:calexp", "datasets:coadd", "datasets:warp", "datasets:sky", "datasets:log_x", "datasets:visit_table"]  # fmt: skip
COLUMNS = ["visit.region", "visit.region", "patch.region", "patch.region", "tract.region", "visit_detector_region.region", "htm7.region"]
TYPES = ["calexp", "coadd", "warp", "sky", "visit_table"]
RUNS = ["places", "more"]
POINTS = [(10.5, 0.2), (10.1, -0.4), (11.0, 0.0), (12.3, 0.1), (0.2, 0.0), (359.9, 0.1), (30.0, 89.7), (200.0, -89.9), (11.5, 0.5),
          (77.0, 33.0)]  # fmt: skip


def vector(ra, dec):
    return UnitVector3d(LonLat.fromDegrees(ra, dec))


def square(ra, dec, size):
    return ConvexPolygon([vector(*c) for c in [(ra, dec), (ra + size, dec), (ra + size, dec + size), (ra, dec + size)]])


def circle(ra, dec, radius):
    return Circle(vector(ra, dec), Angle.fromDegrees(radius))


def box(ra, dec, width, height):
    return Box(LonLat.fromDegrees(ra, dec), Angle.fromDegrees(width / 2), Angle.fromDegrees(height / 2))


def visit_regions(rng):
    """What visits saw: neighbours at ra 10 to 12, some at ra 0 and the poles, some of no polygon, one unknown."""
    regions = [square(10 + 0.3 * n, -0.5 + 0.1 * n, 0.7) for n in range(7)]
    regions += [square(359.7, -0.3, 0.6), circle(0, 0, 0.4), circle(10.7, 0, 0.3), circle(40, 90, 0.5), circle(0, -90, 1)]
    regions += [ConvexPolygon([vector(ra, 89.5) for ra in (0, 90, 180, 270)]), box(10.8, 0.1, 0.5, 0.4), box(0, 0, 1, 0.2)]
    regions += [UnionRegion(circle(10.2, 0, 0.1), circle(12.2, 0.2, 0.2)), IntersectionRegion(circle(10.9, 0, 0.5), square(11, -0.5, 1))]
    regions += [HtmPixelization(7).triangle(253952), square(11, 0, 1), circle(11, 0, 0), None, square(100, 33, 30)]
    return regions + [square(rng.uniform(9.5, 13), rng.uniform(-1, 1), rng.choice([0.01, 0.1, 0.5])) for _ in range(8)]


def add_visits(butler, rng):
    def insert(element, *rows):
        butler.registry.insertDimensionData(element, *rows)

    insert("visit_system", {"instrument": CAMERA, "id": 0, "name": "one-to-one"})
    insert("instrument", {"name": "Other", "visit_max": 9, "exposure_max": 99, "detector_max": 1, "class_name": "x"})
    insert("physical_filter", {"instrument": "Other", "name": "r", "band": "r"})
    insert("day_obs", {"instrument": "Other", "id": 20241208})
    insert("detector", {"instrument": "Other", "id": 0, "full_name": "A"})
    insert("visit", {"instrument": "Other", "id": 1, "physical_filter": "r", "day_obs": 20241208, "name": "1", "region": square(10.4, 0, 1)})
    for n, region in enumerate(visit_regions(rng)):
        visit = 2024120800100 + n
        insert("visit", {"instrument": CAMERA, "id": visit, "physical_filter": "r_03" if n % 2 else "i_06", "day_obs": 20241208,
                         "name": f"v{n}", "seq_num": n, "region": region})  # fmt: skip
        if isinstance(region, ConvexPolygon):
            ra, dec = region.getCentroid(), 0
            place = LonLat(ra)
            ra, dec = place.getLon().asDegrees(), place.getLat().asDegrees()
            insert("visit_detector_region", *[{"instrument": CAMERA, "visit": visit, "detector": d,
                   "region": circle(ra + 0.1, dec * 0.99, 0.05) if d == 4 and n % 3 == 0 else square(ra + 0.2 * d / 4, dec * 0.99, 0.1)}
                   for d in (0, 4)])  # fmt: skip


def add_skymaps(butler):
    def insert(element, *rows):
        butler.registry.insertDimensionData(element, *rows)

    for name, count, start in (("cells", 3, 10), ("a map", 2, 359.5)):
        insert("skymap", {"name": name, "hash": name.encode() * 3, "tract_max": count, "patch_nx_max": 2, "patch_ny_max": 2})
        for tract in range(count):
            insert("tract", {"skymap": name, "id": tract, "region": square(start + tract, -0.5, 1.0)})
            insert("patch", *[{"skymap": name, "tract": tract, "id": p, "cell_x": p % 2, "cell_y": p // 2,
                   "region": square(start + tract + p % 2 * 0.5, -0.5 + p // 2 * 0.5, 0.5)} for p in range(4)])  # fmt: skip
        insert("tract", {"skymap": name, "id": 9, "region": circle(0, 90, 1)})


def add_datasets(butler, rng):
    kinds = {"calexp": ["visit", "detector"], "coadd": ["tract", "patch", "band"], "warp": ["tract", "patch", "visit"], "sky": ["htm7"],
             "log_x": ["exposure"], "visit_table": ["visit"]}  # fmt: skip
    for run in RUNS:
        butler.collections.register(run, CollectionType.RUN)
    visits = [r.dataId for r in butler.query_dimension_records("visit", instrument=CAMERA, limit=None)]
    patches = [r.dataId for r in butler.query_dimension_records("patch", limit=None)]
    exposures = [r.dataId for r in butler.query_dimension_records("exposure", instrument=CAMERA, limit=None)]
    pixels = [253952, 253953, 253954, 131072, 131073, 188416, 196608] + [p for b, e in HtmPixelization(7).envelope(square(10, -1, 3)) for p in range(b, e)]
    for name, dimensions in kinds.items():
        kind = DatasetType(name, dimensions, "StructuredDataDict", universe=butler.dimensions)
        butler.registry.registerDatasetType(kind)
        if name in ("calexp", "visit_table"):
            ids = [{**v.required, **({"detector": d} if name == "calexp" else {})} for v in visits for d in (0, 4)[: 2 if name == "calexp" else 1]]
        elif name == "coadd":
            ids = [{**p.required, "band": b} for p in patches for b in "ri"]
        elif name == "warp":  # not only where they overlap
            ids = [{**p.required, **v.required} for p in patches for v in visits if rng.random() < 0.1]
        elif name == "sky":
            ids = [{"htm7": p} for p in sorted(set(pixels))]
        else:
            ids = [e.required for e in exposures]
        for run, share in zip(RUNS, (0.7, 0.2)):
            chosen = [i for i in ids if rng.random() < share]
            butler.registry._importDatasets([DatasetRef(kind, butler.registry.expandDataId(i), run=run) for i in chosen])


class Maker:
    def __init__(self, rng):
        self.rng = rng

    def pick(self, *choices):
        return self.rng.choice(choices)

    def number(self, value):
        if self.rng.random() < 0.04:
            return self.pick("b_ra", ":b_ra", "b_int", "-(-10)", "+ 10.5", "1+1", "visit", "'10'", "(10)", "- -10", ":nosuch", "NULL")
        text = self.pick(f"{value:.3f}", f"{value:g}")
        return text

    def place(self):
        ra, dec = self.pick(*POINTS)
        if self.rng.random() < 0.5:
            ra, dec = (ra + self.rng.uniform(-1, 1)) % 360, max(-90, min(90, dec + self.rng.uniform(-1, 1)))
        return ra, dec

    def size(self):
        return self.pick(0.0, 0.01, 0.1, 0.5, 1.0, 3.0, 40.0, 180.0) * self.pick(1, 1, self.rng.random())

    def corners(self):
        ra, dec = self.place()
        size = max(self.size(), 0.01)
        low, high = max(dec - size / 3, -90), min(dec + size, 90)
        return [(ra, low), (ra + size, low), (ra + size * 0.9, high), (ra, high), (ra + size / 2, (low + high) / 2)][: self.rng.randint(3, 5)]

    def region(self):
        ra, dec = self.place()
        word = lambda name: self.pick(name, name, name.lower(), name.capitalize())
        numbers = lambda *values: ", ".join(self.number(v) for v in values)
        kind = self.rng.random()
        if kind < 0.25:
            return f"{word('POINT')}({numbers(ra, dec)})"
        if kind < 0.45:
            return f"{word('CIRCLE')}({numbers(ra, dec, self.size())})"
        if kind < 0.6:
            return f"{word('BOX')}({numbers(ra, dec, self.size(), self.size())})"
        if kind < 0.75:
            return f"{word('POLYGON')}({numbers(*[v for c in self.corners() for v in c])})"
        if kind < 0.97:
            pos = self.pick(f"CIRCLE {ra:.4f} {dec:.4f} {self.size():.4f}", f"RANGE {ra:.3f} {ra + self.size():.3f} {max(dec - 1, -90):.3f} {dec:.3f}",
                            f"RANGE -Inf {ra:.2f} {dec:.2f} +Inf", "POLYGON " + " ".join(f"{v:.4f}" for c in self.corners() for v in c))  # fmt: skip
            return f"{word('REGION')}('{pos}')"
        return self.pick("POINT(10)", "CIRCLE(10, 91, 1)", "BOX(1,2,3)", "POLYGON(1,2,3,4)", "REGION('CIRCLE 1 2')", "REGION(b_pos)", "REGION(:b_pos)",
                         "REGION(b_ra)", "REGION(('CIRCLE 10 0 1'))", "CIRCLE((10), 0, 1)", "POLYGON(0,0,1,0,2,0)", "ELLIPSE(1,2,3)", "REGION('')",
                         "REGION('BOX 1 2 3 4')", "POLYGON(0,0,1,0,1,1,0)", "REGION(visit.name)", "REGION(12)", "POINT(10,0,1)")  # fmt: skip

    def overlap(self):
        chance = self.rng.random()
        if chance < 0.72:
            sides = [self.pick(*COLUMNS), self.region()]
        elif chance < 0.97:
            sides = [self.pick(*COLUMNS), self.pick(*COLUMNS)]
        else:
            sides = [self.pick("region", "timespan", "visit.timespan", self.region(), "visit", "NULL", "'x'"), self.pick(self.region(), *COLUMNS)]
        self.rng.shuffle(sides)
        return f"{sides[0]} {self.pick('overlaps', 'OVERLAPS')} {sides[1]}"

    def other(self):
        return self.pick("visit.seq_num < 12", "tract = 1", "tract in (0..2)", "patch != 3", "detector = 4", "visit_detector_region.detector = 0",
                         "band = 'r'", "visit > 2024120800105", "htm7 in (253952..253954)", "htm7 > 5", "patch.cell_x = 1", "visit.region != NULL",
                         "patch.region = NULL", "visit.region = NULL", "physical_filter = 'r_03'", "visit.region = visit.region",
                         "patch.region != tract.region", "exposure.seq_num > 1", "skymap.tract_max = 3", "htm7.region = NULL",
                         "visit.name in ('v1', 'v2', 'v3', 'v8')", "detector.purpose != NULL", "day_obs = 20241208")  # fmt: skip

    def expression(self):
        parts = []
        if self.rng.random() < 0.75:
            parts.append(f"instrument = '{self.pick(CAMERA, CAMERA, CAMERA, 'Other')}'")
        if self.rng.random() < 0.75:
            parts.append(f"skymap = '{self.pick('cells', 'cells', 'a map')}'")
        parts += [self.overlap() for _ in range(self.pick(0, 1, 1, 1, 1, 2, 2, 3))]
        parts += [self.other() for _ in range(self.pick(0, 0, 0, 1, 1, 2))]
        if self.rng.random() < 0.08:
            parts.append(self.pick("not ({})", "not (not ({}))", "(visit.seq_num > 3 or {})", "not (not ({}) or visit.seq_num > 20)", "({})",
                                   "not (not ({}) and visit.seq_num > 20)").format(self.overlap()))  # fmt: skip
        self.rng.shuffle(parts)
        return " and ".join(parts)

    def question(self):
        what = self.pick(*WHATS)
        order = limit = joined = ""
        if not what.startswith("datasets:"):
            if self.rng.random() < 0.35:
                order = ",".join(self.pick("", "", "-") + key for key in self.keys(what))
                if self.rng.random() < 0.6:
                    limit = self.pick("1", "2", "5", "20")
            if self.rng.random() < 0.15 and what != "visit_detector_region":
                joined = self.pick(*TYPES)
                if order and self.rng.random() < 0.6:
                    order = f"{self.pick('', '-')}{joined}.{self.pick('run', 'run', 'collection')},{order}"
        return what, self.pick("", "", CAMERA), order, limit, joined, self.expression()

    def keys(self, what):
        keys = {"tract": ["skymap", "tract"], "patch": ["skymap", "tract", "patch"], "visit_detector_region": ["instrument", "detector", "visit"]}
        found = [key for name in what.split(",") for key in keys.get(name, [name] if name in ("htm7", "instrument", "skymap") else ["instrument", name])]
        found = list(dict.fromkeys(found))
        self.rng.shuffle(found)
        return found


class Stock:
    def __init__(self, repo):
        self.butler = {name: Butler.from_config(repo, **({"instrument": name} if name else {})) for name in ("", CAMERA)}

    def ask(self, what, instrument, order, limit, joined, expression):
        with self.butler[instrument].query() as query:
            if joined:
                query = query.join_dataset_search(joined, RUNS)
            if what.startswith("datasets:"):
                found = query.datasets(what.removeprefix("datasets:"), RUNS, find_first=False)
            elif "," in what or joined or what == "htm7":
                query = query.join_dimensions(what.split(","))
                found = query.where(expression, bind=BINDS).data_ids(what.split(","))
            else:
                found = query.dimension_records(what)
            if expression:
                found = found.where(expression, bind=BINDS)
            if order:
                found = found.order_by(*order.split(","))
            if limit:
                found = found.limit(int(limit))
            rows = list(found)
        if what.startswith("datasets:"):
            return [str(ref.id) for ref in rows]
        ids = [getattr(row, "dataId", row) for row in rows]
        keys = ["/".join(str(value) for value in data_id.required_values).replace(" ", "") for data_id in ids]
        return list(dict.fromkeys(keys)) if joined else keys  # each run by which they are ordered makes a row

    def answer(self, *question):
        try:
            rows = self.ask(*question)
            return rows if question[2] else sorted(rows)
        except Exception as error:
            return error


def judge(question, stock, ours):
    if isinstance(stock, sqlalchemy.exc.SQLAlchemyError):
        return "", "refused by the database"
    if isinstance(stock, Exception) and type(stock).__name__ not in REFUSALS:
        return "", f"stock ends in {type(stock).__name__}: {str(stock)[:60]}"
    if isinstance(stock, Exception):
        return ("", f"refused: {type(stock).__name__}") if ours.startswith("refused ") else ("the stock butler refuses", "")
    if not ours.startswith("rows"):
        return "the stock butler accepts", ""
    rows = ours.replace("a map", "amap").split()[1:]
    if (rows if question[2] else sorted(rows)) != stock:
        return "other rows", ""
    return "", "rows" if stock else "no row"


def main(repo, program, count, seed, *lines):
    warnings.simplefilter("ignore")
    rng = random.Random(int(seed))
    butler = Butler.from_config(repo, writeable=True)
    add_visits(butler, rng)
    add_skymaps(butler)
    add_datasets(butler, rng)
    maker = Maker(rng)
    questions = [tuple(line.split("|")) for line in lines] or [maker.question() for _ in range(int(count))]
    text = "".join("\t".join(q) + "\n" for q in questions)
    answers = subprocess.run([program, repo], input=text, text=True, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    assert len(answers) == len(questions), (len(answers), len(questions))
    stock, wrong, kinds = Stock(repo), 0, collections.Counter()
    for question, ours in zip(questions, answers):
        expected = stock.answer(*question)
        fault, kind = judge(question, expected, ours)
        kinds[kind] += 1
        if fault or lines:
            wrong += bool(fault)
            print(f"{fault or kind}: {'|'.join(question)}\n    stock: {len(expected) if isinstance(expected, list) else type(expected).__name__}"
                  f" {str(expected)[:300]!r}\n    ours:  {len(ours.split()) - 1} {ours[:300]!r}")  # fmt: skip
    print(f"{len(questions)} queries, seed {seed}: {wrong} differ;", ", ".join(f"{n} {k}" for k, n in sorted(kinds.items()) if k))
    assert lines or (kinds["rows"] > len(questions) // 10 and sum(n for k, n in kinds.items() if k.startswith("refused:")) > len(questions) // 10), kinds
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
