"""calbus and the stock butler by turns on one repository; after each step the tables are those that either makes alone.

butler_alternate.py WORK SOCKET CALBUS STEPS SEED      WORK/butler is calbus' drop-in, SOCKET the database's folder
Four repositories live through the same operations: one by the stock butler alone, one by calbus alone, two by turns, one
beginning with each. First a fixed course that meets every operation, then STEPS random ones. After each, every table,
the definitions of the tables and the files are compared (registry_dump.py tells what is evened out), and so are the exit
status and what was printed. What else differs is listed here:
  RESIDUE   a stock command that fails half way leaves the empty collection that it registered first; calbus leaves nothing
  the table of stored files, which the stock butler makes when it first opens its repository to write files
  decertify says so when nothing is certified in the range, where the stock butler says nothing
  the chains of a RUN in what remove-runs prints: the stock butler holds them in a set
  retrieve-artifacts of the stock butler leaves out datasets of visits that have no region for the detector: here they have
  refused   calbus refuses what would lose data or make look-ups ambiguous; then nobody's repository changes
"""

import difflib
import json
import logging
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import uuid

import psycopg2
import psycopg2.extras
import yaml
from astropy.time import Time
from click.testing import CliRunner
from lsst.daf.butler import Butler, CollectionType, Timespan
from lsst.daf.butler.cli.butler import cli
from lsst.sphgeom import ConvexPolygon, LonLat, UnitVector3d
from registry_dump import Dumper, differences

CAMERA = "LSSTComCam"
ELEMENTS = ["instrument", "detector", "physical_filter"]
WRITERS = {"stock": lambda step: "stock", "ours": lambda step: "ours",
           "stock_first": lambda step: ("stock", "ours")[step % 2], "ours_first": lambda step: ("ours", "stock")[step % 2]}
TYPES = {  # name: storage class, dimensions, calibration
    "bias": ("ExposureF", ["instrument", "detector"], True),
    "dark": ("ExposureF", ["instrument", "detector"], True),
    "flat": ("ExposureF", ["instrument", "detector", "physical_filter"], True),
    "look": ("ExposureF", ["instrument", "exposure", "detector"], False),
    "stats": ("StructuredDataDict", ["instrument", "exposure", "detector"], False),
    "note": ("StructuredDataDict", ["instrument"], False),
    "night": ("StructuredDataDict", ["instrument", "day_obs"], False),
    "seen": ("StructuredDataDict", ["instrument", "detector", "visit"], False),
    "sky": ("StructuredDataDict", ["skymap"], True),
}
FILTERS = ["r_03", "i_06"]
EXPOSURES = [2024120800001, 2024120800002]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DAYS = [f"2024-{month:02}-01T00:00:00" for month in range(1, 13)]


class World:
    """One of the repositories."""

    def __init__(self, name, work, socket, connection, given_ids):
        self.name, self.root = name, work / name
        self.seed = work / f"{name}.yaml"
        self.seed.write_text(f"registry:\n  db: 'postgresql+psycopg2://calbus@/calbus?host={socket}'\n  namespace: {name}\n")
        self.dumper = Dumper(connection, name, self.root, given_ids)

    def butler(self):
        return Butler.from_config(str(self.root), writeable=True)


class Listener(logging.Handler):
    """The stock command logs its last words."""

    said = ""

    def emit(self, record):
        if record.exc_info:
            self.said = repr(record.exc_info[1])


class Done:
    def __init__(self, status, printed="", said=""):
        self.status, self.ok, self.printed, self.said = status, status == 0, UUID.sub("<id>", printed), said


def in_order(line):
    """The stock butler names the chains of a RUN in the order of a set, which is another in each process."""
    head, found, names = line.partition("unlinked from ")
    return head + found + ", ".join(sorted(names.split(", ")))


class Operation:
    """What is to be done: by the stock command of the same words, or by a function(world) for each side."""

    def __init__(self, *words, ours=None, stock=None, refused=None, target=None, prints=True, folder=None):
        self.words, self.ours, self.stock = list(map(str, words)), ours, stock
        self.refused = refused  # why calbus does not do it
        self.target = target  # the collection that a failing stock command may leave
        self.prints = prints
        self.folder = folder  # what FOLDER stands for: a copy for each world, since its files are moved away
        self.may_find_nothing = False

    def __str__(self):
        return " ".join(self.words) + (f" (refused: {self.refused})" if self.refused else "")

    def copy_of_folder(self, world):
        return pathlib.Path(f"{self.folder}.{world.name}")

    def prepare(self, world):
        if self.folder is not None:
            shutil.copytree(self.folder, self.copy_of_folder(world))

    def left_in_folder(self, world):
        return [] if self.folder is None else sorted(path.name for path in self.copy_of_folder(world).iterdir())

    def arguments(self, world):
        """The repository is the first argument, unless ROOT tells where it is."""
        words = [self.words[0], *(["--seed-config", "SEED"] if self.words[0] == "create" else []),
                 *([] if "ROOT" in self.words else ["ROOT"]), *self.words[1:]]
        stands_for = {"ROOT": str(world.root), "SEED": str(world.seed)}
        return [stands_for.get(word, word.replace("FOLDER", str(self.copy_of_folder(world)))) for word in words]

    def by_stock(self, world):
        if self.stock is not None:
            try:
                self.stock(world)
            except Exception as error:
                return Done(1, said=repr(error))
            return Done(0)
        heard = Listener()
        logging.getLogger().addHandler(heard)
        result = CliRunner().invoke(cli, self.arguments(world))
        logging.getLogger().removeHandler(heard)
        return Done(result.exit_code, result.stdout, heard.said or result.stderr)

    def by_ours(self, world, tools):
        words = self.ours(world) if self.ours is not None else [tools.butler, *self.arguments(world)]
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode in ((0, 1, 3, 4) if self.ours is not None else (0, 1, 2)), (words, done)
        return Done(done.returncode if self.ours is None else min(1, done.returncode), done.stdout, done.stderr)


