"""Several repositories, two in each of two databases, made by calbus and by the stock butler, by every kind of name.

butler_repositories.py WORK SOCKET PUT_FILES CALBUS      WORK/butler is calbus' drop-in, SOCKET the folder of the databases
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys

from click.testing import CliRunner
from lsst.daf.butler import Butler
from lsst.daf.butler.cli.butler import cli

FILE_STORE = "cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore, root: <butlerRoot>, records: {table: file_datastore_records}"
MEMORY = "cls: lsst.daf.butler.datastores.inMemoryDatastore.InMemoryDatastore"
SASQUATCH = "cls: lsst.analysis.tools.interfaces.datastore.SasquatchDatastore, restProxyUrl: 'https://host/proxy'"
CHAIN = "cls: lsst.daf.butler.datastores.chainedDatastore.ChainedDatastore"


class Test:
    def __init__(self, work, socket, put_files, calbus):
        self.work, self.put_files, self.calbus, self.butler = pathlib.Path(work), put_files, calbus, os.path.join(work, "butler")
        self.socket = socket

    def db(self, database):
        return f"db: 'postgresql+psycopg2://calbus@/{database}?host={self.socket}'"

    def seed(self, name, database, schema):
        seed = self.work / f"{name}.seed.yaml"
        seed.write_text(f"registry:\n  {self.db(database)}\n" + (f"  namespace: {schema}\n" if schema else ""))
        return seed

    def ours(self, *words, fails=None, program=None, cwd=None):
        done = subprocess.run([program or self.butler, *map(str, words)], capture_output=True, text=True, cwd=cwd)
        if fails is None:
            assert done.returncode == 0, (words, done)
        else:
            assert done.returncode != 0 and fails in done.stderr, (words, fails, done)
        return done.stdout

    def stock(self, *words):
        result = CliRunner().invoke(cli, list(map(str, words)))
        assert result.exit_code == 0, (words, result)
        return result.stdout

    def same(self, name, run, **more):
        """Both take the name for the repository that holds this run."""
        stock, ours = self.stock("query-collections", name), self.ours("query-collections", name, **more)
        assert stock == ours and run in stock, (name, stock, ours)

    def fill(self, root, run, detector=4):
        file = self.work / f"{run.replace('/', '_')}.fits"
        file.write_text(f"{run}\n")
        self.ours("register-instrument", root, "lsst.obs.lsst.LsstComCam")
        self.ours("register-dataset-type", root, "bias", "ExposureF", "instrument", "detector", "--is-calibration")
        self.ours(root, "bias", run, "copy", file, f"detector={detector}", program=self.put_files)

    def read(self, root, run):
        """What the stock butler finds there."""
        with contextlib.closing(Butler.from_config(str(root), writeable=True)) as butler:
            return {(ref.dataId["detector"], pathlib.Path(butler.getURI(ref).ospath).read_text())
                    for ref in butler.query_datasets("bias", collections=run)}

    def in_several_databases(self):
        """In public of a database, and in a schema of another; each by the one who did not make it."""
        self.stock("create", "--seed-config", self.seed("one", "calbus", "one"), self.work / "one")
        self.ours("create", "--seed-config", self.seed("two", "calbus", "two"), self.work / "two")
        self.stock("create", "--seed-config", self.seed("three", "second", None), self.work / "three")
        self.ours("create", "--seed-config", self.seed("four", "second", "four"), self.work / "four")
        for name in ("one", "two", "three", "four"):
            # no stock butler has opened one and three to write files yet: calbus makes what that would have made
            self.fill(self.work / name, f"u/{name}/run")
            assert self.read(self.work / name, f"u/{name}/run") == {(4, f"u/{name}/run\n")}, name
        for name in ("one", "two", "three", "four"):
            listed = self.ours("query-collections", self.work / name, "--chains", "flatten")
            assert [line.split()[0] for line in listed.splitlines()[2:]] == [f"u/{name}/run"], listed

    def by_every_name(self):
        index = {"/repo/one": str(self.work / "one"), "two": f"file://{self.work}/two", "three": str(self.work / "three/butler.yaml")}
        (self.work / "index.yaml").write_text("".join(f"{label}: {path}\n" for label, path in index.items()))
        (self.work / "index.json").write_text(json.dumps(index))
        for environment in ({"DAF_BUTLER_REPOSITORY_INDEX": str(self.work / "index.yaml")},
                            {"DAF_BUTLER_REPOSITORY_INDEX": str(self.work / "index.json")},
                            {"DAF_BUTLER_REPOSITORY_INDEX": f"file://{self.work}/index.yaml"},
                            {"DAF_BUTLER_REPOSITORIES": json.dumps(index)}):
            os.environ.update(environment)
            for label, run in (("/repo/one", "u/one"), ("two", "u/two"), ("three", "u/three"), (str(self.work / "four"), "u/four")):
                self.same(label, run)
            self.ours("query-collections", "/repo/five", fails="/repo/one, two, three")
            (self.work / "bare").mkdir(exist_ok=True)
            self.ours("query-collections", self.work / "bare", fails="/repo/one, two, three")
            self.ours("query-collections", self.work / "one/butler+sasquatch.yaml", fails="/repo/one, two, three")
            for name in environment:
                del os.environ[name]
        self.same(f"file://{self.work}/one/butler.yaml", "u/one")
        self.same(os.path.relpath(self.work / "one"), "u/one")
        os.environ.update(DAF_BUTLER_REPOSITORY_INDEX=str(self.work / "index.yaml"), DAF_BUTLER_REPOSITORIES=json.dumps(index))
        self.same(self.work / "one", "u/one")
        self.ours("query-collections", "two", fails="only one of DAF_BUTLER_REPOSITORIES and DAF_BUTLER_REPOSITORY_INDEX")
        del os.environ["DAF_BUTLER_REPOSITORIES"], os.environ["DAF_BUTLER_REPOSITORY_INDEX"]
        self.ours("query-collections", "two", fails="neither a label nor a folder")

    def chained(self, *stores, root="", more="", registry=None):
        registry = registry or f"{{{self.db('calbus')}, namespace: one}}"
        members = "".join(f"  - datastore: {{{store}}}\n" for store in stores)
        return f"{root}datastore:\n  {CHAIN}\n{more}  datastores:\n{members}registry: {registry}\n"

    def configurations(self):
        """butler+sasquatch.yaml beside butler.yaml, and far from it."""
        one, far = self.work / "one", self.work / "far"
        far.mkdir()
        name = one / "butler+sasquatch.yaml"
        name.write_text(self.chained(MEMORY, FILE_STORE))
        self.same(name, "u/one")
        (far / "one.yaml").write_text(self.chained(FILE_STORE, MEMORY, root=f"root: {one}\n"))
        self.same(far / "one.yaml", "u/one")
        (far / "registry.yaml").write_text(f"{self.db('calbus')}\nnamespace: one\n")
        (far / "store.yaml").write_text(self.chained(FILE_STORE, MEMORY).split("registry")[0].replace("datastore:\n", "", 1))
        (far / "included.yaml").write_text(f"root: {one}\ndatastore: !include store.yaml\nregistry: !include registry.yaml\n")
        self.same(far / "included.yaml", "u/one")
        (far / "merged.yaml").write_text(f"root: {one}\nincludeConfigs: [base.yaml]\nregistry: {{namespace: one}}\n")
        (far / "base.yaml").write_text(f"datastore: {{{FILE_STORE}}}\nregistry: {{{self.db('calbus')}, namespace: two}}\n")
        self.same(far / "merged.yaml", "u/one")
        (far / "link.yaml").symlink_to(name)  # its root is where the link is
        assert str(far) in self.stock_root(far / "link.yaml")
        self.ours(far / "link.yaml", "bias", "u/one/link", "copy", self.work / "u_one_run.fits", "detector=7", program=self.put_files)
        assert len(list(far.rglob("bias_*.fits"))) == 1, "calbus takes the folder of the link for the root, too"
        self.ours("remove-runs", "--no-confirm", far / "link.yaml", "u/one/link")
        # a relative root is one of the working folder
        (far / "relative.yaml").write_text(self.chained(FILE_STORE, MEMORY, root="root: one\n"))
        with contextlib.chdir(self.work):
            self.same(far / "relative.yaml", "u/one")
        self.ours(far / "relative.yaml", "bias", "u/one/run", "copy", self.work / "u_one_run.fits", "detector=5",
                  program=self.put_files, cwd=self.work)
        assert {5, 4} == {detector for detector, _ in self.read(one, "u/one/run")}
        # what holds no files does not matter; a form without "datastore" around the members is known too
        name.write_text(self.chained(SASQUATCH, FILE_STORE))
        assert "u/one/run" in self.ours("query-collections", name)
        name.write_text(self.chained(SASQUATCH, FILE_STORE).replace("datastore: {", "{"))
        self.ours(name, "bias", "u/one/run", "copy", self.work / "u_one_run.fits", "detector=6", program=self.put_files)
        assert {6, 5, 4} == {detector for detector, _ in self.read(one, "u/one/run")}
        for text, sentence in (
                (self.chained(FILE_STORE, FILE_STORE), "two file datastores"),
                (self.chained(MEMORY, SASQUATCH), "there is no file datastore"),
                (self.chained(FILE_STORE, "cls: some.where.OtherDatastore"), "no datastore of class some.where.OtherDatastore"),
                (self.chained(FILE_STORE, MEMORY, more="  datastore_constraints: [{}]\n"), "2 datastores, but 1 datastore_constraints"),
                (self.chained(FILE_STORE.replace("<butlerRoot>", "'s3://bucket/x'"), MEMORY), "datastore.root is \"s3://bucket/x\""),
                (self.chained(FILE_STORE, registry="!include nosuch.yaml"), "nosuch.yaml"),
                (self.chained(FILE_STORE, root="root: /nosuch/folder\n"), "/nosuch/folder"),
                (self.chained(FILE_STORE, registry="{db: 'sqlite:///gen3.sqlite3'}"), "not in PostgreSQL"),
                (f"datastore: {{{FILE_STORE}}}\n", "registry.db is missing"),
                ("includeConfigs: butler+sasquatch.yaml\n", "files include each other")):
            name.write_text(text)
            self.ours("query-collections", name, fails=sentence)
        name.unlink()

    def stock_root(self, name):
        with contextlib.closing(Butler.from_config(str(name))) as butler:
            return str(butler.get_datastore_roots())

    def attached(self):
        """One that the stock butler made gets a label of the suite."""
        self.ours("site", "attach", "/repo/main", self.work / "three", program=self.calbus)
        self.ours("site", "attach", "/repo/main", self.work / "three", program=self.calbus)
        self.ours("site", "attach", "/repo/main", self.work / "four", fails="stands for", program=self.calbus)
        self.ours("site", "attach", "/repo/bare", self.work / "bare", fails="butler.yaml", program=self.calbus)
        self.ours("site", "attach", "/repo/bare", self.work / "nosuch", fails="no repository", program=self.calbus)
        self.ours("certify-calibrations", self.work / "three", "u/three/run", "u/three/bias", "bias")
        os.environ["CALBUS_DB_URI"] = f"postgresql://calbus@/calbus?host={self.socket}"
        which = self.ours("calib", "which", "LSSTComCam", "4", "bias", "2024-12-09T03:00:00", "--collections", "u/three/bias", "--json",
                          program=self.calbus)
        assert "u/three/run" in which, which
        shown = json.loads(self.ours("site", "show", "usdf", "--json", program=self.calbus))
        assert str(self.work / "three") in json.dumps(shown), shown


def main(*arguments):
    test = Test(*arguments)
    for part in (test.in_several_databases, test.by_every_name, test.configurations, test.attached):
        part()
        print(f"ok: {part.__name__.replace('_', ' ')}")


if __name__ == "__main__":
    main(*sys.argv[1:5])
