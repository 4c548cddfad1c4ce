"""register-instrument and ingest-raws of the drop-in on a fresh repository each, judged by what the tables hold.

Expected values are those of the stock task (lsst.obs.base.RawIngestTask, run by hand over the same situations) and of
the observatory's published ids; usage: butler_ingest_raws.py CALBUS GOLDEN under support/with_postgres.
"""

import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg2
import yaml
from astropy.io import fits

calbus, golden = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
uri = os.environ["CALBUS_TEST_DB_URI"]
database = psycopg2.connect(uri)
database.autocommit = True
work = tempfile.TemporaryDirectory(prefix="cbraw", dir="/tmp")
root = Path(work.name)
(root / "bin").mkdir()
butler = root / "bin" / "butler"
butler.symlink_to(calbus)
os.environ.pop("METADATA_CORRECTIONS_PATH", None)
with fits.open(golden / "comcam-sample/CC_O_20241208_000696_R22_S11.fits") as sample:
    sample_header = sample[0].header.copy()


def run(*words, env=None):
    done = subprocess.run([butler, *map(str, words)], capture_output=True, text=True, env={**os.environ, **(env or {})})
    return done.returncode, done.stdout + done.stderr


class Repository:
    """A repository of its own schema, and a folder of frames beside it."""

    count = 0

    def __init__(self, *classes):
        Repository.count += 1
        self.schema = f"raws{Repository.count}"
        self.path = root / self.schema
        self.frames = root / f"{self.schema}.in"
        self.frames.mkdir()
        seed = root / "seed.yaml"
        host = uri.split("host=")[1]
        seed.write_text(
            f"registry:\n  db: 'postgresql+psycopg2://calbus@/calbus?host={host}'\n  namespace: {self.schema}\n"
        )
        assert run("create", "--seed-config", seed, self.path)[0] == 0
        for name in classes or ("lsst.obs.lsst.LsstComCam",):
            status, said = run("register-instrument", self.path, name)
            assert status == 0, said

    def rows(self, query):
        """The rows as PostgreSQL prints them, NULL as nothing; of a change, none."""
        with database.cursor() as cursor:
            cursor.execute(f"SET search_path TO {self.schema}")
            if not query.startswith("SELECT"):
                cursor.execute(query)
                return []
            out = io.StringIO()
            cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT text, DELIMITER '|', NULL '')", out)
            return [tuple(line.split("|")) for line in out.getvalue().splitlines()]

    def frame(self, name, obs_id="CC_O_20241208_000696", slot="S11", **cards):
        """A frame of one small segment; its header is the sample's with these cards."""
        path = self.frames / name
        path.parent.mkdir(parents=True, exist_ok=True)
        header = sample_header.copy()
        parts = obs_id.split("_")
        cards = {"CCDSLOT": slot, "OBSID": obs_id, "DAYOBS": parts[2], "SEQNUM": int(parts[3]), **cards}
        for key, value in cards.items():
            header[key] = value
        for key in ("CHECKSUM", "DATASUM"):
            header.remove(key, ignore_missing=True)
        data = io.BytesIO()
        fits.HDUList([fits.PrimaryHDU(header=header), fits.ImageHDU(name="Segment10")]).writeto(data)
        path.write_bytes(gzip.compress(data.getvalue()) if name.endswith(".gz") else data.getvalue())
        return path

    def three(self):
        return [self.frame(f"CC_O_20241208_000696_R22_{s}.fits", slot=s) for s in ("S00", "S11", "S22")]

    def ingest(self, *words, env=None, expect=0, says=()):
        status, said = run("ingest-raws", self.path, *words, env=env)
        assert status == expect, (status, said)
        for text in [says] if isinstance(says, str) else says:
            assert text in said, (text, said)
        return said

    def raws(self, of_run=""):
        return self.rows(
            "SELECT path FROM file_datastore_records f JOIN dataset d ON d.id = f.dataset_id"
            f" JOIN collection c ON c.collection_id = d.run_id WHERE c.name LIKE '{of_run}%' ORDER BY path"
        )

    def exposures(self, columns="obs_id"):
        return self.rows(f"SELECT {columns} FROM exposure ORDER BY id")


def headers_of(*paths):
    """What a tool that indexes headers writes of them."""
    found = {}
    for path in paths:
        header = fits.getheader(path)
        cards = {k: header[k] for k in header if k not in ("COMMENT", "HISTORY", "")}
        found[path.name] = {k: None if isinstance(v, fits.card.Undefined) else v for k, v in cards.items()}
    return found


