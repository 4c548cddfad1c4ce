"""Repositories as the stock butler makes and fills them."""
import contextlib
import os

import psycopg2
from astropy.time import Time
from click.testing import CliRunner
from lsst.daf.butler import Butler, CollectionType, DatasetRef, DatasetType, FileDataset, Timespan
from lsst.daf.butler.cli.butler import cli

INSTRUMENT = "LSSTComCam"
FORMATTER = "lsst.obs.base.formatters.fitsExposure.FitsExposureFormatter"


def make_database(socket, name):
    connection = psycopg2.connect(host=socket, user="calbus", dbname="calbus")
    connection.autocommit = True
    connection.cursor().execute(f"CREATE DATABASE {name}")
    connection.close()


def create(root, url, schema):
    """butler create; the extension is what its administrator makes."""
    with contextlib.closing(psycopg2.connect(url.replace("+psycopg2", ""))) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        connection.commit()
    seed = root + ".seed.yaml"
    with open(seed, "w", encoding="utf-8") as file:
        file.write(f"registry:\n  db: '{url}'\n" + (f"  namespace: {schema}\n" if schema else ""))
    result = CliRunner().invoke(cli, ["create", "--seed-config", seed, root])
    assert result.exit_code == 0, result


def records(source, element):
    """Dimension records of another repository, for insertDimensionData."""
    with contextlib.closing(Butler.from_config(source)) as butler:
        return list(butler.registry.queryDimensionRecords(element, instrument=INSTRUMENT))


def register_instrument(root, source):
    """What lsst.obs.lsst's register() does, whose values another repository has."""
    with contextlib.closing(Butler.from_config(root, writeable=True)) as butler:
        for element in ("instrument", "detector", "physical_filter"):
            butler.registry.insertDimensionData(element, *records(source, element), skip_existing=True)


def ingest_raws(root, source, exposures):
    """What ingest-raws does: records, then the files where they are; source has them already."""
    with contextlib.closing(Butler.from_config(source)) as there, contextlib.closing(Butler.from_config(root, writeable=True)) as butler:
        add, run = butler.registry.insertDimensionData, f"{INSTRUMENT}/raw/all"
        kind = DatasetType("raw", {"instrument", "exposure", "detector"}, "Exposure", universe=butler.dimensions)
        butler.registry.registerDatasetType(kind)
        butler.registry.registerCollection(run, CollectionType.RUN)
        for element in ("day_obs", "group", "exposure"):
            add(element, *(r for r in records(source, element) if element != "exposure" or r.id in exposures), skip_existing=True)
        refs = [ref for ref in there.query_datasets("raw", collections=run) if ref.dataId["exposure"] in exposures]
        butler.ingest(*[FileDataset(there.getURI(ref).ospath, DatasetRef(kind, butler.registry.expandDataId(ref.dataId.required), run=run),
                                    formatter=FORMATTER) for ref in refs], transfer="direct")
        return len(refs)


def find(root, name, detector, when, collections):
    """(run, dataset, whether the file is there, its bytes) of what the stock butler takes; None: nothing."""
    with contextlib.closing(Butler.from_config(root)) as butler:
        begin = Time(when, scale="tai", format="isot")
        ref = butler.find_dataset(name, instrument=INSTRUMENT, detector=detector, collections=collections,
                                  timespan=Timespan(begin, Time(begin + 1e-5, scale="tai")))
        return ref and (ref.run, str(ref.id), bool(butler.exists(ref, full_check=True)), os.path.getsize(butler.getURI(ref).ospath))
