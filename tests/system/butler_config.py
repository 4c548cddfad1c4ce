"""Storage classes, formatters, templates and constraints of a repository's own: butler_config.py OURS WORK SOCKET

WORK/stock and WORK/ours are two repositories made alike; their butler.yaml gets the same lines, and after each command
exit status, tables and files must be the same.
"""

import subprocess
import sys

import yaml
from butler_files import Twins
from click.testing import CliRunner
from lsst.daf.butler.cli.butler import cli

FITS = "lsst.obs.base.formatters.fitsExposure.FitsExposureFormatter"
GENERIC = "lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter"
PICKLE = "lsst.daf.butler.formatters.pickle.PickleFormatter"
YAML = "lsst.daf.butler.formatters.yaml.YamlFormatter"
FILES = "lsst.daf.butler.datastores.fileDatastore.FileDatastore"
MEMORY = "lsst.daf.butler.datastores.inMemoryDatastore.InMemoryDatastore"
CHAIN = "lsst.daf.butler.datastores.chainedDatastore.ChainedDatastore"
EXPOSURE = 2024120800001


def store(more="", root="<butlerRoot>"):
    return f"{{cls: {FILES}, root: {root}, records: {{table: file_datastore_records}}{', ' if more else ''}{more}}}"


class Configured(Twins):
    """The configuration of both is written anew for each part."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.registry = [(side.root / "butler.yaml").read_text().partition("registry:")[2] for side in self.sides]
        self.run_number = 0

    def configure(self, datastore, more=""):
        for side, registry in zip(self.sides, self.registry):
            (side.root / "butler.yaml").write_text(f"datastore: {datastore}\n{more}registry:{registry}")

    def ingest(self, type, *ids, file="0.fits", status=0, words=()):
        self.run_number += 1
        self.write("files/" + file, b"x" * 10)
        columns = [one.split("=")[0] for one in ids[0].split(",")] if ids and ids[0] else []
        rows = "".join(f"files/{file}{''.join(',' + one.split('=')[1] for one in row.split(',') if one)}\n" for row in ids or [""])
        self.write("table.csv", ",".join(["file", *columns]) + "\n" + rows)
        return self.both("ingest-files", "-t", "copy", "--id-generation-mode", "DATAID_TYPE_RUN", type, f"u/a/run{self.run_number}", "table.csv", *words, status=status)


def register(twins):
    for name, storage, *dims in (("here", "ExposureF", "instrument", "detector"), ("rawlike", "ExposureF", "detector", "exposure"),
                                 ("nightly", "Catalog", "day_obs"), ("tied", "Catalog", "exposure"), ("grouped", "Catalog", "group"),
                                 ("filtered", "Catalog", "physical_filter"), ("plain", "NumpyArray"), ("sky", "Catalog", "htm7")):
        twins.both("register-dataset-type", name, storage, *dims, status=0)


def storage_classes(twins):
    twins.configure(store(f"formatters: {{Odd: {PICKLE}, Other: {{formatter: {YAML}, parameters: {{unsafe_dump: true}}}}}}"),
                    "storageClasses:\n  Odd: {pytype: dict}\n  Other: {inheritsFrom: Later}\n  Later: {pytype: list}\n"
                    "  Bare: {inheritsFrom: ExposureF}\n  ExposureF: {pytype: lsst.afw.image.ExposureF}\n")
    for name, storage in (("odd", "Odd"), ("other", "Other"), ("later", "Later"), ("bare", "Bare")):
        twins.both("register-dataset-type", name, storage, "instrument", status=0)
    twins.both("register-dataset-type", "never", "Never", "instrument", status=1)
    twins.ingest("odd", "instrument=LSSTComCam", file="o.pickle")
    twins.ingest("odd", "instrument=LSSTComCam", file="o.fits", status=1)
    twins.ingest("other", "instrument=LSSTComCam", file="o.yaml")
    twins.ingest("later", "instrument=LSSTComCam", file="o.yaml", status=1)
    twins.ingest("bare", "instrument=LSSTComCam", file="o.fits", status=1)
    twins.ingest("bare", "instrument=LSSTComCam", file="o.fits", words=("--formatter", GENERIC))
    twins.configure(store(), "storageClasses:\n  ExposureF: {pytype: dict}\n")
    said = twins.both("query-dataset-types", status=1)
    assert "New definition for StorageClass ExposureF" in said, said


def formatters(twins):
    twins.configure(store(f"formatters: {{here: {GENERIC}, 'instrument<LSSTComCam>': {{tied: {PICKLE}, 'day_obs+': {YAML}}}, "
                          f"'instrument<LATISS>': {{here: {PICKLE}}}, 'exposure+': {FITS}, 'instrument+': {GENERIC}}}"))
    twins.ingest("here", "instrument=LSSTComCam,detector=0")
    twins.ingest("tied", f"instrument=LSSTComCam,exposure={EXPOSURE}", file="t.pickle")
    twins.ingest("tied", f"instrument=LSSTComCam,exposure={EXPOSURE}", status=1)
    twins.ingest("nightly", "instrument=LSSTComCam,day_obs=20241208", file="n.yaml")
    twins.ingest("rawlike", f"instrument=LSSTComCam,detector=0,exposure={EXPOSURE}")


TEMPLATES = [
    "{run:/}/x/{datasetType}_{instrument}_{detector:03d}",
    "{run}/{datasetType}.{component:?}/{instrument}_{detector.full_name}_{detector.purpose}_{detector.raft:?}",
    "{run:/}/{instrument:?}/{detector:>5}/{detector.id}/{id}",
    "{run:/}/{{{datasetType}}}/{instrument:*^15}#{detector!s:04}.x",
    "{run:/}/{nosuch|detector}/{instrument}/{nosuch:?}_y",
    "{run:/}/./a//b/./{instrument.class_name}_{detector:<4d}{visit:?}",
]
WRONG = ["{run:/}/{datasetType}", "{instrument}/{detector}", "{run:/}/../{detector}", "{id}/{datasetType}", "{run}/{detector", "{collection}/{run}/{detector}",
         "{run}/}{detector}"]


def templates(twins):
    for template in TEMPLATES:
        twins.configure(store(f"templates: {{here: '{template}'}}"))
        twins.ingest("here", "instrument=LSSTComCam,detector=0", "instrument=LSSTComCam,detector=7")
        twins.ingest("rawlike", f"instrument=LSSTComCam,detector=0,exposure={EXPOSURE}")
    for template in WRONG:
        twins.configure(store(f"templates: {{here: '{template}'}}"))
        twins.ingest("here", "instrument=LSSTComCam,detector=0", status=1)
    twins.configure(store("templates: {here: '{run:/}/{band}_{detector}'}"))
    twins.ingest("here", "instrument=LSSTComCam,detector=0", status=1)
    exposure = ("{run:/}/{exposure.observation_type}/{exposure.seq_num:05d}_{exposure.exposure_time}_{exposure.can_see_sky}_"
                "{exposure.has_simulated}_{exposure.dark_time}_{exposure.target_name}_{exposure.day_obs}_{exposure.physical_filter}_{exposure}")
    twins.configure(store("templates: {default: 'd/{run}/{datasetType}_{skypix:?}{exposure:?}{group:?}_{day_obs|exposure.day_obs:?}', "
                          f"'instrument<LSSTComCam>': {{tied: '{exposure}', Catalog: 'c/{{run}}/{{instrument:.<20s}}/{{group:?}}{{physical_filter:?}}'}}, "
                          "ExposureF: 'never/{run}/{exposure}_{detector}', 'physical_filter+': 'never/{run}/{physical_filter}'}"))
    twins.ingest("tied", f"instrument=LSSTComCam,exposure={EXPOSURE}")
    twins.ingest("filtered", "instrument=LSSTComCam,physical_filter=r_03")
    twins.ingest("rawlike", f"instrument=LSSTComCam,detector=0,exposure={EXPOSURE}")
    twins.ingest("here", "instrument=LSSTComCam,detector=0", status=1)
    twins.ingest("sky", "htm7=131072", "htm7=131073")
    twins.configure(store("templates: {default: null}"))
    twins.ingest("sky", "htm7=131072", status=1)
    twins.ingest("rawlike", f"instrument=LSSTComCam,detector=0,exposure={EXPOSURE}")
    for key in ("default: 7", "plain: null", "x: {plain: '{run}/{id}'}"):
        twins.configure(store(f"templates: {{{key}}}"))
        twins.ingest("sky", "htm7=131072", status=1)


def constraints(twins):
    def tries(*statuses):
        for type, ids, status in zip(("here", "nightly", "sky"), ("instrument=LSSTComCam,detector=0", "instrument=LSSTComCam,day_obs=20241208",
                                                                 "htm7=131072"), statuses):
            twins.ingest(type, ids, status=status)
    for text, *statuses in (("accept: [here, Catalog]", 0, 0, 0), ("reject: [here]", 1, 0, 0), ("accept: [here], reject: [all]", 0, 1, 1),
                            ("accept: [all], reject: ['day_obs+']", 0, 1, 0), ("accept: [{'instrument<LSSTComCam>': [all]}]", 0, 0, 1),
                            ("reject: [{'instrument<LATISS>': [all]}, {'instrument<LSSTComCam>': [here]}]", 1, 0, 0)):
        twins.configure(store(f"constraints: {{{text}}}"))
        tries(*statuses)
    chain = f"{{cls: {CHAIN}, constraints: {{reject: [here]}}, datastore_constraints: [{{constraints: {{reject: [all]}}}}, {{constraints: {{reject: [nightly]}}}}], " \
            f"datastores: [{{datastore: {{cls: {MEMORY}}}}}, {{datastore: {store('''templates: {sky: 'c/{run}_{skypix:09d}'}''')}}}]}}"
    twins.configure(chain)
    tries(1, 1, 0)


def roots(twins):
    """The datastore's own folder, by path, URI and default; locations are recorded under its name."""
    for root in ("<butlerRoot>/deep/er", "file://<butlerRoot>/deep"):
        twins.configure(store(root=root))
        twins.ingest("here", "instrument=LSSTComCam,detector=0")
    twins.configure(f"{{cls: {FILES}, name: mine, records: {{table: file_datastore_records}}}}")
    twins.ingest("here", "instrument=LSSTComCam,detector=1")
    twins.both("remove-runs", "--no-confirm", f"u/a/run{twins.run_number}", status=0)
    twins.configure(store(root="s3://bucket/x"))
    ours = twins.sides[1].run(["query-collections"])
    assert ours[0] == 1 and "datastore.root is \"s3://bucket/x\"; calbus writes files of this machine" in ours[2], ours