# Instruments.


def instruments_are_registered_together_again_and_made_equal_when_asked():
    repo = Repository("lsst.obs.lsst.Latiss")
    names = [f"lsst.obs.lsst.{n}" for n in ("Latiss", "LsstComCam", "LsstComCamSim", "LsstCam")]
    assert run("register-instrument", repo.path, *names) == (0, "")
    assert run("register-instrument", repo.path, *names) == (0, "")
    ends = ["7050123199999", "2", "7050123199999"]
    assert repo.rows("SELECT name, visit_max, visit_system, exposure_max, detector_max, class_name FROM instrument ORDER BY 1") == [
        ("LATISS", *ends, "1", names[0]),
        ("LSSTCam", *ends, "1000", names[3]),
        ("LSSTComCam", *ends, "1000", names[1]),
        ("LSSTComCamSim", *ends, "1000", names[2]),
    ]
    assert repo.rows("SELECT instrument, count(*) FROM detector GROUP BY 1 ORDER BY 1") == [
        ("LATISS", "1"), ("LSSTCam", "205"), ("LSSTComCam", "9"), ("LSSTComCamSim", "9"),
    ]
    assert repo.rows("SELECT purpose, count(*) FROM detector WHERE instrument = 'LSSTCam' GROUP BY 1 ORDER BY 1") == [
        ("GUIDER", "8"), ("SCIENCE", "189"), ("WAVEFRONT", "8"),
    ]
    detectors = "SELECT id, full_name, name_in_raft, raft, purpose FROM detector WHERE instrument = '{}' AND id IN ({})"
    assert repo.rows(detectors.format("LATISS", 0)) == [("0", "RXX_S00", "RXX_S00", "", "SCIENCE")]
    assert repo.rows(detectors.format("LSSTCam", "94, 189, 204") + " ORDER BY id") == [
        ("94", "R22_S11", "S11", "R22", "SCIENCE"),
        ("189", "R00_SG0", "SG0", "R00", "GUIDER"),
        ("204", "R44_SW1", "SW1", "R44", "WAVEFRONT"),
    ]
    assert repo.rows("SELECT instrument, count(*), count(DISTINCT band) FROM physical_filter GROUP BY 1 ORDER BY 1") == [
        ("LATISS", "707", "10"), ("LSSTCam", "276", "25"), ("LSSTComCam", "15", "9"), ("LSSTComCamSim", "15", "9"),
    ]
    repo.rows("UPDATE detector SET purpose = 'GUIDER' WHERE instrument = 'LSSTComCam' AND id = 3")
    status, said = run("register-instrument", repo.path, names[1])
    assert status == 1 and "Conflict in sync for table detector on column(s) purpose: 'GUIDER' != 'SCIENCE'" in said
    assert run("register-instrument", "--update", repo.path, names[1]) == (0, "")
    assert repo.rows("SELECT DISTINCT purpose FROM detector WHERE instrument = 'LSSTComCam'") == [("SCIENCE",)]
    status, said = run("register-instrument", repo.path, "lsst.obs.subaru.HyperSuprimeCam")
    assert status == 1 and "Could not import instrument" in said and "lsst.obs.subaru.HyperSuprimeCam" in said


# Frames.


