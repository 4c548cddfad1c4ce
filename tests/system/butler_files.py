"""The drop-in `butler` beside the stock one where files come into a repository: butler_files.py OURS WORK SOCKET

WORK/stock and WORK/ours are two repositories made alike, their tables in the schemas of these names. After each command
exit status, tables and files must be the same, new ids aside; only where the stock command leaves an empty run behind
after it failed, ours leaves nothing.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import click
import psycopg2
import yaml
from astropy.time import Time
from click.testing import CliRunner
from lsst.daf.butler import Butler, Timespan
from lsst.daf.butler.cli.butler import cli
from lsst.daf.butler.logging import ButlerLogRecord
from lsst.sphgeom import ConvexPolygon, LonLat, UnitVector3d

COMCAM = "instrument=LSSTComCam"
ECSV = "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: filename, datatype: string}\n# - {name: htm7, datatype: int64}\n"


class Side:
    """One of the two repositories, and the program that works on it."""

    def __init__(self, name, work, socket, program):
        self.name, self.program = name, program
        self.root = work / name
        self.folder = work / f"in-{name}"
        self.database = psycopg2.connect(host=socket, user="calbus", dbname="calbus")
        self.database.autocommit = True

    def rows(self, sql):
        with self.database.cursor() as cursor:
            cursor.execute(f"SET search_path TO {self.name}; {sql}")
            return cursor.fetchall()

    def run(self, words):
        words = [word.replace("@", str(self.folder)) if word != "-@" else word for word in words]
        words = [words[0], str(self.root), *words[1:]]
        os.chdir(self.folder)
        if self.program is None:
            result = CliRunner().invoke(cli, words)
            said = f"{result.exception}"
        else:
            result = subprocess.run([self.program, *words], capture_output=True, text=True)
            said = result.stderr
        return getattr(result, "exit_code", None) if self.program is None else result.returncode, result.stdout, said

    def state(self):
        """Datasets with their files, tags, and what lies in the datastore and in the folder of sources."""
        tables = self.rows("SELECT DISTINCT tag_association_table FROM dataset_type")
        found = set()
        for (table,) in tables:
            columns = [c for (c,) in self.rows(
                f"SELECT column_name::text FROM information_schema.columns WHERE table_schema = '{self.name}' AND table_name = "
                f"'{table}' AND column_name NOT IN ('dataset_type_id', 'dataset_id', 'collection_id') ORDER BY 1")]
            names = "".join(f', t."{c}"::text' for c in columns)
            for row in self.rows(
                    "SELECT y.name, c.name, f.path, f.formatter, f.storage_class, f.component, f.checksum, f.file_size,"
                    " substr(d.id::text, 15, 1), CASE WHEN substr(d.id::text, 15, 1) = '5' THEN d.id::text END,"
                    f" l.datastore_name{names} FROM {table} t JOIN dataset d ON d.id = t.dataset_id"
                    " JOIN dataset_type y ON y.id = d.dataset_type_id JOIN collection c ON c.collection_id = t.collection_id"
                    " LEFT JOIN file_datastore_records f ON f.dataset_id = d.id"
                    " LEFT JOIN dataset_location l ON l.dataset_id = d.id"):
                found.add(tuple(v.replace(f"/in-{self.name}/", "/in/") if isinstance(v, str) else v for v in row))
        runs = {r for r in self.rows("SELECT DISTINCT c.name FROM collection c JOIN dataset d ON d.run_id = c.collection_id")}
        return found, runs, set(self.tree(self.root)), set(self.tree(self.folder))

    def tree(self, top):
        def kind(path):
            target = os.readlink(path).replace(f"/in-{self.name}/", "/in/") if path.is_symlink() else path.stat().st_nlink
            return target, path.read_bytes().replace(f"/in-{self.name}/".encode(), b"/in/")
        return {str(p.relative_to(top)): kind(p) for p in top.rglob("*") if p.is_file() and p.name != "butler.yaml"}.items()

    def empty_runs(self):
        return self.rows("SELECT name FROM collection WHERE type = 1 AND collection_id NOT IN (SELECT run_id FROM dataset)")


class Twins:
    def __init__(self, ours, work, socket):
        work = pathlib.Path(work)
        self.sides = [Side("stock", work, socket, None), Side("ours", work, socket, ours)]
        self.count = 0
        for side in self.sides:
            side.folder.mkdir()

    def write(self, name, content):
        for side in self.sides:
            path = side.folder / name
            path.parent.mkdir(exist_ok=True)
            text = content.replace("@", str(side.folder)) if isinstance(content, str) else content
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def both(self, *words, status=None):
        (want, _, stock_said), (got, _, said) = (side.run(list(words)) for side in self.sides)
        assert want == got, (words, "stock", want, stock_said, "ours", got, said)
        assert status is None or got == status, (words, got, said)
        left = [side.state() for side in self.sides]
        for a, b in zip(*left):
            assert a == b, (words, "only stock", set(a) - set(b), "only ours", set(b) - set(a), said)
        self.count += 1
        return said

    def ours_only(self, *words, status):
        before = self.sides[1].state()
        got, _, said = self.sides[1].run(list(words))
        assert got == status, (words, got, said)
        assert before == self.sides[1].state(), words
        return said


def ingest(twins):
    both, write = twins.both, twins.write
    for number in range(8):
        write(f"files/{number}.fits", b"x" * 100 * (number + 1))
    write("files/model.pickle", b"abc")
    write("files/odd +,name.fits.gz", b"gz")
    both("register-dataset-type", "mon", "SimpleCatalog", "htm7", status=0)
    both("register-dataset-type", "lut", "Catalog", "instrument", status=0)
    both("register-dataset-type", "model", "NumpyArray", status=0)
    both("register-dataset-type", "sky", "SkyMap", "skymap", status=0)
    both("register-dataset-type", "image", "ExposureF", "physical_filter", "detector", status=0)
    both("register-dataset-type", "none", "StructuredDataList", "instrument", status=0)
    write("filename_to_htm.ecsv", ECSV + "filename htm7\nfiles/0.fits 131072\nfiles/1.fits 131073\n\"files/odd +,name.fits.gz\" 131074\n")
    # as instruments.md 5.1 has it: reference catalogues stay where they are
    both("ingest-files", "-t", "direct", "mon", "refcats/DM-1", "filename_to_htm.ecsv", "--prefix", "@", status=0)
    both("ingest-files", "-t", "direct", "mon", "refcats/DM-1", "filename_to_htm.ecsv", "--prefix", "@", status=1)
    both("ingest-files", "-t", "direct", "mon", "refcats/DM-2", "filename_to_htm.ecsv", "--prefix", "file://@", status=0)
    both("ingest-files", "-t", "direct", "mon", "refcats/DM-3", "filename_to_htm.ecsv", "--prefix", "/nonexistent", status=1)
    both("ingest-files", "-t", "copy", "mon", "refcats/DM-4", "filename_to_htm.ecsv", status=0)
    both("ingest-files", "-t", "direct", "--no-track-file-attrs", "mon", "refcats/DM-5", "filename_to_htm.ecsv", status=0)
    for mode in ("UNIQUE", "dataid_type", "DATAID_TYPE_RUN"):
        both("ingest-files", "-t", "copy", "--id-generation-mode", mode, "mon", f"refcats/{mode}", "filename_to_htm.ecsv", status=0)
    tables = {
        "a.csv": "filename,htm7\nfiles/0.fits,131080\n",
        "extra.csv": "filename,htm7,extra\nfiles/0.fits,131081,3\n",
        "absolute.csv": "filename,htm7\n@/files/0.fits,131082\n",
        "uri.csv": "filename,htm7\nfile://@/files/0.fits,131083\n",
        "shared.csv": "f,htm7\nfiles/1.fits,131084\nfiles/0.fits,131085\nfiles/1.fits,131086\n",
        "t.rdb": "filename\thtm7\n20S\t10N\nfiles/0.fits\t131087\n",
        "quoted.csv": "filename,htm7\n\"files/0.fits\",131088\n\n",
        "nothing.csv": "filename,htm7\n",
    }
    for name, text in tables.items():
        write(name, text)
        both("ingest-files", "-t", "copy", "mon", "refcats/ok", name, status=0)
    refused = {
        "missing.csv": ("filename\nfiles/0.fits\n", "needs dimension htm7"),
        "no_number.csv": ("filename,htm7\nfiles/0.fits,131090\nfiles/1.fits,abc\n", 'row 2, column "htm7"'),
        "empty.csv": ("filename,htm7\nfiles/0.fits,\n", 'row 1, column "htm7": empty'),
        "no_file.csv": ("filename,htm7\nfiles/0.fits,131091\nfiles/nosuch.fits,131092\n", "row 2: there is no file"),
        "twice.csv": ("filename,htm7\nfiles/0.fits,131093\nfiles/1.fits,131093\n", "rows 1 and 2 have the same data ID"),
        "there.csv": ("filename,htm7\nfiles/1.fits,131094\nfiles/1.fits,131080\n", "is in run"),
        "no_pixel.csv": ("filename,htm7\nfiles/0.fits,5\n", "htm7 5 is no pixel"),
        "ending.csv": ("filename,htm7\nfiles/model.pickle,131095\n", "does not take"),
        "real.csv": ("filename,htm7\nfiles/0.fits,131096.5\n", "must be an integer"),
        "wide.csv": ("filename,htm7\nfiles/0.fits,131097,3\n", "wide.csv:2: more cells"),
        "t.txt": ("filename htm7\nfiles/0.fits 131098\n", "the format of table"),
        "void.csv": ("", "no line of column names"),
    }
    for name, (text, sentence) in refused.items():
        write(name, text)
        said = both("ingest-files", "-t", "copy", "mon", "refcats/ok", name, status=1)
        assert sentence in said, (name, said)
    write("model.csv", "file\nfiles/model.pickle\n")
    both("ingest-files", "-t", "copy", "model", "models/a", "model.csv", status=0)
    both("ingest-files", "-t", "copy", "model", "models/a", "model.csv", status=1)
    write("lut.csv", "file\nfiles/0.fits\n")
    both("ingest-files", "-t", "copy", "lut", "luts/a", "lut.csv", "--data-id", COMCAM, status=0)
    for wrong in ("instrument=LATISS", "nosuch=LATISS", "instrument", "detector=x"):
        both("ingest-files", "-t", "copy", "lut", "luts/b", "lut.csv", "--data-id", wrong, status=1)
    both("ingest-files", "-t", "copy", "none", "luts/b", "lut.csv", "--data-id", COMCAM, status=1)
    write("image.csv", "file,physical_filter,detector\nfiles/0.fits,r_03,0\nfiles/1.fits,r_03,1\n")
    both("ingest-files", "-t", "copy", "image", "images/a", "image.csv", "--data-id", COMCAM, status=0)
    both("ingest-files", "-t", "copy", "image", "images/b", "image.csv", "--data-id", f"{COMCAM},detector=3", status=1)
    write("one.csv", "file,physical_filter,detector\nfiles/0.fits,r_03,77\n")
    both("ingest-files", "-t", "copy", "image", "images/b", "one.csv", "--data-id", COMCAM, status=1)
    both("ingest-files", "-t", "copy", "image", "images/b", "one.csv", "--data-id", COMCAM, "--data-id", "detector=3", status=0)
    both("ingest-files", "-t", "copy", "--formatter", "lsst.daf.butler.formatters.yaml.YamlFormatter", "image", "images/c",
         "one.csv", "--data-id", f"{COMCAM},detector=3", status=1)
    both("ingest-files", "-t", "copy", "--formatter", "lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter", "image",
         "images/c", "one.csv", "--data-id", f"{COMCAM},detector=3", status=0)
    both("ingest-files", "-t", "copy", "--formatter", "none", "image", "images/d", "one.csv", "--data-id",
         f"{COMCAM},detector=3", status=1)
    for number, mode in enumerate(("symlink", "hardlink", "link", "relsymlink", "auto", "move")):
        write("mode.csv", f"f,htm7\nfiles/{number + 2}.fits,131072\nfiles/{number + 2}.fits,131073\n")
        both("ingest-files", "--transfer", mode, "mon", f"refcats/{mode}", "mode.csv", status=0)
    for words in (("-t", "bad", "mon", "r", "a.csv"), ("--id-generation-mode", "bad", "mon", "r", "a.csv"), ("mon", "r"),
                  ("mon", "r", "a.csv", "b.csv"), ("--nosuch", "mon", "r", "a.csv")):
        both("ingest-files", *words, status=2)
    both("ingest-files", "nosuch", "r", "a.csv", status=1)
    both("ingest-files", "mon", "r", "nosuch.csv", status=1)
    said = twins.ours_only("ingest-files", "-t", "direct", "mon", "refcats/far", "a.csv", "--prefix", "ftp://host/x", status=1)
    assert "neither a local folder nor one of s3, http or https" in said, said
    assert twins.sides[1].empty_runs() == [], "a refused ingest leaves no run behind"


def ingest_killed(twins):
    """kill -9 amid the copies leaves no row, and what lies about is no obstacle to the next run."""
    side, count = twins.sides[1], 600
    (side.folder / "many").mkdir()
    for number in range(count):
        (side.folder / "many" / f"{number}.fits").write_bytes(b"y" * 2880)
    (side.folder / "many.csv").write_text("f,htm7\n" + "".join(f"many/{n}.fits,{131072 + n}\n" for n in range(count)))
    words = ["ingest-files", str(side.root), "-t", "copy", "mon", "refcats/many", "many.csv"]
    process = subprocess.Popen([side.program, *words], cwd=side.folder, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    place = side.root / "refcats/many/mon"
    while len(list(place.glob("*.fits"))) < 20:
        assert process.poll() is None and time.monotonic() < deadline, "killed too late"
    process.send_signal(signal.SIGKILL)
    process.wait()
    query = "SELECT count(*) FROM dataset d JOIN collection c ON c.collection_id = d.run_id WHERE c.name = 'refcats/many'"
    assert side.rows(query) == [(0,)], "nothing is half there"
    assert side.run(["ingest-files", "-t", "copy", "mon", "refcats/many", "many.csv"])[0] == 0
    assert side.rows(query) == [(count,)]
    assert len([p for p in place.iterdir() if p.suffix == ".fits"]) == count


TRANSFERRED = ["instrument", "detector", "physical_filter", "day_obs", '"group"', "exposure", "visit_system", "visit",
               "visit_definition", "visit_system_membership", "visit_detector_region", "visit_skypix_overlap",
               "visit_detector_region_skypix_overlap", "skymap", "tract", "patch", "tract_skypix_overlap",
               "visit_skypix_overlap_summary", "visit_detector_region_skypix_overlap_summary"]


def add_visit(root):
    """A visit with all its relations, as define-visits makes it."""
    corners = [(53, -28), (54, -28), (54, -27), (53, -27)]
    region = ConvexPolygon([UnitVector3d(LonLat.fromDegrees(*corner)) for corner in corners])
    common = {"instrument": "LSSTComCam", "visit": 7}
    with Butler.from_config(str(root), writeable=True) as butler:
        add = butler.registry.insertDimensionData
        add("visit_system", {"instrument": "LSSTComCam", "id": 2, "name": "by-seq-start-end"})
        add("visit", {"instrument": "LSSTComCam", "id": 7, "day_obs": 20241208, "physical_filter": "r_03", "name": "v7",
                      "region": region, "timespan": Timespan(Time("2024-12-09T00:01:00", scale="tai"),
                                                               Time("2024-12-09T00:01:30", scale="tai"))})
        add("visit_definition", {**common, "exposure": 2024120800001})
        add("visit_system_membership", {**common, "visit_system": 2})
        add("visit_detector_region", {**common, "detector": 4, "region": region})


class Copies:
    """The same source, in `source`, into a repository of the stock butler's and one of ours."""

    def __init__(self, ours, work, socket):
        self.work, self.socket, self.ours, self.count = pathlib.Path(work), socket, ours, 0
        self.source = Side("source", self.work, socket, ours)
        self.sides = []

    def fresh(self, number):
        """Two new, empty destinations."""
        for side in self.sides:
            side.database.close()
        self.sides = []
        for name, program in ((f"stock{number}", None), (f"ours{number}", self.ours)):
            seed = self.work / f"{name}.yaml"
            seed.write_text(f"registry:\n  db: 'postgresql+psycopg2://calbus@/calbus?host={self.socket}'\n  namespace: {name}\n")
            subprocess.run([self.ours, "create", "--seed-config", seed, self.work / name], check=True)
            self.sides.append(Side(name, self.work, self.socket, program))

    def run(self, side, words):
        words = [words[0], str(self.source.root), str(side.root), *words[1:]]
        if side.program is None:
            result = CliRunner().invoke(cli, words)
            return result.exit_code, result.stdout, repr(result.exception)
        result = subprocess.run([side.program, *words], capture_output=True, text=True)
        return result.returncode, result.stdout, result.stderr

    def state(self, side):
        tables = side.rows("SELECT y.name, c.name, c.doc, d.id::text, f.path, f.formatter, f.storage_class, f.component, f.checksum,"
                           " f.file_size, l.datastore_name FROM dataset d JOIN dataset_type y ON y.id = d.dataset_type_id"
                           " JOIN collection c ON c.collection_id = d.run_id LEFT JOIN file_datastore_records f ON f.dataset_id = d.id"
                           " LEFT JOIN dataset_location l ON l.dataset_id = d.id")
        records = {name: set(side.rows(f"SELECT * FROM {name}")) for name in TRANSFERRED}
        types = side.rows("SELECT name, storage_class, calibration_association_table IS NULL FROM dataset_type ORDER BY 1")
        files = {str(p.relative_to(side.root)): (p.is_symlink(), p.stat().st_nlink > 1, p.read_bytes())
                 for p in side.root.rglob("*") if p.is_file() and p.name != "butler.yaml"}
        return {"datasets": set(tables), "records": records, "types": types, "files": files}

    def both(self, *words, status=0):
        (want, printed, stock_said), (got, ours_printed, said) = (self.run(side, ["transfer-datasets", *words]) for side in self.sides)
        assert want == got == status, (words, want, stock_said, got, said)
        assert printed == ours_printed, (words, printed, ours_printed)
        a, b = (self.state(side) for side in self.sides)
        if status == 0:
            for what in a:
                assert a[what] == b[what], (words, what, a[what], b[what])
        self.count += 1
        return printed, said, b


