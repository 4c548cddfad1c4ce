"""What the stock butler sees in a repository that calbus built: REPO ID_OF_BIAS_0 ID_OF_BIAS_4."""

import sys
import uuid

from astropy.time import Time
from lsst.daf.butler import Butler, CollectionType, Timespan
from lsst.daf.butler.registry import ConflictingDefinitionError

CHAIN = "LSSTComCam/calib"
OLD = "LSSTComCam/calib/DM-1/demo/bias.20241210a"
NEW = "LSSTComCam/calib/DM-2/demo/bias.20241220a"
EDGE = Time("2024-12-01T00:00:00", scale="tai")
FIRST = Time("2024-06-01T00:00:00", scale="tai")
NANOSECOND = 1


def instant(time, offset_ns=0):
    from lsst.daf.butler.time_utils import TimeConverter

    ns = TimeConverter().astropy_to_nsec(time) + offset_ns
    return Timespan(None, None, _nsec=(ns, ns + 1))


def main(repo, old_0, new_4):
    butler = Butler.from_config(repo, writeable=True)
    names = {info.name: info.type for info in butler.collections.query_info("*")}
    assert names[CHAIN] == CollectionType.CHAINED, names
    assert names[OLD] == CollectionType.CALIBRATION, names
    assert names["LSSTComCam/raw/all"] == CollectionType.RUN, names
    assert butler.collections.get_info(CHAIN).children == (NEW, OLD)
    assert butler.collections.get_info(CHAIN).doc == "the default chain"

    def find(detector, time, offset_ns=0):
        return butler.find_dataset(
            "bias",
            instrument="LSSTComCam",
            detector=detector,
            collections=CHAIN,
            timespan=instant(time, offset_ns),
        )

    # both edges of [2024-06-01, 2024-12-01), and the range that follows it
    assert find(0, FIRST, -NANOSECOND) is None
    assert find(0, FIRST).id == uuid.UUID(old_0)
    assert find(0, EDGE, -NANOSECOND).id == uuid.UUID(old_0)
    assert find(4, EDGE).id == uuid.UUID(new_4)
    assert find(4, Time("2050-01-01", scale="tai")).id == uuid.UUID(new_4)
    assert find(77 % 9, Time("2020-01-01", scale="tai")) is None

    ref = find(4, EDGE)
    uri = butler.getURI(ref)
    assert uri.exists(), uri
    assert uri.relative_to(butler.getURI(ref).parent()) == (
        "bias_LSSTComCam_R22_S11_LSSTComCam_calib_DM-2_demo_biasGen_20241220a.fits"
    ), uri
    assert bool(butler.exists(ref, full_check=True))
    raws = butler.query_datasets("raw", collections="LSSTComCam/raw/all", where="exposure.seq_num IN (1..2)",
                                 instrument="LSSTComCam")
    assert len(raws) == 2
    for raw in raws:
        assert bool(butler.exists(raw, full_check=True))
    (record,) = butler.query_dimension_records("exposure", exposure=2024120800001, instrument="LSSTComCam")
    assert record.azimuth == 270.86285009978087 and record.can_see_sky is False
    (tagged,) = butler.query_datasets("bias", collections="u/someone/best")
    assert tagged.dataId["detector"] == 0

    # it goes on writing where we stopped
    try:
        butler.registry.certify(NEW, [find(0, EDGE)], Timespan(EDGE, None))
    except ConflictingDefinitionError:
        pass
    else:
        raise AssertionError("a second certification of the same range was accepted")
    butler.collections.register("u/someone/chain", CollectionType.CHAINED)
    butler.collections.prepend_chain("u/someone/chain", [OLD, NEW])
    assert butler.collections.get_info("u/someone/chain").children == (OLD, NEW)
    butler.collections.remove_from_chain("u/someone/chain", [OLD, NEW])
    butler.collections.x_remove("u/someone/chain")
    print("the stock butler finds everything where calbus put it")


if __name__ == "__main__":
    main(*sys.argv[1:])