def ids_are_those_the_observatory_gives():
    repo = Repository("lsst.obs.lsst.LsstComCam", "lsst.obs.lsst.Latiss")
    real = yaml.safe_load((golden / "headers/comCam-CC_O_20241108_000266_R22_S00.yaml").read_text())
    real = {k: str(v) if not isinstance(v, (int, float, str, type(None))) else v for k, v in real.items()}
    latiss = {**real, "INSTRUME": "LATISS", "OBSID": "AT_O_20230705_000379", "DAYOBS": "20230705", "SEQNUM": 379,
              "CONTRLLR": "O", "FILTER": "SDSSr_65mm", "GRATING": "empty_1"}
    for name, header in (("comcam", real), ("latiss", latiss)):
        (repo.frames / f"{name}.fits").write_bytes(b"")
        (repo.frames / f"{name}.json").write_text(json.dumps({"__CONTENT__": "metadata", **header}))
    repo.ingest(repo.frames, "-t", "direct", says=("Exposure LSSTComCam:CC_O_20241108_000266 ingested successfully",
                                                     "Ingested 2 distinct Butler datasets"))
    assert sorted(repo.rows("SELECT d.id, c.name FROM dataset d JOIN collection c ON c.collection_id = d.run_id")) == [
        ("3019c9a6-95c8-5ea5-a30e-2d6316b2cd9c", "LATISS/raw/all"),
        ("c9b72b48-0087-57a6-bd0c-2120836aedd4", "LSSTComCam/raw/all"),
    ]
    assert repo.rows("SELECT physical_filter, exposure_time, observation_type, science_program, timespan, azimuth"
                     " FROM exposure WHERE instrument = 'LSSTComCam'") == [
        ("g_01", "30", "science", "PP-SURVEY", "[1731134081323009729,1731134111754000000)", "270.86285009978087"),
    ]
    assert repo.rows("SELECT DISTINCT formatter, storage_class, component FROM file_datastore_records ORDER BY 1") == [
        ("lsst.obs.lsst.rawFormatter.LatissRawFormatter", "Exposure", "__NULL_STRING__"),
        ("lsst.obs.lsst.rawFormatter.LsstComCamRawFormatter", "Exposure", "__NULL_STRING__"),
    ]


def the_first_file_of_an_exposure_tells_its_record():
    repo = Repository()
    a = repo.frame("a.fits", slot="S00", EXPTIME=1.0)
    b = repo.frame("b.fits", slot="S11", EXPTIME=2.0)
    repo.ingest(b, a, "-t", "copy")
    assert repo.exposures("exposure_time") == [("2",)]
    assert len(repo.raws()) == 2


def a_later_file_whose_record_differs_is_refused_unless_records_are_updated():
    repo = Repository()
    a = repo.frame("a.fits", slot="S00", EXPTIME=1.0)
    b = repo.frame("b.fits", slot="S11", EXPTIME=2.0, OBJECT="other")
    other = repo.frame("c.fits", obs_id="CC_O_20241208_000697")
    repo.ingest(a, "-t", "copy")
    said = repo.ingest(b, other, "-t", "copy", expect=1, says=(
        "Exposure LSSTComCam:CC_O_20241208_000696 could not be registered: Conflict in sync for table exposure on column(s) ",
        "exposure_time", "1 failure from exposure registration", "Some failures encountered during ingestion"))
    assert "CC_O_20241208_000697 ingested successfully" in said
    assert len(repo.raws()) == 2 and repo.exposures("exposure_time")[0] == ("1",)
    repo.ingest(b, "-t", "copy", "--fail-fast", expect=1, says="Conflict in sync")
    repo.ingest(b, "-t", "copy", "--update-records", says=(
        "was already present, but column(s) ", "exposure_time", "target_name", "were updated"))
    assert repo.exposures("exposure_time, target_name")[0] == ("2", "other")
    assert len(repo.raws()) == 3


def what_is_there_already_is_passed_over_or_a_failure():
    repo = Repository()
    first = repo.frame("CC_O_20241208_000696_R22_S00.fits", slot="S00")
    repo.ingest(first, "-t", "copy")
    repo.three()
    repo.ingest(repo.frames, "-t", "copy", "--no-skip-existing", expect=1, says=("Failed to ingest the following", f"- file://{first}"))
    assert len(repo.raws()) == 1  # all raws of an exposure, or none
    repo.ingest(repo.frames, "-t", "copy", "--no-skip-existing", "--skip-existing")
    repo.ingest(repo.frames, "-t", "copy")
    assert len(repo.raws()) == 3
    twice = repo.frame("twice.fits", slot="S01", obs_id="CC_O_20241208_000698")
    again = repo.frame("again.fits", slot="S01", obs_id="CC_O_20241208_000698")
    repo.ingest(twice, again, "-t", "copy", expect=1, says="two files are detector R22_S01 of exposure CC_O_20241208_000698")
    repo.ingest(twice, twice, "-t", "copy")


