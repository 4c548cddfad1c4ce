"""The drop-in `butler` beside the stock one where files come into a repository: butler_files.py OURS WORK SOCKET

WORK/stock and WORK/ours are two repositories made alike, their tables in the schemas of these names. After each command
exit status, tables and files must be the same, new ids aside; only where the stock command leaves an empty run behind
after it failed, ours leaves nothing.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import psycopg2
from click.testing import CliRunner
from lsst.daf.butler import StorageClassFactory
from lsst.daf.butler.cli.butler import cli

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
    said = twins.ours_only("ingest-files", "-t", "direct", "mon", "refcats/far", "a.csv", "--prefix", "s3://bucket/x", status=1)
    assert "no local folder" in said, said
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


def main(ours, work, socket):
    twins = Twins(ours, work, socket)
    ingest(twins)
    ingest_killed(twins)
    print(f"{twins.count} commands leave the same tables and files")


if __name__ == "__main__":
    main(*sys.argv[1:])