def stock_lists_types_without_dimensions(twins):
    """A type without dimensions that we made under another key than 0 kept the stock butler from all types."""
    ours = twins.sides[1]
    result = CliRunner().invoke(cli, ["query-dataset-types", str(ours.root), "-v"])
    assert result.exit_code == 0 and "model" in result.stdout, result
    keys = [side.rows("SELECT dimensions_key, tag_association_table FROM dataset_type WHERE name = 'model'") for side in twins.sides]
    assert keys[0] == keys[1], keys


def transfer(copies):
    run, raws = "LSSTComCam/calib/DM-1/demo/biasGen.20241210a", "LSSTComCam/raw/all"
    add_visit(copies.source.root)
    copies.source.rows(f"UPDATE collection SET doc = 'twenty biases' WHERE name = '{run}'; SELECT 1")
    folder = copies.work / "given"
    folder.mkdir()
    (folder / "model.pickle").write_bytes(b"abc")
    (folder / "table.csv").write_text(f"file\n{folder}/model.pickle\n")
    (folder / "sum.fits").write_bytes(b"sum")
    (folder / "sum.csv").write_text(f"file,visit\n{folder}/sum.fits,7\n")
    ours = copies.source.program

    def prepare(*words):
        subprocess.run([ours, words[0], copies.source.root, *words[1:]], check=True, stdout=subprocess.DEVNULL)
    prepare("register-dataset-type", "model", "NumpyArray")
    prepare("ingest-files", "-t", "direct", "model", "models/a", folder / "table.csv")
    prepare("register-dataset-type", "visitSummary", "ExposureCatalog", "visit")
    prepare("ingest-files", "-t", "copy", "--no-track-file-attrs", "visitSummary", "visits/a", folder / "sum.csv", "--data-id",
            "instrument=LSSTComCam")
    copies.source.rows("UPDATE file_datastore_records SET checksum = 'abcdef' WHERE path LIKE '%%R22_S00%%'; SELECT 1")
    copies.fresh(1)
    both = copies.both
    both("-d", "bias", "--collections", run, status=1)  # the type is not there
    printed, _, state = both("-d", "bias", "--collections", run, "--register-dataset-types", "--dry-run")
    assert printed.endswith(": 9\n") and not state["datasets"], printed
    both("-d", "bias", "--collections", run, "--register-dataset-types", "--no-transfer-dimensions", status=1)
    _, _, state = both("-d", "bias", "--collections", run, "--register-dataset-types", "--where",
                       "instrument='LSSTComCam' and detector in (0, 4)")
    assert len(state["datasets"]) == 2 and len(state["records"]["detector"]) == 2, state
    both("-d", "bias", "--collections", run)
    printed, _, again = both("-d", "bias", "--collections", run)
    assert printed.endswith(": 9\n") and len(again["files"]) == 9, again
    both("-d", "raw", "--collections", raws, "--register-dataset-types", "--limit", "2", "--order-by", "exposure")
    both("-d", "raw,model", "--collections", "*", "--register-dataset-types", "-t", "auto")
    _, _, state = both("-d", "visitSummary", "--collections", "visits/a", "--register-dataset-types", "-t", "copy")
    for table in ("visit_definition", "visit_detector_region", "visit_skypix_overlap", "visit_detector_region_skypix_overlap"):
        assert state["records"][table], (table, state)
    both("-d", "bias", "--collections", "LSSTComCam/calib", "--find-first")
    both("-d", "bias", "--collections", "*", "--find-first", status=1)
    both("-d", "bias", "--collections", "nosuch", status=1)
    both("--dry-run", "--collections", "*")
    both("-d", "bias", "-t", "direct", "--collections", run, status=1)
    both("-d", "bias", "-t", "bad", status=2)
    both("-d", "bias", "--limit", "x", status=2)
    # the file of a dataset that is there without one comes again
    for side in copies.sides:
        path = side.rows("SELECT path FROM file_datastore_records WHERE path LIKE '%%R22_S11%%' ORDER BY 1 LIMIT 1")[0][0]
        side.rows(f"DELETE FROM dataset_location WHERE dataset_id IN (SELECT dataset_id FROM file_datastore_records WHERE path = '{path}');"
                  f" DELETE FROM file_datastore_records WHERE path = '{path}'; SELECT 1")
        (side.root / path).unlink()
    both("-d", "bias", "--collections", run)
    # types that differ
    copies.fresh(2)
    for side in copies.sides:
        subprocess.run([ours, "register-dataset-type", side.root, "bias", "ExposureF", "instrument", "detector"], check=True,
                       stdout=subprocess.DEVNULL)
    for extra in ((), ("--register-dataset-types",)):
        _, said, state = both("-d", "bias", "--collections", run, *extra, status=1)
        assert "in the source" in said and not state["datasets"] and not state["files"], said
    # all modes, everything at once
    for number, mode in enumerate(("copy", "hardlink", "link", "symlink", "relsymlink")):
        copies.fresh(3 + number)
        _, _, state = both("--register-dataset-types", "--transfer", mode)
        assert len(state["datasets"]) > 20, state
    said = copies.run(copies.sides[1], ["transfer-datasets", "-t", "move"])
    assert said[0] == 1 and "take the files away" in said[2], said