def one_bad_exposure_leaves_the_others_alone():
    repo = Repository()
    repo.frame("a.fits", obs_id="CC_O_20241208_000691")
    repo.frame("b.fits", obs_id="CC_O_20241208_000692", FILTER="pink")
    repo.frame("c.fits", obs_id="CC_O_20241208_000693", INSTRUME="ComCamSim")
    repo.frame("d.fits", obs_id="CC_O_20241208_000694", EXPTIME=None)
    repo.frame("e.fits", obs_id="CC_O_20241208_000695", INSTRUME="Other")
    repo.frame("f.fits", obs_id="CC_O_20241208_000696")
    (repo.frames / "g.fits").write_text("no FITS")
    repo.ingest(repo.frames, repo.frames / "none.fits", repo.frames / "many.zip", "-t", "copy", expect=1, says=(
        "Could not extract observation metadata from the following:",
        f"- file://{repo.frames}/b.fits: ", 'physical filter "pink" is not registered for LSSTComCam',
        "Instrument LSSTComCamSim for file ", "not known to registry", "header key EXPTIME", "INSTRUME \"Other\"",
        f"- file://{repo.frames}/g.fits", f"- file://{repo.frames}/none.fits", "zip files of raws are not read",
        "Successfully processed data from 2 exposures with 0 failures", "Some failures encountered during ingestion"))
    assert repo.exposures() == [("CC_O_20241208_000691",), ("CC_O_20241208_000696",)]
    # a filter that the camera has and the repository lost
    repo.rows("DELETE FROM physical_filter WHERE name = 'y_04'")
    h = repo.frame("h.fits", obs_id="CC_O_20241208_000697", FILTER="y_04")
    i = repo.frame("i.fits", obs_id="CC_O_20241208_000698")
    repo.ingest(h, i, "-t", "copy", expect=1, says="CC_O_20241208_000697 could not be registered")
    assert repo.exposures()[2:] == [("CC_O_20241208_000698",)]
    repo.ingest(repo.frames, "-t", "copy", "--fail-fast", expect=1, says="Problem extracting metadata for file")


def extensions_are_kept_and_others_refused():
    repo = Repository()
    names = ["f0.fits", "f1.fits.gz", "f2.fits.fz", "f3.fit", "f4.fz"]
    for i, name in enumerate(names):
        repo.frame(name, obs_id=f"CC_O_20241208_00069{i}")
    repo.ingest(repo.frames, "-t", "copy")  # the pattern of the stock command does not match .fz alone
    repo.ingest(*(repo.frames / n for n in names), "-t", "copy")
    stem = "LSSTComCam/raw/all/raw/20241208/CC_O_20241208_00069{0}/raw_LSSTComCam_r_03_CC_O_20241208_00069{0}_R22_S11_LSSTComCam_raw_all"
    assert [p for (p,) in repo.raws()] == [stem.format(i) + n[2:] for i, n in enumerate(names)]
    sizes = dict(repo.rows("SELECT path, file_size FROM file_datastore_records"))
    assert sizes[stem.format(1) + ".fits.gz"] == str((repo.frames / "f1.fits.gz").stat().st_size)
    repo.ingest(repo.frame("g.dat", obs_id="CC_O_20241208_000697"), "-t", "copy", expect=1, says="has no extension of a raw")


def folders_are_walked_and_names_matched():
    repo = Repository()
    repo.frame("a_12.fits", obs_id="CC_O_20241208_000691")
    repo.frame("x/y/b.fits", obs_id="CC_O_20241208_000692")
    repo.frame("x/c.FITS", obs_id="CC_O_20241208_000693")
    repo.ingest(repo.frames, "-t", "copy", "--regex", r"_\d+\.(?:fits|fit)$")
    assert repo.exposures() == [("CC_O_20241208_000691",)]
    repo.ingest(repo.frames, "-t", "copy", "-j", "4")
    assert repo.exposures() == [("CC_O_20241208_000691",), ("CC_O_20241208_000692",)]
    repo.ingest(repo.frames, "-t", "copy", "--regex", "(", expect=1, says="is no regular expression")


