"""Calibrations there and back in every transfer mode: ours exports, the stock butler imports and exports again, ours
imports that: butler_exchange_modes.py OURS FIRST WORK SOCKET

FIRST is a repository of ours, WORK a folder, SOCKET the folder of the database's socket. After each step ids, ranges, the
order of chains and the bytes of all files are those of FIRST. The stock butler runs in this process: it is slow to start.
"""
import os
import pathlib
import subprocess
import sys

from lsst.daf.butler import Butler
from lsst.daf.butler.cli.butler import cli

# how the export is made, how it is imported
MODES = [("copy", "copy"), ("hardlink", "hardlink"), ("link", "link"), ("symlink", "symlink"), ("relsymlink", "relsymlink"),
         ("auto", "auto"), ("copy", "direct"), ("direct", "direct"), ("copy", "move")]


def refuse(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1, (command, done)
    return done.stderr


class Exchange:
    def __init__(self, ours, first, work, socket):
        self.ours, self.work, self.socket = ours, pathlib.Path(work), socket
        self.first = self.state(first)
        assert len(self.first["certified"]) >= 18 and len(self.first["chains"]) >= 1, self.first

    def run(self, *words):
        subprocess.run([self.ours, *map(str, words)], check=True, stdout=subprocess.DEVNULL)

    def stock(self, *words):
        cli(list(map(str, words)), standalone_mode=False)

    def create(self, name, schema):
        seed = self.work / f"{schema}.yaml"
        seed.write_text(f"registry:\n  db: 'postgresql+psycopg2://calbus@/calbus?host={self.socket}'\n  namespace: {schema}\n")
        self.run("create", "--seed-config", seed, name)
        return name

    def state(self, root):
        """What must not change on the way."""
        butler = Butler.from_config(str(root), writeable=False)
        try:
            chain = {"LSSTComCam/calib": None}
            todo = list(chain)
            while todo:
                name = todo.pop()
                if butler.collections.get_info(name).type.name == "CHAINED":
                    chain[name] = butler.collections.get_info(name).children
                    todo += [child for child in chain[name] if child not in chain]
            certified, files = set(), {}
            for one in butler.registry.queryDatasetAssociations("bias", collections="LSSTComCam/calib", flattenChains=True):
                certified.add((str(one.ref.id), one.collection, str(one.ref.dataId.required), str(one.timespan), one.ref.run))
                files[str(one.ref.id)] = pathlib.Path(butler.getURI(one.ref).ospath).read_bytes()
            return {"certified": certified, "chains": chain, "files": files}
        finally:
            butler.close()

    def same(self, root, where):
        now = self.state(root)
        for what, value in self.first.items():
            assert now[what] == value, (where, what, value, now[what])

    def there_and_back(self, first, number, export_mode, import_mode):
        name = f"{number}-{export_mode}-{import_mode}"
        out, back = self.work / f"out-{name}", self.work / f"back-{name}"
        second = self.create(self.work / f"second-{name}", f"second{number}")
        third = self.create(self.work / f"third-{name}", f"third{number}")
        self.run("export-calibs", "-t", export_mode, first, out, "LSSTComCam/calib")
        assert export_mode == "direct" or len(list(out.rglob("bias_*.fits"))) == 18
        self.stock("import", "-t", import_mode, second, out)
        self.same(second, f"{name}: the stock butler imported our export")
        self.stock("export-calibs", "-t", export_mode, second, back, "LSSTComCam/calib")
        self.run("import", "-t", import_mode, third, back)
        self.same(third, f"{name}: we imported the stock butler's export")
        if import_mode == "move":
            assert not list(back.rglob("bias_*.fits")), "moved files are no longer there"
        # the stock butler's second import deletes what the first one copied; ours finds all there
        self.run("import", "-t", import_mode, third, back)
        self.same(third, f"{name}: imported twice")
        self.same(first, f"{name}: the repository that it came from")
        print(f"ok: exported by {export_mode}, imported by {import_mode}")

    def as_the_technote_prints_it(self, first):
        """DMTN-222 section 3.5.1: dimensions that are there already are skipped; where they are not, nothing is imported."""
        out = self.work / "out-technote"
        self.run("export-calibs", first, out, "LSSTComCam/calib")
        words = ["--transfer", "copy", "--export-file", str(out / "export.yaml"), str(out), "-s", "instrument", "-s", "detector",
                 "-s", "physical_filter", "--track-file-attrs"]
        bare = self.create(self.work / "bare", "bare")
        refuse(self.ours, "import", str(bare), *words)
        listed = subprocess.run([self.ours, "query-collections", str(bare)], capture_output=True, text=True, check=True)
        assert "LSSTComCam" not in listed.stdout, listed
        assert not list(bare.rglob("bias_*.fits")), "a refused import leaves no file"
        ready = self.create(self.work / "ready", "ready")
        self.run("register-instrument", ready, "lsst.obs.lsst.LsstComCam")
        self.run("import", ready, *words)
        self.same(ready, "imported as the technote prints it")
        print("ok: imported as the technote prints it")


def main(ours, first, work, socket):
    exchange = Exchange(ours, first, work, socket)
    for number, (export_mode, import_mode) in enumerate(MODES):
        exchange.there_and_back(first, number, export_mode, import_mode)
    exchange.as_the_technote_prints_it(first)
    said = refuse(ours, "export-calibs", "-t", "move", first, os.path.join(work, "moved"), "LSSTComCam/calib")
    assert "move" in said, said
    exchange.same(first, "no export takes files away")


main(*sys.argv[1:5])