def exported_records(folder):
    """Of export.yaml, by element; the stock butler has taught the loader its kinds of values."""
    found = {}
    for section in yaml.safe_load((folder / "export.yaml").read_text())["data"]:
        if section["type"] == "dimension":
            found.setdefault(section["element"], []).extend(str(sorted(record.items())) for record in section["records"])
    return {element: sorted(records) for element, records in found.items()}


def export_visits(copies):
    """An export of calibrations per visit left out the relations of visits: detectors' regions and systems."""
    ours, root, folder = copies.source.program, copies.source.root, copies.work / "visits"
    folder.mkdir()
    (folder / "one.fits").write_bytes(b"one")
    with Butler.from_config(str(root), writeable=True) as butler:
        region = butler.registry.expandDataId(instrument="LSSTComCam", visit=7).region
        butler.registry.insertDimensionData("visit_detector_region", {"instrument": "LSSTComCam", "visit": 7, "detector": 5,
                                                                      "region": region})
    for name, dimensions in (("sky", ["visit"]), ("skyDetector", ["visit", "detector"])):
        (folder / f"{name}.csv").write_text(f"file,visit,detector\n{folder}/one.fits,7,4\n" if "detector" in dimensions else
                                            f"file,visit\n{folder}/one.fits,7\n")
        for words in (["register-dataset-type", root, name, "ExposureCatalog", *dimensions, "--is-calibration"],
                      ["ingest-files", "-t", "copy", root, name, f"u/{name}/run", folder / f"{name}.csv", "--data-id", COMCAM],
                      ["certify-calibrations", root, f"u/{name}/run", f"u/{name}/cal", name]):
            subprocess.run([ours, *words], check=True, stdout=subprocess.DEVNULL)
    for number, names in enumerate((["u/sky/cal"], ["u/skyDetector/cal"], ["u/sky/cal", "u/skyDetector/cal"])):
        result = CliRunner().invoke(cli, ["export-calibs", str(root), str(folder / f"stock{number}"), *names])
        assert result.exit_code == 0, result
        subprocess.run([ours, "export-calibs", root, folder / f"ours{number}", *names], check=True, stdout=subprocess.DEVNULL)
        want, got = exported_records(folder / f"stock{number}"), exported_records(folder / f"ours{number}")
        assert want == got, (names, want, got)
        assert len(got["visit_detector_region"]) == 2 - (number > 0) and got["exposure"] and got["visit_system_membership"], got
    copies.fresh(9)
    for side in copies.sides:
        for kind in ("ours0", "ours1"):
            words = ["import", str(side.root), "-t", "copy", "--export-file", str(folder / kind / "export.yaml"), str(folder / kind)]
            if side.program is None:
                assert CliRunner().invoke(cli, words).exit_code == 0
            else:
                subprocess.run([side.program, *words], check=True)
    stock, mine = (copies.state(side)["records"] for side in copies.sides)
    assert stock == mine, (stock, mine)
    assert len(mine["visit_detector_region"]) == 2 and mine["visit_detector_region_skypix_overlap"], mine