class State:
    """What the last dump says, for choosing the next step."""

    def __init__(self, dump):
        rows = {table: [dict(eval(row)) for row in rows] for table, rows in dump.items()  # noqa: S307 - our own repr
                if not table.startswith("(") and table != "collection_chain"}
        self.chains = dict(eval(row) for row in dump["collection_chain"])
        self.kind = {row["name"]: int(row["type"]) for row in rows["collection"]}
        self.types = {row["name"]: row["storage_class"] for row in rows["dataset_type"]}
        self.calibration_types = {row["name"] for row in rows["dataset_type"] if row["calibration_association_table"]}
        self.datasets = {row["id"]: (row["dataset_type_id"], row["run_id"]) for row in rows["dataset"]}
        self.stored = {row["dataset_id"] for row in rows["dataset_location"]}
        self.tags, self.calibs = [], []
        for table, found in rows.items():
            if table.startswith("dataset_tags("):
                self.tags += [row for row in found if row["collection_id"] != self.datasets[row["dataset_id"]][1]]
            if table.startswith("dataset_calibs("):
                self.calibs += found

    def of(self, kind):
        return sorted(name for name, its in self.kind.items() if its == kind)

    def parents(self, name):
        return [parent for parent, children in self.chains.items() if name in children]

    def certified(self, name):
        """Is it a RUN with a certified dataset, or a collection with certifications?"""
        return any(name in (row["collection_id"], self.datasets[row["dataset_id"]][1]) for row in self.calibs)

    def tagged_from(self, run):
        return any(self.datasets[row["dataset_id"]][1] == run for row in self.tags)


class Tools:
    def __init__(self, work, socket, calbus):
        self.work, self.calbus, self.butler = pathlib.Path(work), calbus, os.path.join(work, "butler")
        self.connection = psycopg2.connect(host=socket, user="calbus", dbname="calbus")
        self.connection.autocommit = True
        psycopg2.extras.register_default_json(self.connection, loads=lambda text: text)
        self.given_ids = set()
        self.socket = socket
        self.counter = 0

    def incoming(self, kind):
        self.counter += 1
        folder = self.work / "incoming" / f"{kind}{self.counter}"
        folder.mkdir(parents=True)
        return folder

    # ---- operations that are no stock command, or whose words differ ----

    def register_instrument(self, pattern):
        """obs_lsst's class is not at hand for the stock butler: it syncs the records that calbus made elsewhere."""
        def stock(world):
            there, butler = pattern.butler(), world.butler()
            with butler.transaction():
                for element in ELEMENTS:
                    for record in there.query_dimension_records(element, instrument=CAMERA):
                        butler.registry.syncDimensionData(element, record)
        return Operation("register-instrument", "lsst.obs.lsst.LsstComCam", stock=stock, prints=False)

    def register_type(self, name, storage_class=None):
        known, dimensions, calibration = TYPES[name]
        return Operation("register-dataset-type", name, storage_class or known, *dimensions,
                         *(["--is-calibration"] if calibration else []))

    def ingest(self, name, run, keys, transfer="copy", storage_class=None, options=()):
        """Files that a table names: by their paths, or below the prefix where each world moves its own away."""
        extension = ".fits" if (storage_class or TYPES[name][0]) == "ExposureF" else ".yaml"
        folder, moves = self.incoming("files"), transfer == "move"
        files = [folder / f"file{number}{extension}" for number in range(len(keys))]
        for file in files:
            file.write_text(f"{{of: {name}, number: {self.counter}, file: {file.name}}}\n")
        columns = [column for column in keys[0] if column not in ("instrument", "skymap") or "--data-id" not in options]
        table = self.work / "incoming" / f"table{self.counter}.csv"
        table.write_text("file," + ",".join(columns) + "\n" + "".join(
            f"{file.name if moves else file}," + ",".join(str(key[column]) for column in columns) + "\n"
            for file, key in zip(files, keys)))
        return Operation("ingest-files", name, run, table, "-t", transfer, *(["--prefix", "FOLDER"] if moves else []), *options,
                         target=run, prints=False, folder=folder if moves else None)

    def decertify(self, collection, name, begin, end, detectors=()):
        def stock(world):
            span = Timespan(begin and Time(begin, scale="tai"), end and Time(end, scale="tai"))
            ids = [{"instrument": CAMERA, "detector": number} for number in detectors]
            world.butler().registry.decertify(collection, name, span, dataIds=ids or None)

        def ours(world):
            words = [self.calbus, "calib", "decertify", "-q", "--repo", world.root, collection, name]
            words += ["--begin-date", begin] if begin else []
            words += ["--end-date", end] if end else []
            return words + (["-i", CAMERA, "-d", ",".join(map(str, detectors))] if detectors else [])
        operation = Operation("decertify", collection, name, begin, end, *detectors, ours=ours, stock=stock, prints=False)
        operation.may_find_nothing = True
        return operation

    def certify(self, run, collection, name, begin=None, end=None, all_inputs=False, **more):
        return Operation("certify-calibrations", run, collection, name, *(["--begin-date", begin] if begin else []),
                         *(["--search-all-inputs"] if all_inputs else []),
                         *(["--end-date", end] if end else []), target=collection, **more)

    def chain(self, parent, *children, mode="redefine", flatten=False, doc=None):
        return Operation("collection-chain", parent, "--mode", mode, *(["--flatten"] if flatten else []),
                         *(["--doc", doc] if doc else []), "--", *children, target=parent)

    def import_calibs(self, run, collection, chain, detectors, span, transfer="copy", records=(), options=()):
        """An export as another site would send it."""
        ids = [str(uuid.UUID(int=random.getrandbits(128), version=4)) for _ in detectors]
        self.given_ids.update(ids)
        folder = self.incoming("export")
        lines = []
        for number, name in zip(ids, detectors):
            (folder / f"{number}.fits").write_text(f"bias of {name}\n")
            lines.append(f"  - dataset_id: [!uuid '{number}']\n    data_id: [{{instrument: {CAMERA}, detector: {name}}}]\n"
                         f"    path: {number}.fits\n    formatter: lsst.obs.base.formatters.fitsExposure.FitsExposureFormatter\n")
        begin, end = (f"!butler_time/tai/iso '{day.replace('T', ' ')}.000000000'" if day else "null" for day in span)
        (folder / "export.yaml").write_text(
            "description: Butler Data Repository Export\nversion: 1.0.2\nuniverse_version: 8\nuniverse_namespace: daf_butler\ndata:\n"
            + "".join(records) +
            f"- {{type: collection, collection_type: CALIBRATION, name: {collection}}}\n"
            f"- {{type: collection, collection_type: RUN, name: {run}, host: null, timespan_begin: null, timespan_end: null}}\n"
            f"- {{type: collection, collection_type: CHAINED, name: {chain}, doc: imported, children: [{collection}]}}\n"
            "- {type: dataset_type, name: bias, dimensions: [instrument, detector], storage_class: ExposureF, is_calibration: true}\n"
            f"- type: dataset\n  dataset_type: bias\n  run: {run}\n  records:\n" + "".join(lines) +
            f"- type: associations\n  collection: {collection}\n  collection_type: CALIBRATION\n  validity_ranges:\n"
            f"  - timespan: !lsst.daf.butler.Timespan\n      begin: {begin}\n      end: {end}\n"
            f"    dataset_ids: [{', '.join(repr(number).join(('!uuid ', '')) for number in ids)}]\n")
        moves = transfer == "move"
        return Operation("import", "FOLDER" if moves else str(folder), "-t", transfer, *options, target=run,
                         folder=folder if moves else None)


