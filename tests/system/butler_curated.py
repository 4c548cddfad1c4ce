"""What the stock butler finds of the curated calibrations that calbus wrote: REPO."""

import sys

from astropy.io import fits
from lsst.daf.butler import Butler, CollectionType, Timespan

LATISS = "LATISS/calib/DM-12345"
COMCAM = "LSSTComCam/calib/DM-48650/test"
BEGIN_1970 = 8000082000  # UTC as TAI before leap seconds
BEGIN_2018 = 1514764837000000000
LATE = 4 * 10**18


def main(repo):
    butler = Butler.from_config(repo)

    def find(kind, collection, ns, **data_id):
        instant = Timespan(None, None, _nsec=(ns, ns + 1))
        return butler.find_dataset(kind, collections=collection, timespan=instant, **data_id)

    def read(ref):
        uri = butler.getURI(ref)
        assert bool(butler.exists(ref, full_check=True)), uri
        return fits.open(uri.ospath)

    latiss = {"instrument": "LATISS", "detector": 0}
    assert find("defects", LATISS, BEGIN_1970 - 1, **latiss) is None
    old, last = find("defects", LATISS, BEGIN_1970, **latiss), find("defects", LATISS, BEGIN_2018 - 1, **latiss)
    new = find("defects", LATISS, BEGIN_2018, **latiss)
    assert old == last and old.run == LATISS + "/curated/19700101T000000Z", (old, last)
    assert new.run == LATISS + "/curated/20180101T000000Z", new
    assert find("defects", LATISS, LATE, **latiss) == new
    assert find("crosstalk", LATISS, BEGIN_1970 - 1, **latiss) is None
    assert find("crosstalk", LATISS, BEGIN_1970, **latiss).run == old.run
    camera = find("camera", LATISS, 0, instrument="LATISS")
    assert camera.run == LATISS + "/unbounded" and find("camera", LATISS, LATE, instrument="LATISS") == camera
    assert str(butler.getURI(camera)).endswith(
        "LATISS/calib/DM-12345/unbounded/camera/camera_LATISS_LATISS_calib_DM-12345_unbounded.fits"
    )

    assert find("defects", "LATISS/calib/DM-2", BEGIN_2018, **latiss).run.endswith("DM-2/curated/20180101T000000Z")

    alone = find("camera", "LATISS/calib/DM-4", 0, instrument="LATISS")
    assert alone.run == "LATISS/calib/DM-4/unbounded" and alone.id != camera.id, alone

    with read(old) as hdus:
        table, header = hdus[1].data, hdus[1].header
        pixels = {(x, y) for b in table for x in range(b["x0"], b["x0"] + b["width"])
                  for y in range(b["y0"], b["y0"] + b["height"])}
        given = {(x, y) for x in range(10, 14) for y in range(20, 23)} | {(x, 21) for x in range(12, 17)}
        assert pixels == given and sum(b["width"] * b["height"] for b in table) == len(given), table
        assert header["HIERARCH LSST BUTLER ID"] == str(old.id)
        assert header["CALIBCLS"] == "lsst.ip.isr.defects.Defects" and "FILTER" not in header
        assert header["DETECTOR"] == 0 and header["defects_VERSION"] == 2.0
        assert [c.format for c in hdus[1].columns] == ["K"] * 4, hdus[1].columns
    with read(new) as hdus:
        assert len(hdus[1].data) == 0

    for detector in range(9):
        ref = find("manual_defects", COMCAM, BEGIN_1970, instrument="LSSTComCam", detector=detector)
        assert ref.run == COMCAM + "/curated/19700101T000000Z"
        assert find("manual_defects", COMCAM, BEGIN_1970 - 1, instrument="LSSTComCam", detector=detector) is None
        with read(ref) as hdus:
            assert tuple(hdus[1].data[0]) == (680, 2000, 11, 966)
            assert hdus[1].header["OBSTYPE"] == "manual_defects"
    with read(find("crosstalk", COMCAM, LATE, instrument="LSSTComCam", detector=4)) as hdus:
        row, header = hdus[1].data[0], hdus[1].header
        assert row["CT_COEFFS"].shape == (256,) and row["CT_COEFFS"][1] == 1e-4 and row["CT_COEFFS"][2] == 5e-5
        assert row["CT_COEFFS"][16] == 1e-4 and row["CT_COUNTS"][5] == 7
        assert not row["CT_VALID"][0] and row["CT_VALID"][1]
        assert row["CT_FIT_GAINS"].shape == (16,) and not row["CT_FIT_GAINS"].any()
        assert header["CROSSTALK_RATIOS_UNITS"] == "electron" and header["CROSSTALK_SHAPE"] == 16

    types = {info.name: info.type for info in butler.collections.query_info("*")}
    assert types["u/someone/cal"] == types[LATISS] == types[COMCAM] == CollectionType.CALIBRATION, types
    assert types["u/someone/calib/curated/19700101T000000Z"] == CollectionType.RUN, types
    assert find("crosstalk", "u/someone/cal", BEGIN_1970, instrument="LSSTComCam", detector=4)
    for name, storage in (("defects", "Defects"), ("crosstalk", "CrosstalkCalib"), ("camera", "Camera")):
        kind = butler.get_dataset_type(name)
        assert kind.isCalibration() and kind.storageClass_name == storage, kind
    print("the stock butler finds every curated calibration at both edges of its validity")


if __name__ == "__main__":
    main(*sys.argv[1:])
