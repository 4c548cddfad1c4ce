"""The stock butler's side of auxiliary products.

  export REPO FOLDER   a skymap of its own, exported as one repository gives it to another
  import REPO FOLDER   what calbus exported of it
  check REPO           what it finds of all that calbus registered
"""

import os
import pickle
import random
import sys
from types import SimpleNamespace

from click.testing import CliRunner
from lsst.daf.butler import Butler, CollectionType, DatasetRef, DatasetType, FileDataset, Timespan
from lsst.daf.butler.cli.butler import cli
from lsst.daf.butler.formatters.pickle import PickleFormatter
from lsst.sphgeom import ConvexPolygon, LonLat, UnitVector3d

TRACTS = 60
MONSTER, MODEL = "the_monster_20250219", "pretrainedModelPackage"


def polygon(lon, lat, size=0.5):
    corners = [(lon, lat), (lon + size, lat), (lon + size, lat + size), (lon, lat + size)]
    return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(*corner)) for corner in corners])


def some_polygon():
    """The hull of points in a cone somewhere on the sky, a degree to forty wide."""
    size = 10 ** random.uniform(-2, -0.4)
    centre = [random.gauss(0, 1) for _ in range(3)]
    length = sum(c * c for c in centre) ** 0.5
    points = [[c / length + random.uniform(-size, size) for c in centre] for _ in range(random.randint(4, 9))]
    return ConvexPolygon.convexHull([UnitVector3d(*point) for point in points])


def export(repo, folder):
    random.seed(7)
    butler = Butler.from_config(repo, writeable=True)
    registry = butler.registry
    record = dict(name="cells", hash=bytes.fromhex("e2736e41244df00bbdb93aecac0ae4b2d19dda91"), tract_max=2, patch_nx_max=1, patch_ny_max=1)
    registry.insertDimensionData("skymap", record)
    regions = [polygon(0, -30), polygon(10, -30)] + [some_polygon() for _ in range(TRACTS - 2)]
    registry.insertDimensionData("tract", *[dict(skymap="cells", id=t, region=r) for t, r in enumerate(regions)])
    registry.insertDimensionData("patch", *[dict(skymap="cells", tract=t, id=0, cell_x=0, cell_y=0, region=r) for t, r in enumerate(regions)])
    registry.registerDatasetType(DatasetType("skyMap", ["skymap"], "SkyMap", universe=butler.dimensions))
    butler.collections.register("skymaps", CollectionType.RUN)
    path = folder + ".pickle"
    with open(path, "wb") as file:
        pickle.dump(SimpleNamespace(name="cells"), file)
    ref = DatasetRef(butler.get_dataset_type("skyMap"), registry.expandDataId(skymap="cells"), run="skymaps")
    butler.ingest(FileDataset(path=path, refs=ref, formatter=PickleFormatter), transfer="copy")
    os.mkdir(folder)
    with butler.export(directory=folder, filename=folder + "/export.yaml", transfer="copy") as out:
        for element in ("skymap", "tract", "patch"):
            out.saveDimensionData(element, list(registry.queryDimensionRecords(element)))
        out.saveDatasets([ref], elements=["skymap"])

    # a calibration of tracts, for an export by ours
    registry.registerDatasetType(DatasetType("tractCal", ["tract"], "SkyMap", universe=butler.dimensions, isCalibration=True))
    butler.collections.register("u/sky/run", CollectionType.RUN)
    butler.collections.register("u/sky/cal", CollectionType.CALIBRATION)
    kind = butler.get_dataset_type("tractCal")
    refs = [DatasetRef(kind, registry.expandDataId(skymap="cells", tract=t), run="u/sky/run") for t in range(TRACTS)]
    for ref in refs:
        butler.ingest(FileDataset(path=path, refs=ref, formatter=PickleFormatter), transfer="copy")
    registry.certify("u/sky/cal", refs, Timespan(None, None))


def import_(repo, folder):
    butler = Butler.from_config(repo, writeable=True)
    butler.import_(directory=folder, filename=folder + "/export.yaml", transfer="copy")