class Course:
    def __init__(self, tools):
        self.tools = tools
        self.worlds = [World(name, tools.work, tools.socket, tools.connection, tools.given_ids) for name in WRITERS]
        self.step = self.failed = self.refused = 0
        self.before = None

    def dumps(self):
        return [world.dumper.dump() for world in self.worlds]

    def state(self):
        return State(self.before)

    def compare(self, what, expected=None):
        found = self.dumps()
        if expected is None:
            expected = found[0]
        for world, dump in zip(self.worlds, found):
            lines = differences(expected, dump)
            if "file_datastore_records" not in expected or "file_datastore_records" not in dump:
                lines = [line for line in lines if "file_datastore_records" not in line]
            assert not lines, f"step {self.step}, {what}: {world.name} differs\n" + "\n".join(lines)
        self.before = found[0]

    def drop_residue(self, operation, who):
        """A failed stock command leaves an empty collection: that, and nothing else, is taken away again."""
        for world, writer in zip(self.worlds, who):
            now, there = State(world.dumper.dump()).kind, State(self.before).kind if self.before else {}
            left = set(now) - set(there)
            if left and writer == "stock":
                assert left == {operation.target}, (operation, left)
                butler = world.butler()
                if now[operation.target] == CollectionType.RUN:
                    butler.removeRuns([operation.target])
                else:
                    butler.collections.x_remove(operation.target)

    def do(self, operation, must=None):
        """One step by everybody. must: whether it has to succeed, or fail."""
        who = ["ours" if operation.refused else writer(self.step) for writer in WRITERS.values()]
        order = [1, 0, 2, 3]  # calbus' own repository is the pattern of the stock butler's instrument
        done = [None] * 4
        for i in order:
            world = self.worlds[i]
            operation.prepare(world)
            done[i] = operation.by_ours(world, self.tools) if who[i] == "ours" else operation.by_stock(world)
        what = f"{operation}; " + "; ".join(f"{w.name} by {p}: {'done' if d.ok else d.said.strip()}"
                                            for w, p, d in zip(self.worlds, who, done))
        if operation.refused:
            assert not any(d.ok for d in done), f"step {self.step}: not refused: {what}"
            self.compare(what, self.before)
            self.refused += 1
            return
        if operation.may_find_nothing and not all(d.ok for d in done):
            assert all(d.ok or p == "ours" for p, d in zip(who, done)), f"step {self.step}: {what}"
            self.compare(what, self.before)
            self.step += 1
            return
        assert len({d.status for d in done}) == 1, f"step {self.step}: {[d.status for d in done]} {what}"
        left = [operation.left_in_folder(world) for world in self.worlds]
        assert len(set(map(tuple, left))) == 1, f"step {self.step}: {what} leaves {left}"
        assert must is None or done[0].ok == must, f"step {self.step}: {what}"
        if not done[0].ok:
            self.drop_residue(operation, who)
            self.compare(what, self.before)
            self.failed += 1
        else:
            self.compare(what)
            if operation.prints:
                texts = {"\n".join(map(in_order, d.printed.replace(str(w.root), "<root>").replace(w.name, "<name>").splitlines()))
                         for w, d in zip(self.worlds, done)}
                assert len(texts) == 1, f"step {self.step}, {operation} prints\n" + "\n---\n".join(texts)
        self.step += 1

    def refuse(self, why, operation):
        operation.refused = why
        self.do(operation)

    def repeat_harmless(self, operation):
        """Done again by calbus everywhere (the stock butler would lose data): done, and nothing changes."""
        for world in self.worlds:
            done = operation.by_ours(world, self.tools)
            assert done.ok, f"step {self.step}: {operation}: {done.said}"
        self.compare(operation, self.before)

    def both(self, *words):
        """A command that changes nothing, by both on one repository: they print the same."""
        world = self.worlds[2 + self.step % 2]
        operation = Operation(*words)
        stock, ours = operation.by_stock(world), operation.by_ours(world, self.tools)
        assert (stock.status, stock.printed) == (ours.status, ours.printed), (
            f"step {self.step}: {operation}\n--- stock {stock.status} {stock.said}\n{stock.printed}"
            f"--- ours {ours.status} {ours.said}\n{ours.printed}")

    def compare_taken_out(self, command, *words):
        """What is written outside the repository, by both from one repository."""
        world = self.worlds[2 + self.step % 2]
        trees, said = [], []
        for side in ("stock", "ours"):
            folder = self.tools.work / f"out{self.step}_{side}"
            if command == "retrieve-artifacts":
                folder.mkdir()
            operation = Operation(command, folder, *words)
            done = operation.by_stock(world) if side == "stock" else operation.by_ours(world, self.tools)
            printed = sorted(done.printed.replace(str(folder), "<folder>").splitlines())
            trees.append([str(done.status), *printed, *tree(folder)])
            said.append(done.said)
            shutil.rmtree(folder, ignore_errors=True)
        lines = list(difflib.unified_diff(*trees, "stock", "ours", n=1))
        assert not lines, f"step {self.step}: {command} {words}: {said}\n" + "\n".join(lines)