def import_untracked(copies):
    """import records sizes, or -1 where files are not tracked, as the stock command does."""
    for number, option in enumerate(("--track-file-attrs", "--no-track-file-attrs")):
        folder = copies.work / f"export{number}"
        subprocess.run([copies.ours, "export-calibs", "-t", "copy", copies.source.root, folder, "LSSTComCam/calib"], check=True,
                       stdout=subprocess.DEVNULL)
        copies.fresh(20 + number)
        for side in copies.sides:
            words = ["import", str(side.root), str(folder), "-t", "copy", option]
            if side.program is None:
                assert CliRunner().invoke(cli, words).exit_code == 0, words
            else:
                subprocess.run([side.program, *words], check=True)
        a, b = (copies.state(side) for side in copies.sides)
        assert a["datasets"] == b["datasets"] and a["files"] == b["files"], (a, b)
        sizes = {row[9] for row in b["datasets"]}
        assert sizes == {-1} if number else -1 not in sizes, sizes


def config_dump(ours, root, work):
    """The same values as the stock command's."""
    search = pathlib.Path(work) / "search"
    (search / "datastores").mkdir(parents=True)
    (search / "datastore.yaml").write_text("datastore:\n  root: elsewhere\n  extra: [a, '1', 2]\n")
    (search / "registry.yaml").write_text("registry:\n  other: 'yes'\n")
    (search / "datastores" / "fileDatastore.yaml").write_text("datastore:\n  create: false\n")
    (search / "inner").mkdir()
    (search / "store.yaml").write_text("extra: !include inner/more.yaml\nroot: deep\n")
    (search / "inner" / "more.yaml").write_text("[1, !include ../last.yaml, two]\n")
    (search / "last.yaml").write_text("{a: b, c: null}\n")
    (search / "one.yaml").write_text("registry: {db: one, x: 1}\nfirst: 1\n")
    (search / "two.yaml").write_text("registry: {db: two, y: 2}\nfirst: 2\n")
    (search / "all.yaml").write_text("datastore: !include store.yaml\nincludeConfigs: [one.yaml, two.yaml]\nregistry: {namespace: 'no'}\n"
                                     "list: !include [last.yaml, one.yaml]\nmap: !include {k: last.yaml}\n"
                                     "storageClasses: {Own: {inheritsFrom: ExposureF, parameters: [x]}}\n")
    (search / "wrong.yaml").write_text("registry: !include nosuch.yaml\n")
    count = 0
    parts = ["registry", ".datastore.root", ".registry.db", ".datastore.cls", "datastore", ":datastore:cached:root", "/datastore/root",
             ".datastore.composites.default", ".datastore.cached.expiry.threshold", ".registry.namespace", ".registry.managers",
             ".storageClasses.int.pytype", ".datastore.formatters.Packages", ".repo_transfer_formats.yaml.import", "registry.db",
             "nosuch", ".nosuch.x", "", ".root", "datastore,root", ".datastore..cls"]
    cases = [(root, words) for words in [[], ["-p", str(search)]] + [["-s", part] for part in parts] + [["--subset", "registry", "--searchpath", str(search)]]]
    for repo, words in cases + [(search / "all.yaml", words) for words in ([], ["-s", "list"], ["-s", ".datastore.extra"])] + [(search / "wrong.yaml", [])]:
        stock = CliRunner().invoke(cli, ["config-dump", str(repo), *words])
        result = subprocess.run([ours, "config-dump", repo, *words], capture_output=True, text=True)
        assert stock.exit_code == result.returncode, (words, stock, result)
        want, got = yaml.safe_load(stock.stdout), yaml.safe_load(result.stdout)
        if isinstance(want, dict) and list(want) == words[1:]:  # one value, as Python shows it
            assert stock.stdout == result.stdout, (words, stock.stdout, result.stdout)
        assert want == got, (words, want, got)
        count += 1
    out = pathlib.Path(work) / "dumped.yaml"
    subprocess.run([ours, "config-dump", root, "--file", out], check=True)
    assert yaml.safe_load(out.read_text())["registry"]["namespace"] == "source"
    assert subprocess.run([ours, "config-dump", root, "--file", "/nonexistent/x"], capture_output=True).returncode == 1
    return count