def check_chains(butler, repo, chain):
    """The stock tree and our own say the same."""
    result = CliRunner().invoke(cli, ["query-collections", repo, chain, "--chains", "TREE"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    stock = [line.split() for line in result.output.splitlines()[2:]]
    said = [line.split("\t") for line in open(f"{repo}/../show.{chain.split('/')[0]}").read().splitlines()]
    ours = [[collection, kind] for collection, kind, repeated in said]
    # a chain that stands further up is not told again by ours; none does here
    assert stock[1:] == ours, (stock, ours)


def check(repo):
    butler = Butler.from_config(repo)

    def find(kind, chain, **data_id):
        return butler.find_dataset(kind, collections=chain, **data_id)

    def path_of(ref):
        assert bool(butler.exists(ref, full_check=True)), ref
        return str(butler.getURI(ref)).removeprefix("file://")

    for chain in ("LATISS/defaults", "LSSTComCam/defaults"):
        for pixel in (131072, 147175, 261631, 262143):
            ref = find(MONSTER, chain, htm7=pixel)
            assert ref.run == "refcats/DM-49042", ref
            wanted = f"/refcats/DM-49042/{MONSTER}/{MONSTER}_{pixel}_refcats_DM-49042.fits"
            assert path_of(ref).endswith(wanted), path_of(ref)
            direct = find("gaia_dr3_20230707", chain, htm7=pixel)
            assert direct.run == "refcats/DM-46000/gaia_dr3_20230707", direct
            assert path_of(direct).endswith(f"/converted/{MONSTER}/{pixel}.fits"), path_of(direct)
        assert find(MONSTER, chain, htm7=131073) is None
        with open(path_of(find("skyMap", chain, skymap="cells")), "rb") as file:
            assert pickle.load(file).name == "cells"
        assert find(MODEL, chain).run.startswith("pretrained_models/by_"), find(MODEL, chain)
    assert butler.query_datasets(MODEL, collections="pretrained_models/newer")[0].dataId.dimensions.names == set()
    table = find("fgcmLookUpTable", "LSSTComCam/defaults", instrument="LSSTComCam")
    assert table.run == "LSSTComCam/calib/fgcmcal/DM-48000", table
    assert path_of(table).endswith(
        "/LSSTComCam/calib/fgcmcal/DM-48000/fgcmLookUpTable/fgcmLookUpTable_LSSTComCam_LSSTComCam_calib_fgcmcal_DM-48000.fits"
    )
    assert find("fgcmLookUpTable", "LATISS/defaults", instrument="LATISS") is None
    instant = Timespan(None, None, _nsec=(8000082000, 8000082001))
    defects = butler.find_dataset("defects", collections="LATISS/defaults", timespan=instant, instrument="LATISS", detector=0)
    assert defects.run == "LATISS/calib/DM-12345/curated/19700101T000000Z", defects

    for name, storage, dimensions in (
        (MONSTER, "SimpleCatalog", {"htm7"}),
        (MODEL, "NNModelPackagePayload", set()),
        ("fgcmLookUpTable", "Catalog", {"instrument"}),
        ("skyMap", "SkyMap", {"skymap"}),
    ):
        kind = butler.get_dataset_type(name)
        assert kind.storageClass_name == storage and not kind.isCalibration(), kind
        assert set(kind.dimensions.required) == dimensions, kind
    tracts = butler.query_dimension_records("tract", skymap="cells")
    assert [r.id for r in tracts] == list(range(TRACTS)) and tracts[0].region == polygon(0, -30), tracts
    overlaps = {p["tract"] for p in butler.query_data_ids(["tract"], where="skymap = 'cells' and tract.region OVERLAPS POINT(0.2, -29.8)")}
    assert overlaps == {0}, overlaps
    for chain in ("LATISS/defaults", "LSSTComCam/defaults"):
        check_chains(butler, repo, chain)
    print("the stock butler finds every auxiliary product through the defaults")


if __name__ == "__main__":
    {"export": export, "import": import_, "check": check}[sys.argv[1]](*sys.argv[2:])