class Loader(yaml.SafeLoader):
    """Tags of an export are read as what they carry."""


Loader.add_multi_constructor("!", lambda loader, tag, node: (
    loader.construct_mapping(node) if isinstance(node, yaml.MappingNode) else loader.construct_scalar(node)))


def canonical_export(path):
    with open(path) as file:
        export = yaml.load(file, Loader)
    for section in export["data"]:
        for record in section.get("records", ()):
            if "path" in record:
                record["path"] = os.path.basename(record["path"])
        for span in section.get("validity_ranges", ()):
            span["dataset_ids"] = sorted(span["dataset_ids"])
        for key in ("records", "validity_ranges"):
            if key in section:
                section[key] = sorted(section[key], key=lambda item: json.dumps(item, sort_keys=True, default=str))
    # a type comes once for each of its runs, or once
    sections = {json.dumps(section, indent=1, default=str): None for section in export.pop("data")}
    return json.dumps(export).splitlines() + [line for section in sections for line in section.splitlines()]


def tree(folder):
    found = []
    for path in sorted(folder.rglob("*")):
        short = str(path.relative_to(folder))
        if path.name == "export.yaml":
            found += canonical_export(path)
        elif path.name == "_butler_zip_index.json":
            found.append(short)
        elif path.is_file():
            found.append(f"{short}: {path.read_text()}")
    return found


# An instrument's night, as the records of an export.
def night_records():
    lines = ["- {type: dimension, element: day_obs, records: [{instrument: LSSTComCam, id: 20241208, datetime_begin: "
             "!butler_time/tai/iso '2024-12-08 12:00:00', datetime_end: !butler_time/tai/iso '2024-12-09 12:00:00'}]}\n",
             "- type: dimension\n  element: group\n  records:\n"]
    lines += [f"  - {{instrument: LSSTComCam, name: g{number}}}\n" for number in EXPOSURES]
    lines += ["- type: dimension\n  element: exposure\n  records:\n"]
    for n, number in enumerate(EXPOSURES):
        lines += [f"  - {{instrument: LSSTComCam, id: {number}, day_obs: 20241208, group: g{number}, physical_filter: r_03, "
                  f"obs_id: CC_O_20241208_00000{n + 1}, exposure_time: 30.5, dark_time: 30.25, observation_type: flat, "
                  f"observation_reason: flat, seq_num: {n + 1}, seq_start: 1, seq_end: 2, target_name: null, "
                  "science_program: BLOCK-1, tracking_ra: null, tracking_dec: null, sky_angle: null, azimuth: 12.125, "
                  "zenith_angle: 1.0e-07, has_simulated: false, can_see_sky: true, "
                  f"datetime_begin: !butler_time/tai/iso '2024-12-08 20:0{n}:00.000000000', "
                  f"datetime_end: !butler_time/tai/iso '2024-12-08 20:0{n}:30.500000000'}}\n"]
    return lines


def square(ra, dec, width):
    """A region, all in degrees."""
    corners = ((0, 0), (width, 0), (width, width), (0, width))
    return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(ra + x, dec + y)) for x, y in corners])