def created(twins):
    """butler.yaml of a new repository holds what its seed says, as the stock command writes it."""
    work, made = twins.sides[0].root.parent, 0
    database = twins.registry[1].partition("db:")[2].splitlines()[0].strip()
    more = {"datastore": {"templates": {"x": "{run}/{id}"}, "root": "<butlerRoot>/deep", "records": {"table": "file_datastore_records"}},
            "storageClasses": {"Odd": {"pytype": "dict"}}, "root": "/nosuch", "own": {"list": [1, "two"], "none": None}}
    for words, seed, status in (((), more, 0), (("--override",), more, 0), (("--standalone",), more, 0), (("-f", "@.out.yaml"), more, 0),
                                (("--outfile", "@.out.yaml", "--override", "--standalone"), {}, 0), ((), {"includeConfigs": ["more.yaml"]}, 0),
                                (("-f", "@.there.yaml"), {}, 1), (("--dimension-config", "nosuch.yaml"), {}, 1)):
        (work / "more.yaml").write_text(yaml.safe_dump({"own": 1, "registry": {"extra": 2}}))
        found, made = [], made + 1
        for side in twins.sides:
            name = f"made{side.name}{made}"
            file, root = work / "seed.yaml", work / name
            file.write_text(yaml.safe_dump({**seed, "registry": {"db": database.strip("'"), "namespace": name}}))
            (work / f"{name}.there.yaml").touch()
            arguments = ["create", "--seed-config", str(file), str(root), *(word.replace("@", str(root)) for word in words)]
            done = CliRunner().invoke(cli, arguments).exit_code if side.program is None else subprocess.run([side.program, *arguments], capture_output=True).returncode
            path = next((p for p in (root / "butler.yaml", work / f"{name}.out.yaml") if p.exists()), None)
            config = yaml.safe_load(path.read_text().replace(name, "made")) if path else {}
            config.get("registry", {}).pop("managers", None)
            config["root"] = config.get("root", "").rstrip("/")
            found.append((done, path and path.name.replace(name, "made"), config))
            for program in (None, twins.sides[1].program):
                if not status:
                    listed = CliRunner().invoke(cli, ["query-collections", str(path)]).exit_code if program is None else \
                        subprocess.run([program, "query-collections", path]).returncode
                    assert listed == 0, (arguments, program)
        if words[:1] == ("--dimension-config",):  # after which the stock command leaves a configuration without tables
            found[0] = found[1] if found[0][0] == 1 and found[1][1] is None else None
        assert found[0] == found[1] and found[0][0] == status, (words, found)
        twins.count += 1
    (work / "chain.yaml").write_text(f"datastore: {{cls: {CHAIN}, datastores: []}}\nregistry: {{db: {database}, namespace: chain}}\n")
    ours = subprocess.run([twins.sides[1].program, "create", "--seed-config", work / "chain.yaml", work / "chain"], capture_output=True, text=True)
    assert ours.returncode == 1 and "one datastore of files" in ours.stderr and not (work / "chain/butler.yaml").exists(), ours


def main(*arguments):
    twins = Configured(*arguments)
    for part in (register, storage_classes, formatters, templates, constraints, roots, created):
        part(twins)
        print(f"ok: {part.__name__.replace('_', ' ')}, {twins.count} commands")


if __name__ == "__main__":
    main(*sys.argv[1:4])