def nouns(copies):
    """The same work as calbus nouns."""
    copies.fresh(30)
    dest = copies.sides[1]
    home = copies.work / "home"
    home.mkdir()

    def calbus(*words, status=0):
        result = subprocess.run([os.path.realpath(copies.ours), "repo", *map(str, words)], capture_output=True, text=True,
                                env={**os.environ, "CALBUS_HOME": str(home)})
        assert result.returncode == status, (words, result)
        return json.loads(result.stdout) if "--json" in words else result.stdout + result.stderr
    moved = calbus("transfer", copies.source.root, dest.root, "--dataset-type", "bias", "--collections", "LSSTComCam/calib/DM-1/*",
                   "--where", "instrument='LSSTComCam' and detector < 3", "--register-dataset-types", "--json")
    assert moved["schema"] == "calbus.repo.transfer.v1" and moved["items"][0]["datasets"] == 3, moved
    assert len(copies.state(dest)["datasets"]) == 3
    assert "collections" in calbus("transfer", copies.source.root, dest.root, "--find-first", status=1)
    (copies.work / "one.csv").write_text(f"file\n{copies.work}/given/model.pickle\n")
    subprocess.run([copies.ours, "register-dataset-type", dest.root, "model", "NumpyArray"], check=True, stdout=subprocess.DEVNULL)
    put = calbus("ingest", "model", "models/b", copies.work / "one.csv", "--repo", dest.root, "-t", "copy", "--no-track-file-attrs", "--json")
    assert put["items"] == [{"run": "models/b", "dataset_type": "model", "datasets": 1, "files": 1}], put
    assert dest.rows("SELECT file_size FROM file_datastore_records WHERE path LIKE 'models/b/%%'") == [(-1,)]
    calbus("ingest", "model", "models/b", copies.work / "one.csv", "--repo", dest.root, "--id-generation-mode", "none", status=2)
    assert calbus("config", ".registry.namespace", "--repo", dest.root) == ".registry.namespace: ours30\n"