def export_sky(tools, world):
    """Visits and a skymap, in an export that the stock butler writes from a repository of its own."""
    Operation("create").by_ours(world, tools)
    Operation("register-instrument", "lsst.obs.lsst.LsstComCam").by_ours(world, tools)
    span = Timespan(Time("2024-12-08T20:01:00", scale="tai"), Time("2024-12-08T20:01:30.5", scale="tai"))
    camera = {"instrument": CAMERA}
    records = {
        "day_obs": [{**camera, "id": 20241208}],
        "group": [{**camera, "name": "g7"}],
        "exposure": [{**camera, "id": 7, "day_obs": 20241208, "group": "g7", "physical_filter": "r_03", "obs_id": "o7", "timespan": span}],
        "visit_system": [{**camera, "id": 0, "name": "one-to-one"}],
        "visit": [{**camera, "id": 7, "day_obs": 20241208, "physical_filter": "r_03", "name": "v7", "exposure_time": 30.5,
                   "region": square(10, -30, 1.5), "timespan": span},
                  {**camera, "id": 8, "day_obs": 20241208, "physical_filter": "r_03", "name": "v8"}],
        "visit_definition": [{**camera, "exposure": 7, "visit": 7}],
        "visit_detector_region": [{**camera, "detector": d, "visit": v, "region": square(v + d / 10, -30, 0.2)}
                                  for d in range(9) for v in (7, 8)],
        "visit_system_membership": [{**camera, "visit_system": 0, "visit": 7}],
        "skymap": [{"name": "cells", "hash": bytes(range(20)), "tract_max": 18938, "patch_nx_max": 10, "patch_ny_max": 10}],
        "tract": [{"skymap": "cells", "id": n, "region": square(359 + n, 88 - n, 2)} for n in range(3)],
        "patch": [{"skymap": "cells", "tract": 1, "id": 11, "cell_x": 1, "cell_y": 1, "region": square(0.1, 87, 0.2)}],
    }
    butler = world.butler()
    folder = tools.work / "sky"
    folder.mkdir()
    with butler.export(directory=str(folder), format="yaml", transfer="copy") as export:
        for element, rows in records.items():
            butler.registry.insertDimensionData(element, *rows)
            export.saveDimensionData(element, butler.query_dimension_records(element, explain=False))
    return list(records), Operation("import", str(folder), "-t", "copy")


SOURCE_RUNS = ["s/run0", "s/run1"]


def make_source(tools, sky):
    """Another repository, from which datasets are transferred."""
    world = World("source", tools.work, tools.socket, tools.connection, ())
    operations = [Operation("create"), Operation("register-instrument", "lsst.obs.lsst.LsstComCam"), sky,
                  *map(tools.register_type, TYPES)]
    operations += [tools.import_calibs("s/other", "s/calib", "s/chain", [8], (None, None), records=night_records())]
    for run, detectors in zip(SOURCE_RUNS, (range(6), range(3, 9))):
        operations += [tools.ingest("bias", run, [{"instrument": CAMERA, "detector": d} for d in detectors]),
                       tools.ingest("stats", run, [{"instrument": CAMERA, "detector": d, "exposure": EXPOSURES[0]} for d in detectors]),
                       tools.ingest("note", run, [{"instrument": CAMERA}]), tools.ingest("sky", run, [{"skymap": "cells"}])]
    for operation in operations:
        done = operation.by_ours(world, tools)
        assert done.ok, f"{operation}: {done.said}"
    tools.given_ids.update(row["id"] for row in world.dumper.query('SELECT id FROM source.dataset'))
    return world


def keys_for(name, rng):
    dimensions = TYPES[name][1]
    if "skymap" in dimensions:
        return [{"skymap": "cells"}]
    n = rng.choice([1, 2, 9]) if "detector" in dimensions else 1
    keys = []
    for detector in rng.sample(range(9), n):
        key = {"instrument": CAMERA}
        if "exposure" in dimensions:
            key["exposure"] = rng.choice(EXPOSURES)
        if "day_obs" in dimensions:
            key["day_obs"] = 20241208
        if "visit" in dimensions:
            key["visit"] = rng.choice([7, 8])
        if "detector" in dimensions:
            key["detector"] = detector
        if "physical_filter" in dimensions:
            key["physical_filter"] = rng.choice(FILTERS)
        keys.append(key)
    return keys


def all_detectors(**more):
    return [{"instrument": CAMERA, "detector": detector, **more} for detector in range(9)]


