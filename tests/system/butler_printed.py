"""The commands of DMTN-222 as they are printed there, typed into bash, by calbus and by the stock butler.

butler_printed.py WORK SOCKET PUT_FILES      WORK/butler is calbus' drop-in, SOCKET the database's folder
Each works on repositories of its own that were made alike. What they print and what they leave in all tables is the same.
"""

import os
import pathlib
import subprocess
import sys

import psycopg2
from click.testing import CliRunner
from lsst.daf.butler import Butler
from lsst.daf.butler.cli.butler import cli
from registry_dump import Dumper, differences

SECTION_3_3 = r"""
butler certify-calibrations $REPO \
    --begin-date $START_DATE \
    $INSTRUMENT/calib/$TICKET/$TAG/biasGen.$RERUN \
    $INSTRUMENT/calib/$TICKET/$TAG/bias.${CERT_RERUN} \
    bias
"""
SECTION_3_5_1 = r"""
butler export-calibs $REPO \
    ./export_directory \
    LATISS/calib/DM-XYZ \
    LATISS/calib/DM-XYZ/voltageChange/bias

butler import $NEW_REPO --transfer copy \
    --export-file ./export_directory/export.yaml ./export_directory \
    -s instrument -s detector -s physical_filter

butler collection-chain $NEW_REPO --mode=prepend LATISS/calib \
    LATISS/calib/DM-XYZ \
    LATISS/calib/DM-ABC
"""
SECTION_3_6_2 = r"""
butler query-dimension-records $REPO skymap
"""
SECTION_5 = r"""
butler write-curated-calibrations $REPO LATISS --label DM-12345
"""
VARIABLES = {"INSTRUMENT": "LATISS", "TICKET": "DM-48520", "TAG": "DP1", "RERUN": "20250207a", "CERT_RERUN": "20250207a",
             "START_DATE": "1970-01-01T00:00:00"}


class Side:
    """calbus or the stock butler, with a folder of its own, $REPO and $NEW_REPO."""

    def __init__(self, name, work, socket, put_files):
        self.name, self.folder, self.put_files, self.ours = name, work / name, put_files, work / "butler"
        self.folder.mkdir()
        self.connection = psycopg2.connect(host=socket, user="calbus", dbname="calbus")
        self.connection.autocommit = True
        self.repos = {}
        for label in ("REPO", "NEW_REPO"):
            schema = f"{name}_{label.lower()}"
            seed = work / f"{schema}.yaml"
            seed.write_text(f"registry:\n  db: 'postgresql+psycopg2://calbus@/calbus?host={socket}'\n  namespace: {schema}\n")
            root = self.folder / label
            self.prepare("create", "--seed-config", seed, root)
            self.prepare("register-instrument", root, "lsst.obs.lsst.Latiss")
            self.repos[label] = root
        self.dumpers = [Dumper(self.connection, f"{name}_{label.lower()}", root) for label, root in self.repos.items()]
        self.environment = {**os.environ, **VARIABLES, **{label: str(root) for label, root in self.repos.items()}}

    def prepare(self, *words):
        subprocess.run([self.ours, *map(str, words)], check=True, stdout=subprocess.DEVNULL)

    def words(self, printed):
        """The arguments of each butler that bash would start."""
        script = 'butler() { printf "%s\\0" "$@"; printf "\\n\\0"; }\n' + printed
        typed = subprocess.run(["bash", "-euc", script], env=self.environment, capture_output=True, text=True, check=True).stdout
        calls = [[]]
        for word in typed.split("\0")[:-1]:
            if word == "\n":
                calls.append([])
            else:
                calls[-1].append(word)
        return calls[:-1]

    def run(self, printed):
        """What the commands print; each must succeed."""
        said = []
        os.chdir(self.folder)
        for words in self.words(printed):
            if self.name == "ours":
                done = subprocess.run([self.ours, *words], capture_output=True, text=True)
                ok, text, why = done.returncode == 0, done.stdout, done.stderr
            else:
                done = CliRunner().invoke(cli, words)
                ok, text, why = done.exit_code == 0, done.stdout, repr(done.exception)
            assert ok, (self.name, words, why)
            said.append(text.replace(str(self.folder), "<folder>"))
        return said

    def fill(self):
        """A run to be certified; a ticket of calibrations, and another in the repository that imports."""
        repo, new = self.repos["REPO"], self.repos["NEW_REPO"]
        file = self.folder / "bias.fits"
        file.write_text("pixels\n")
        self.prepare("register-dataset-type", repo, "bias", "ExposureF", "instrument", "detector", "--is-calibration")
        for run in ("LATISS/calib/DM-48520/DP1/biasGen.20250207a", "LATISS/calib/DM-XYZ/voltageChange/biasGen"):
            subprocess.run([self.put_files, repo, "bias", run, "copy", file, "instrument=LATISS,detector=0"], check=True)
        # its name has no re-run: calbus certifies into no such official collection, but takes it along when it is there
        with Butler.from_config(str(repo), writeable=True) as butler:
            from lsst.daf.butler import CollectionType, Timespan
            butler.collections.register("LATISS/calib/DM-XYZ/voltageChange/bias", CollectionType.CALIBRATION)
            (ref,) = butler.query_datasets("bias", collections="LATISS/calib/DM-XYZ/voltageChange/biasGen")
            butler.registry.certify("LATISS/calib/DM-XYZ/voltageChange/bias", [ref], Timespan(None, None))
        self.prepare("collection-chain", repo, "LATISS/calib/DM-XYZ", "LATISS/calib/DM-XYZ/voltageChange/bias")
        for chain in ("LATISS/calib/DM-ABC", "LATISS/calib"):
            with Butler.from_config(str(new), writeable=True) as butler:
                butler.collections.register(chain, CollectionType.CHAINED)