def frame(copies):
    """Usage errors, options from a file, what is printed and what is logged, beside the stock command."""
    root, work, ours = str(copies.source.root), copies.work, copies.ours
    run = "LSSTComCam/calib/DM-1/demo/biasGen.20241210a"

    def both(words, check_errors=True):
        stock = CliRunner().invoke(cli, words)
        result = subprocess.run([ours, *words], capture_output=True, text=True)
        assert stock.exit_code == result.returncode, (words, stock.stderr, result)
        assert stock.stdout == result.stdout, (words, stock.stdout, result.stdout)
        if check_errors and stock.exit_code == 2:
            assert stock.stderr.splitlines()[-1:] == result.stderr.splitlines()[-1:], (words, stock.stderr, result.stderr)
        return result

    usage = [["config-dump", "a", "b"], ["config-dump", "a", "b", "c"], ["import", "a"], ["import"], ["nosuch"], ["--nosuch", "import"],
             ["import", "a", "b", "-t"], ["import", "a", "b", "-t", "bad"], ["import", "a", "b", "--export-file"], ["import", "-x", "a", "b"],
             ["import", "a", "b", "--skip-dimensions"], ["import", "a", "b", "--no-track-file-attrs=1"], ["collection-chain", "a"],
             ["collection-chain", "a", "b", "--mode", "POP"], ["query-datasets", root, "--limit", "x"], ["ingest-files", "a", "b", "c"],
             ["--log-level", "x", "config-dump", root], ["transfer-datasets", "a"], ["export-calibs", "a", "b", "-t", "none"]]
    for words in usage:
        both(words)
    for name in ("define-visits", "register-skymap", "config-validate", "ingest-zip"):
        result = subprocess.run([ours, name, root], capture_output=True, text=True)
        assert result.returncode == 2 and f'Use the stock command "butler {name}"' in result.stderr, result
    listed = subprocess.run([ours, "--help"], capture_output=True, text=True, check=True).stdout
    for name in cli.list_commands(click.Context(cli)):
        assert f"\n  {name} " in listed, name
    options = work / "options.yaml"
    presets = [
        ("config-dump:\n  subset: .registry.namespace\n", [root]),
        ("config-dump:\n  s: .registry.namespace\n", [root]),
        ("config-dump:\n  repo: %s\n  subset: .registry.namespace\n" % root, []),
        ("config-dump:\n  subset: .registry.namespace\n", [root, "-s", ".datastore.root"]),
        ("config-dump:\n  nosuch: 1\n", [root]),
        ("other:\n  subset: 1\n", [root]),
        ("", [root]),
    ]
    for text, words in presets:
        options.write_text(text)
        both(["config-dump", *words, "-@", str(options)])
    options.write_text("config-dump:\n  searchpath: text\n")
    assert "Value must be an iterable." in both(["config-dump", root, "-@", str(options)], check_errors=False).stderr
    options.write_text("config-dump: null\n")
    both(["config-dump", root, "--options-file", str(options)], check_errors=False)
    both(["config-dump", root, "-@", str(work / "nosuch.yaml")], check_errors=False)
    # what is retrieved and exported, as it is printed
    for number, words in enumerate((["-v"], ["-v", "--no-preserve-path"], ["--no-zip", "--no-find-first"], ["-v", "-t", "copy"])):
        place = work / f"retrieved{number}"
        printed = []
        for program in (None, ours):
            shutil.rmtree(place, ignore_errors=True)
            arguments = ["retrieve-artifacts", root, f"{place}/", "-d", "bias", "--collections", run, *words]
            for _ in range(2 if words[-1] != "copy" else 1):
                if program is None:
                    printed.append(CliRunner().invoke(cli, arguments).stdout)
                else:
                    printed.append(subprocess.run([program, *arguments], capture_output=True, text=True).stdout)
        half = len(printed) // 2
        assert [sorted(p.splitlines()) for p in printed[:half]] == [sorted(p.splitlines()) for p in printed[half:]], (words, printed)
    tables = []
    for program in (None, ours):
        arguments = ["export-calibs", root, str(work / f"exported{len(tables)}"), "LSSTComCam/calib", "-t", "direct"]
        tables.append(CliRunner().invoke(cli, arguments).stdout if program is None else
                      subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout)
    stock_table, our_table = (text.splitlines() for text in tables)
    assert stock_table[:2] == our_table[:2] and sorted(stock_table) == sorted(our_table), tables

    # what is logged, and where
    def log(*words):
        return subprocess.run([ours, *words, "import", root, str(work / "nosuch")], capture_output=True, text=True)
    assert "butler import ERROR: " in log().stderr
    assert log("--no-log-tty").stderr == "" and log("--no-log-tty").returncode == 1
    assert log("--log-level", "CRITICAL").stderr == ""
    assert "ERROR" in log("--log-level", "other=CRITICAL").stderr
    assert log("--log-level", "a=b=c").returncode == 1
    long = log("--long-log", "--log-label", "label=night").stderr
    assert re.match(r"ERROR \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 butler import \(night\)", long), long
    for name in ("a.log", "b.json"):
        for _ in range(2):
            log("--no-log-tty", "--log-file", str(work / name), "--log-label", "site=usdf")
    lines = (work / "a.log").read_text().splitlines()
    assert len(lines) == 2 and all("ERROR" in line for line in lines), lines
    for line in (work / "b.json").read_text().splitlines():
        record = ButlerLogRecord.model_validate_json(line)
        assert record.levelname == "ERROR" and record.MDC["SITE"] == "usdf", record