def fixed(course):
    """The source of transfers, besides."""
    t, do, refuse = course.tools, course.do, course.refuse
    do(Operation("create", prints=False), must=True)
    do(Operation("create"), must=False)
    do(t.register_instrument(course.worlds[1]), must=True)
    do(t.register_instrument(course.worlds[1]), must=True)
    for name in TYPES:
        do(t.register_type(name), must=True)
    do(t.register_type("bias"), must=True)
    do(t.register_type("bias", "StructuredDataDict"), must=False)
    far = t.import_calibs("u/far/run", "u/far/bias", "u/far/chain", [0, 4], (None, DAYS[5]), records=night_records())
    do(far, must=True)
    course.repeat_harmless(far)
    elements, sky = export_sky(t, World("sky_source", t.work, t.socket, t.connection, ()))
    do(sky, must=True)
    source = make_source(t, sky)
    for element in elements:
        course.both("query-dimension-records", element)
    do(t.ingest("seen", "u/a/sky", all_detectors(visit=7)[:4]), must=True)
    do(t.ingest("seen", "u/a/sky", all_detectors(visit=9)[:1]), must=False)
    do(t.ingest("sky", "u/a/sky", [{"skymap": "cells"}]), must=True)
    do(t.certify("u/a/sky", "u/a/skycalib", "sky"), must=True)
    course.compare_taken_out("export-calibs", "u/a/skycalib", "-t", "copy")
    do(t.ingest("bias", "u/a/run1", all_detectors()), must=True)
    do(t.ingest("bias", "u/a/run1", all_detectors()[:1]), must=False)
    do(t.ingest("bias", "u/a/run2", all_detectors()[:4], "direct"), must=True)
    do(t.ingest("flat", "u/a/flats", all_detectors(physical_filter="r_03"), "symlink"), must=True)
    do(t.ingest("stats", "u/a/run1", all_detectors(exposure=EXPOSURES[0])), must=True)
    do(t.ingest("stats", "u/a/run1", [{"instrument": CAMERA, "detector": 3, "exposure": 9}]), must=False)
    do(t.ingest("look", "u/a/looks", all_detectors(exposure=EXPOSURES[1]), "hardlink"), must=True)
    do(t.ingest("note", "u/a/notes", [{"instrument": CAMERA}]), must=True)
    do(t.ingest("night", "u/a/notes", [{"instrument": CAMERA, "day_obs": 20241208}]), must=True)
    do(t.certify("u/a/run1", "u/a/bias", "bias", DAYS[2], DAYS[6]), must=True)
    do(t.certify("u/a/run2", "u/a/bias", "bias", DAYS[6]), must=True)
    do(t.certify("u/a/run1", "u/a/bias", "bias", DAYS[4], DAYS[8]), must=False)
    do(t.certify("u/a/run1", "u/a/bias", "bias", "1970-01-01T00:00:00", DAYS[2]), must=True)
    do(t.certify("u/a/run1", "u/a/new", "stats"), must=False)
    do(t.certify("u/a/run1", "u/a/run2", "bias"), must=False)
    do(t.certify("u/a/nosuch", "u/a/bias", "bias"), must=False)
    do(t.certify("u/a/flats", "u/a/flat", "flat"), must=True)
    refuse("an empty validity range", t.certify("u/a/run1", "u/a/bias2", "bias", DAYS[6], DAYS[2]))
    do(t.decertify("u/a/bias", "bias", DAYS[3], DAYS[7], [0, 5]), must=True)
    do(t.decertify("u/a/bias", "bias", None, DAYS[1]), must=True)
    do(t.chain("u/a/calib", "u/a/bias", "u/far/chain", doc="all of it"), must=True)
    do(t.chain("u/a/calib", "u/a/flat", mode="prepend"), must=True)
    do(t.chain("u/a/calib", "u/a/bias", "u/a/run1", mode="extend"), must=True)
    do(t.chain("u/a/calib", "u/a/bias", "u/a/run1", mode="prepend"), must=True)
    do(t.chain("u/a/calib", "u/a/nosuch", mode="extend"), must=False)
    do(t.chain("u/far/chain", "u/a/calib", mode="extend"), must=False)
    do(t.chain("u/a/calib", "u/a/run1", "u/a/looks", mode="remove"), must=True)
    do(t.chain("u/a/flatchain", "u/a/calib", "u/a/run2", mode="redefine", flatten=True), must=True)
    do(t.chain("u/a/flatchain", "u/a/calib", mode="prepend", flatten=True), must=True)
    do(t.chain("u/a/flatchain", "u/far/chain", mode="extend", flatten=True), must=True)
    do(t.chain("u/a/flatchain", "1", "-1", mode="pop"), must=True)
    do(t.chain("u/a/flatchain", mode="pop"), must=True)
    do(t.chain("u/a/flatchain", "9", mode="pop"), must=False)
    do(t.chain("u/a/nochain", "u/a/bias", mode="remove"), must=False)
    do(t.chain("u/a/other", "u/a/nosuch"), must=False)
    do(Operation("associate", "u/a/tag", "-d", "bias", "--collections", "u/a/run1", "--where",
                 f"instrument='{CAMERA}' and detector in (0..3)", target="u/a/tag"), must=True)
    do(Operation("associate", "u/a/tag", "-d", "bias", "--collections", "u/a/run2", target="u/a/tag"), must=False)
    do(Operation("associate", "u/a/bias", "-d", "bias", "--collections", "u/a/run2", target="u/a/bias"), must=False)
    do(Operation("prune-datasets", "--disassociate", "u/a/tag", "--no-confirm", "u/a/tag", "--where",
                 f"instrument='{CAMERA}' and detector = 2"), must=True)
    course.both("query-collections")
    course.both("query-collections", "--chains", "table", "u/a/*")
    course.both("query-datasets", "*", "--collections", "u/a/*", "--show-uri")
    course.both("query-dimension-records", "exposure", "--where", f"instrument='{CAMERA}'")
    course.compare_taken_out("export-calibs", "u/a/calib", "-t", "copy")
    course.compare_taken_out("retrieve-artifacts", "-d", "bias", "--collections", "u/a/calib", "-t", "copy")
    refuse("a certified dataset", Operation("prune-datasets", "--purge", "u/a/run2", "--no-confirm"))
    refuse("a certified dataset", Operation("remove-runs", "u/a/run1", "--no-confirm", "--force"))
    refuse("certifications", Operation("remove-collections", "u/a/flat", "--no-confirm", "--remove-from-parents"))
    do(Operation("remove-dataset-type", "stats"), must=False)
    do(Operation("prune-datasets", "--unstore", "u/a/looks", "--no-confirm", "--where",
                 f"instrument='{CAMERA}' and detector < 4"), must=True)
    do(Operation("prune-datasets", "--purge", "u/a/looks", "--no-confirm"), must=True)
    do(Operation("remove-runs", "u/a/looks", "--no-confirm"), must=True)
    do(Operation("remove-dataset-type", "look"), must=True)
    do(t.register_type("look"), must=True)
    do(t.decertify("u/a/flat", "flat", None, None), must=True)
    do(Operation("remove-collections", "u/a/flat", "--no-confirm"), must=False)
    do(Operation("remove-collections", "u/a/flat", "--no-confirm", "--remove-from-parents"), must=True)
    do(Operation("remove-runs", "u/a/flats", "--no-confirm", "--force"), must=True)
    do(Operation("remove-collections", "u/a/tag", "--no-confirm"), must=True)
    transfer = ["transfer-datasets", source.root, "ROOT", "-t", "copy"]
    do(Operation(*transfer, "-d", "bias", "--collections", "s/run*", "--dry-run"), must=True)
    do(Operation(*transfer, "-d", "bias", "--collections", "s/run0", "--where", f"instrument='{CAMERA}' and detector < 4"), must=True)
    do(Operation(*transfer, "-d", "bias", "--collections", "s/run0"), must=True)
    do(Operation(*transfer, "-d", "bias", "--collections", "s/nosuch"), must=False)
    do(Operation(*transfer, "-d", "sky", "--collections", "s/other"), must=False)
    do(Operation("certify-calibrations", "u/a/calib", "u/a/all", "bias", "--search-all-inputs"))
    do(Operation("associate", "u/a/first", "-d", "bias", "--collections", "u/a/run2,u/a/run1", "--find-first"), must=True)
    for words in (["certify-calibrations", "u/a/run1"], ["collection-chain", "u/a/calib", "--mode", "sideways"],
                  ["prune-datasets", "u/a/run1", "--no-confirm"], ["associate"], ["import", "nosuch", "-t", "teleport"],
                  ["register-dataset-type", "odd name", "ExposureF", "instrument"],
                  ["register-dataset-type", "odd", "NoSuchClass", "instrument"],
                  ["register-dataset-type", "odd", "ExposureF", "nosuch"], ["register-dataset-type", "bias.wcs", "Wcs", "instrument"],
                  ["remove-dataset-type", "nosuch"], ["ingest-files", "nosuch", "u/a/run9", "nosuch.csv"]):
        do(Operation(*words, prints=False, target="u/a/run9"))
    return source