def every_transfer_mode_brings_the_files():
    repo = Repository()
    config = repo.path / "ingest.py"
    for mode in ("auto", "copy", "link", "hardlink", "symlink", "relsymlink", "move", "direct"):
        paths = repo.three()
        config.write_text(f"# how\nconfig.failFast = False\nconfig.transfer = '{mode}'  # they come\n")
        words = {"copy": ("-c", f"failFast=False,transfer={mode}"), "symlink": ("-C", str(config), "-t", "copy"),
                 "move": ("--config-file", str(config))}.get(mode, ("-t", mode))
        repo.ingest(repo.frames, *words, "--output-run", f"u/me/{mode}", "--no-track-file-attrs" if mode == "link" else "--track-file-attrs")
        assert (f"u/me/{mode}",) in repo.rows("SELECT name FROM collection")
        stored = [p for (p,) in repo.raws(f"u/me/{mode}")]
        assert len(stored) == 3
        if mode == "direct":
            assert stored[0] == f"file://{paths[0]}"
            continue
        assert all(p.startswith(f"u/me/{mode}/raw/20241208/CC_O_20241208_000696/raw_LSSTComCam_r_03_") for p in stored)
        assert all((repo.path / p).is_symlink() == (mode in ("symlink", "relsymlink")) for p in stored)
        assert all(p.exists() == (mode != "move") for p in paths)
        assert all((repo.path / p).read_bytes()[:6] == b"SIMPLE" for p in stored)
    assert repo.rows("SELECT count(*), min(path) LIKE 'u/me/link/%' FROM file_datastore_records WHERE file_size < 0") == [("3", "t")]
    config.write_text("config.transfer='copy'\nimport os\n")
    repo.ingest(repo.frames, "-C", config, expect=1, says="is not understood")
    repo.ingest(repo.frames, "-C", "/nosuch.py", expect=1, says="there is no configuration file")
    repo.ingest(repo.frames, "-t", "carry", expect=2, says="'carry' is not one of 'auto', 'link'")


def index_files_stand_in_for_headers():
    repo = Repository()
    paths = repo.three()
    body = headers_of(*paths)
    index = repo.frames / "_index.json"

    def write(**more):
        index.write_text(json.dumps({**{n: {k: v for k, v in h.items() if k != "OBJECT"} for n, h in body.items()}, **more}))

    write(__COMMON__={"OBJECT": "of the index"}, __CONTENT__="metadata")
    for path in paths:
        path.write_text("nothing of it is read")
    repo.ingest(repo.frames, "-t", "copy")
    assert repo.exposures("target_name") == [("of the index",)] and len(repo.raws()) == 3
    repo.ingest(repo.frames, "-t", "copy", "--no-search-indexes", expect=1)

    repo = Repository()
    paths = repo.three()
    index = repo.frames / "_index.json"
    write(__COMMON__={"OBJECT": "guessed"})
    repo.ingest(index, "-t", "copy", says="assuming 'metadata'")
    assert repo.exposures("target_name") == [("guessed",)] and len(repo.raws()) == 3

    repo = Repository()
    repo.three()
    index = repo.frames / "_index.json"
    spoilt = ("{", json.dumps(body), json.dumps({"__COMMON__": {}, "__CONTENT__": "odd", **body}),
              json.dumps({"__COMMON__": {}, "f.fits": 3}))
    for i, text in enumerate(spoilt):
        words = ("-t", "copy", "--output-run", f"run{i}")
        index.write_text(text)
        repo.ingest(index, *words, expect=1, says=f"- file://{index}: ")
        assert repo.raws(f"run{i}") == []
        repo.ingest(repo.frames, *words, expect=1, says=f"- file://{index}: ")
        assert len(repo.raws(f"run{i}")) == 3  # by their headers


def sidecars_stand_in_for_headers():
    repo = Repository()
    paths = repo.three()
    for path in paths:
        (card,) = headers_of(path).values()
        path.with_suffix(".json").write_text(json.dumps({"__CONTENT__": "metadata", **card, "OBJECT": "sidecar"}))
    paths[1].with_suffix(".json").write_text("[1, 2]")  # not to be used: the header counts
    repo.ingest(repo.frames, "-t", "copy")
    assert repo.exposures("target_name") == [("sidecar",)] and len(repo.raws()) == 3