def same(sides, what, said):
    assert said[0] == said[1], f"{what}\n--- stock\n" + "\n".join(said[0]) + "\n--- ours\n" + "\n".join(said[1])
    for stock, ours in zip(sides[0].dumpers, sides[1].dumpers):
        lines = differences(stock.dump(), ours.dump())
        assert not lines, what + "\n" + "\n".join(lines)
    print(f"ok: {what}")


def add_skymap(side):
    """As register-skymap leaves it."""
    with Butler.from_config(str(side.repos["REPO"]), writeable=True) as butler:
        butler.registry.insertDimensionData("skymap", {
            "name": "lsst_cells_v1", "hash": bytes.fromhex("e2736e41244df00bbdb93aecac0ae4b2d19dda91"), "tract_max": 18938,
            "patch_nx_max": 10, "patch_ny_max": 10})


def main(work, socket, put_files):
    sides = [Side(name, pathlib.Path(work), socket, put_files) for name in ("stock", "ours")]
    for side in sides:
        side.fill()
    for what, printed in (("3.3", SECTION_3_3), ("3.5.1", SECTION_3_5_1), ("3.6.2 without skymaps", SECTION_3_6_2)):
        same(sides, f"section {what}", [side.run(printed) for side in sides])
    for side in sides:
        add_skymap(side)
    said = [side.run(SECTION_3_6_2) for side in sides]
    assert "lsst_cells_v1" in said[0][0], said
    same(sides, "section 3.6.2 with a skymap", said)
    # what obs_lsst is needed for, the stock butler reads
    ours = sides[1]
    ours.run(SECTION_5)
    with Butler.from_config(str(ours.repos["REPO"])) as butler:
        assert butler.collections.get_info("LATISS/calib/DM-12345").type.name == "CALIBRATION"
        for name in ("defects", "crosstalk"):
            assert butler.query_datasets(name, collections="LATISS/calib/DM-12345"), name
    print("ok: section 5")


if __name__ == "__main__":
    main(*sys.argv[1:4])