class Chance:
    """Random operations, likely ones on what there is, and some that must fail."""

    def __init__(self, course, rng, source):
        self.course, self.tools, self.rng, self.source = course, course.tools, rng, source
        self.state = course.state()
        self.runs = [f"u/r/run{n}" for n in range(6)]
        self.calibs = [f"u/r/calib{n}" for n in range(4)]
        self.chains = [f"u/r/chain{n}" for n in range(4)]
        self.tags = [f"u/r/tag{n}" for n in range(3)]

    def any(self, kind, pool):
        """Mostly a collection of the kind that is there, sometimes one to come, rarely any other."""
        luck = self.rng.random()
        there = self.state.of(kind) if luck < 0.6 else sorted(self.state.kind) if luck < 0.63 else []
        return self.rng.choice(there or pool)

    def some(self, names, most):
        return [self.rng.choice(names) for _ in range(self.rng.randint(1, most))]

    def a_type(self):
        return self.rng.choice(sorted(TYPES))

    def span(self):
        begin, end = sorted(self.rng.sample(range(12), 2))
        return (None if self.rng.random() < 0.2 else DAYS[begin]), (None if self.rng.random() < 0.2 else DAYS[end])

    def where(self):
        return [] if self.rng.random() < 0.5 else ["--where", f"instrument='{CAMERA}' and detector < {self.rng.randint(1, 9)}"]

    def register(self):
        return self.tools.register_type(self.a_type(), None if self.rng.random() < 0.8 else "StructuredDataDict")

    MODES = ["copy", "move", "link", "hardlink", "symlink", "relsymlink", "direct", "auto"]

    def maybe(self, *words, chance=0.3):
        return list(words) if self.rng.random() < chance else []

    def ingest(self):
        name = self.a_type()
        options = self.maybe("--no-track-file-attrs")
        if name not in ("bias", "dark"):  # ids that are made from data IDs come again when a RUN is put anew
            options += self.maybe("--id-generation-mode", self.rng.choice(["unique", "dataid_type", "dataid_type_run"]))
        options += self.maybe("--data-id", "skymap=cells" if name == "sky" else f"instrument={CAMERA}") if name not in ("note", "sky") else []
        return self.tools.ingest(name, self.any(1, self.runs), keys_for(name, self.rng), self.rng.choice(self.MODES[:-1]),
                                 self.state.types.get(name), options)

    def certify(self):
        name, (begin, end) = self.rng.choice(["bias", "bias", "dark", "flat", "stats"]), self.span()
        sources = self.state.of(1) + self.state.of(2) + self.state.of(3) + ["u/r/nosuch"]
        return self.tools.certify(self.rng.choice(sources), self.any(4, self.calibs), name, begin, end, self.rng.random() < 0.3)

    def transfer(self):
        types = self.rng.choice(["bias", "stats", "note", "sky", "bias,stats", "*"])
        runs = self.rng.choice([*SOURCE_RUNS, ",".join(SOURCE_RUNS), "s/other"])
        mode = self.rng.choice(["copy", "hardlink", "symlink", "relsymlink", "link", "auto", "direct"])
        where = self.where() if types in ("bias", "stats") else []
        return Operation("transfer-datasets", self.source.root, "ROOT", "-d", types, "--collections", runs, "-t", mode,
                         *self.maybe("--find-first"), *self.maybe("--register-dataset-types", chance=0.7),
                         *self.maybe("--no-transfer-dimensions"), *self.maybe("--dry-run", chance=0.1), *where, prints=False)

    def decertify(self):
        known = [(row["collection_id"], row["dataset_type_id"]) for row in self.state.calibs]
        collection, name = self.rng.choice(known) if known else (self.any(4, self.calibs), "bias")
        detectors = self.rng.sample(range(9), 2) if name in ("bias", "dark") and self.rng.random() < 0.5 else []
        return self.tools.decertify(collection, name, *self.span(), detectors)

    def edit_chain(self):
        mode = self.rng.choice(["redefine", "extend", "prepend", "remove", "pop"])
        parent = self.any(3, self.chains)
        if mode == "pop":
            size = len(self.state.chains.get(parent, ()))
            indexes = [str(self.rng.randint(-size, size)) for _ in range(self.rng.randint(0, 2))]
            return self.tools.chain(parent, *indexes, mode=mode)
        children = self.some(sorted(self.state.kind) + (["u/r/nosuch"] if self.rng.random() < 0.2 else []), 4)
        flatten = mode != "remove" and self.rng.random() < 0.3
        return self.tools.chain(parent, *children, mode=mode, flatten=flatten, doc=self.rng.choice([None, "a chain"]))

    def bring(self):
        number = self.tools.counter
        return self.tools.import_calibs(
            f"u/r/imported{number}", f"u/r/brought{number}", self.rng.choice(self.chains + ["u/r/chain9"]),
            self.rng.sample(range(9), self.rng.randint(1, 3)), self.span(),
            self.rng.choice(self.MODES), options=self.maybe("-s", "instrument", "-s", "detector") + self.maybe("--no-track-file-attrs"))

    def associate(self):
        tag = self.any(2, self.tags)
        collections = self.rng.choice([*self.state.of(1), *self.state.of(2), *self.state.of(3), ",".join(self.some(self.state.of(1), 3))])
        operation = Operation("associate", tag, "-d", self.rng.choice([self.a_type(), self.a_type(), "*", "bias,dark"]),
                              "--collections", collections, *self.where(), *self.maybe("--find-first"), target=tag)
        if self.state.kind.get(tag, 2) != 2:
            operation.refused = "what is no TAGGED collection; the stock butler says nothing when there is nothing to tag"
        return operation

    def disassociate(self):
        tag = self.rng.choice(self.state.of(2) or self.tags)
        return Operation("prune-datasets", "--disassociate", tag, "--no-confirm", tag, *self.where())

    def guard(self, name, operation):
        if self.state.certified(name):
            operation.refused = "what is certified stays until it is decertified"
        return operation

    def prune(self):
        run = self.rng.choice(self.state.of(1) or self.runs)
        how = ["--purge", run] if self.rng.random() < 0.5 else ["--unstore", run]
        if self.state.certified(run):
            return self.guard(run, Operation("prune-datasets", *how, "--no-confirm", "--find-all"))
        tags = self.maybe("--disassociate", self.rng.choice(self.state.of(2) or self.tags)) if how[0] == "--unstore" else []
        return Operation("prune-datasets", *how, *tags, *self.rng.choice([["--no-confirm"], ["--no-confirm"], ["--quiet"], ["--dry-run"]]),
                         *self.maybe("--find-all", chance=0.5), *self.maybe("--datasets", self.a_type()), *self.where())

    def remove_run(self):
        run = self.rng.choice(self.state.of(1) or self.runs)
        force = self.rng.random() < 0.5
        operation = Operation("remove-runs", run, "--no-confirm", *(["--force"] if force else []))
        return self.guard(run, operation) if force or not self.state.parents(run) else operation

    def remove_collection(self):
        name = self.rng.choice(self.state.of(2) + self.state.of(3) + self.state.of(4) + ["u/r/nosuch"])
        force = self.rng.random() < 0.5
        return self.guard(name, Operation("remove-collections", name, "--no-confirm", *(["--remove-from-parents"] if force else [])))

    def remove_type(self):
        return Operation("remove-dataset-type", self.a_type())

    def look(self):
        words = self.rng.choice([
            ["query-collections"], ["query-collections", "--chains", "inverse-table", "u/r/*"],
            ["query-collections", "--chains", "flatten", self.rng.choice(sorted(self.state.kind))],
            ["query-datasets", self.a_type(), "--collections", "u/*"], ["query-dataset-types", "-v"]])
        self.course.both(*words)

    def take_out(self):
        if self.rng.random() < 0.5:
            self.course.compare_taken_out("export-calibs", self.rng.choice(self.state.of(4)), "-t", "copy")
        else:
            self.course.compare_taken_out("retrieve-artifacts", "-d", self.a_type(), "--collections",
                                          self.rng.choice(self.state.of(1) + self.state.of(2)), "-t", "copy", *self.where(),
                                          *self.maybe("--no-preserve-path"), *self.maybe("--find-first"), *self.maybe("--clobber"))

    WEIGHTS = {register: 3, ingest: 12, certify: 14, decertify: 8, edit_chain: 16, bring: 4, associate: 6, disassociate: 3, prune: 4,
               remove_run: 4, remove_collection: 4, remove_type: 2, look: 3, take_out: 3, transfer: 5}

    def choose(self):
        """An operation, or None when it only looked."""
        return self.rng.choices(list(self.WEIGHTS), list(self.WEIGHTS.values()))[0](self)


def main(work, socket, calbus, steps, seed):
    random.seed(int(seed))
    course = Course(Tools(work, socket, calbus))
    source = fixed(course)
    print(f"fixed course: {course.step} steps, {course.failed} of them failed alike; {course.refused} refusals", flush=True)
    course.failed = course.refused = 0
    rng = random.Random(int(seed))
    for number in range(int(steps)):
        operation = Chance(course, rng, source).choose()
        if operation is not None:
            course.do(operation)
        if number % 100 == 99:
            print(f"{number + 1} random steps", flush=True)
    print(f"{steps} random steps, seed {seed}: {course.failed} of them failed alike, {course.refused} refused; "
          "all tables are the same")


if __name__ == "__main__":
    main(*sys.argv[1:6])