def translated_metadata_are_taken_as_they_are():
    info = {
        "_translator": "LSSTComCam", "instrument": "LSSTComCam", "exposure_id": 2024120800696, "physical_filter": "r_03",
        "datetime_begin": [2460653.0, 0.3333333333333333], "datetime_end": [2460653.0, 0.3333336921296296],
        "exposure_time_requested": 0.5, "dark_time": 0.75, "boresight_rotation_angle": -12.5,
        "boresight_rotation_coord": "sky", "detector_num": 4, "object": None, "tracking_radec": [53.25, -27.5],
        "altaz_begin": [270.5, 69.75], "science_program": "BLOCK-1", "observation_type": "science",
        "observation_id": "CC_O_20241208_000696", "observation_reason": "science", "exposure_group": "g1",
        "observing_day": 20241208, "observing_day_offset": 43200, "observation_counter": 696,
        "has_simulated_content": False, "group_counter_start": 695, "group_counter_end": 699, "can_see_sky": None,
    }
    columns = ("physical_filter, exposure_time, dark_time, target_name, tracking_ra, tracking_dec, sky_angle, azimuth,"
               " zenith_angle, seq_num, seq_start, seq_end, can_see_sky, timespan")
    expected = ("r_03", "0.5", "0.75", "", "53.25", "-27.5", "-12.5", "270.5", "20.25", "696", "695", "699", "",
                "[1733688000000000000,1733688000031000000)")
    repo = Repository()
    path = repo.frame("a.fits")
    for said in ({"__CONTENT__": "translated"}, {}):
        path.with_suffix(".json").write_text(json.dumps({**said, **info}))
        repo.ingest(path, "-t", "copy")
        assert repo.exposures(columns) == [expected]
        assert repo.rows("SELECT timespan FROM day_obs") == [("[1733659200000000000,1733745600000000000)",)]
    path.with_suffix(".json").unlink()
    index = {"__COMMON__": {"instrument": info.pop("instrument")}, "__CONTENT__": "translated", "a.fits": info}
    (repo.frames / "_index.json").write_text(json.dumps(index))
    repo.ingest(repo.frames, "-t", "copy", "--output-run", "by/index")
    assert repo.exposures(columns) == [expected] and len(repo.raws("by/index")) == 1
    for broken, words in (({"exposure_id": None}, "property exposure_id is missing"), ({"detector_num": 9}, "has no detector 9"),
                          ({"physical_filter": "g"}, 'physical filter "g" is not registered'),
                          ({"has_simulated_content": None}, "has_simulated_content is missing")):
        index["a.fits"] = {**info, **broken}
        (repo.frames / "_index.json").write_text(json.dumps(index))
        repo.ingest(repo.frames, "-t", "copy", expect=1, says=words)


def correction_files_of_the_environment_hold():
    repo = Repository()
    repo.three()
    other = repo.frame("z.fits", obs_id="CC_O_20241208_000699")
    one, two = root / "one", root / "two"
    for folder, text in ((one, "OBJECT: [\n"), (two, "OBJECT: two\nEXPTIME: 7\n")):
        folder.mkdir()
        (folder / "LSSTComCam-CC_O_20241208_000696.yaml").write_text(text)
    path = {"METADATA_CORRECTIONS_PATH": f"{one}:{two}"}
    repo.ingest(repo.frames, "-t", "copy", env=path, expect=1, says="one/LSSTComCam-CC_O_20241208_000696.yaml:2:1")
    assert repo.exposures() == [("CC_O_20241208_000699",)]
    repo.ingest(repo.frames, "-t", "copy", env={"METADATA_CORRECTIONS_PATH": f"{root}/none:{two}:{one}"})
    assert repo.exposures("target_name, exposure_time")[0] == ("two", "7")
    assert len(repo.raws()) == 4 and other.exists()


def frames_of_a_group_without_a_name_are_taken_and_found():
    repo = Repository()
    repo.ingest(repo.frame("a.fits", GROUPID=""), "-t", "copy")
    assert repo.exposures('"group"') == [("",)] and len(repo.raws()) == 1
    status, said = run("query-data-ids", repo.path, "exposure", "--collections", "LSSTComCam/raw/all", "--datasets", "raw")
    assert status == 0 and "2024120800696" in said, said


def a_header_in_the_second_hdu_counts_where_the_first_names_no_camera():
    repo = Repository()
    path = repo.frame("a.fits")
    header = fits.getheader(path)
    image = fits.ImageHDU(name="Segment10")
    for key in [k for k in header if k not in ("SIMPLE", "BITPIX", "NAXIS", "EXTEND", "COMMENT", "HISTORY", "")]:
        image.header[key if len(key) <= 8 and " " not in key else f"HIERARCH {key}"] = header[key]
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path, overwrite=True)
    repo.ingest(path, "-t", "copy")
    assert repo.exposures() == [("CC_O_20241208_000696",)]


tests = [f for n, f in list(globals().items()) if callable(f) and getattr(f, "__module__", "") == "__main__"
         and n not in ("run", "headers_of", "Repository")]
assert len(tests) == 15, len(tests)
for test in tests:
    test()
    print("ok", test.__name__.replace("_", " "), flush=True)