def zipped(copies):
    """The same archive, file by file, and the stock butler takes ours in; datasets in one file are one artifact."""
    root, place = copies.source.root, copies.work / "zipped"
    table = copies.work / "shared.csv"
    table.write_text("f,htm7\n" + "".join(f"{copies.work}/given/sum.fits,{131072 + i}\n" for i in range(3)))
    for words in (["register-dataset-type", root, "shared", "Catalog", "htm7"],
                  ["ingest-files", "-t", "copy", root, "shared", "u/shared", table]):
        subprocess.run([copies.ours, *map(str, words)], check=True, stdout=subprocess.DEVNULL)

    def run(program, *words):
        words = ["retrieve-artifacts", str(root), *map(str, words)]
        if program is None:
            result = CliRunner().invoke(cli, words)
            return result.exit_code, result.stdout
        result = subprocess.run([program, *words], capture_output=True, text=True)
        return result.returncode, result.stdout

    def contents(path):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}
    for select in (["-d", "bias"], ["-d", "shared", "--collections", "u/shared"], ["-d", "bias,shared"], ["-d", "nosuch*"]):
        found = []
        for program in (None, copies.ours):
            shutil.rmtree(place, ignore_errors=True)
            steps = [run(program, place, *select, "--zip"), run(program, place, *select, "--zip"), run(program, place, *select, "--zip", "--clobber", "-v")]
            names = sorted(path.name for path in place.iterdir()) if place.is_dir() else []
            content = contents(place / names[0]) if names else {}
            index = json.loads(content.pop("_butler_zip_index.json", "{}"))
            for entry in index.get("artifact_map", {}).values():
                entry["ids"].sort()
            index.get("refs", {}).pop("dimension_records", None)
            found.append((steps, names, content, index))
        for a, b in zip(*found):
            assert a == b, (select, a, b)
        if names:
            shutil.copy(place / names[0], copies.work / "ours.zip")
    for preserve in ("--preserve-path", "--no-preserve-path"):
        found = []
        for program in (None, copies.ours):
            shutil.rmtree(place, ignore_errors=True)
            status = run(program, f"{place}/", "-d", "shared,bias", preserve, "-t", "copy")
            index = json.loads((place / "_butler_zip_index.json").read_text())
            for entry in index["artifact_map"].values():
                entry["ids"].sort()
            index["refs"].pop("dimension_records")
            found.append((status, index))
        assert found[0] == found[1], (preserve, found)
    copies.fresh("zip")
    stock = copies.sides[0]
    prepared = subprocess.run([copies.ours, "transfer-datasets", root, stock.root, "-d", "bias,shared", "--register-dataset-types"], capture_output=True)
    assert prepared.returncode == 0, prepared
    assert subprocess.run([copies.ours, "remove-runs", "--no-confirm", stock.root, "*"], capture_output=True).returncode == 0
    with Butler.from_config(str(stock.root), writeable=True) as butler:
        butler.ingest_zip(str(copies.work / "ours.zip"), transfer="copy")
        refs = butler.query_datasets("shared", collections="u/shared")
        assert len(refs) == 3 and all(butler.stored(ref) for ref in refs), refs


def main(ours, work, socket):
    copies = Copies(ours, work, socket)
    transfer(copies)
    import_untracked(copies)
    print(f"{config_dump(ours, copies.source.root, work)} parts of the configuration are the same")
    print(f"{copies.count} transfers leave the same")
    zipped(copies)
    frame(copies)
    nouns(copies)
    export_visits(copies)
    twins = Twins(ours, work, socket)
    ingest(twins)
    stock_lists_types_without_dimensions(twins)
    ingest_killed(twins)
    print(f"{twins.count} commands leave the same tables and files")


if __name__ == "__main__":
    main(*sys.argv[1:])
