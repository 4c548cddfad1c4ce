"""What the stock butler finds of the curated calibrations that calbus wrote: REPO."""

import sys

import numpy as np
from astropy.io import fits
from astropy.table import Table
from astropy.units import percent
from lsst.daf.butler import Butler, CollectionType, Timespan

LATISS = "LATISS/calib/DM-12345"
COMCAM = "LSSTComCam/calib/DM-48650/test"
BEGIN_1970 = 8000082000  # UTC as TAI before leap seconds
BEGIN_2018 = 1514764837000000000
BEGIN_2020 = 1577836837000000000
HOUR = 3600 * 10**9
LATE = 4 * 10**18


def counts(butler):
    """Datasets and runs of packages of the observatory's size, without the transmission curves."""
    expected = {
        "LSSTComCam": ({"crosstalk": 9, "manual_defects": 9, "camera": 1}, ["curated/19700101T000000Z", "unbounded"]),
        "LATISS": ({"crosstalk": 1, "defects": 2, "camera": 1}, ["curated/19700101T000000Z", "curated/20180101T000000Z", "unbounded"]),
        "LSSTCam": ({"crosstalk": 205, "manual_defects": 205, "camera": 1}, ["curated/19700101T000000Z", "unbounded"]),
    }
    for instrument, (types, runs) in expected.items():
        base = f"{instrument}/calib/DM-100/full"
        info = butler.collections.query_info(base + "/*", include_summary=True)
        assert sorted(i.name for i in info) == sorted(f"{base}/{run}" for run in runs), info
        for kind, count in types.items():
            refs = butler.query_datasets(kind, collections=base, find_first=False, limit=None)
            assert len(refs) == count, (instrument, kind, len(refs))
        assert set().union(*(i.dataset_types for i in info)) == set(types), info


def every_form(find, read):
    latiss, base = {"instrument": "LATISS", "detector": 0}, "LATISS/calib/DM-101/forms"

    def at(kind, ns):
        return find(kind, base, ns, **latiss)

    def boxes(ref):
        with read(ref) as hdus:
            return {(x, y) for b in hdus[1].data for x in range(b["x0"], b["x0"] + b["width"]) for y in range(b["y0"], b["y0"] + b["height"])}

    regions = {(2, 4)} | {(x, y) for x in (10, 11) for y in (5, 6, 7)} | {(20, y) for y in (28, 29, 30, 31)}
    listed = {(x, y) for x in range(10, 14) for y in range(20, 23)} | {(x, 21) for x in range(12, 17)}
    first, second, third = at("defects", BEGIN_1970), at("defects", BEGIN_2018), at("defects", BEGIN_2020 + 12 * HOUR)
    assert at("defects", BEGIN_2020 + 12 * HOUR - 1) == second
    assert third.run == base + "/curated/20200101T100000Z", third  # CALIBDATE has a zone, the file's name has none
    assert boxes(first) == regions and boxes(second) == listed and boxes(third) == listed, (boxes(first), boxes(second))

    with read(at("crosstalk", BEGIN_1970)) as hdus:
        row, header = hdus[1].data[0], hdus[1].header
        assert header["CROSSTALK_RATIOS_UNITS"] == "adu" and header["CROSSTALK_VERSION"] == 1.2 and header["DETECTOR_NAME"] == "RXX_S00"
        assert row["CT_COEFFS"][7] == 7e-6 and not row["CT_COEFFS_SQR"].any() and not row["CT_FIT_GAINS"].any()
        assert len(hdus) == 2
    with read(at("crosstalk", BEGIN_2020)) as hdus:
        row, other = hdus[1].data[0], hdus[2].data[0]
        assert row["CT_COEFFS"][17] == 1e-05 * 17 and row["CT_VALID"].all() and not row["CT_COUNTS"].any()
        assert row["CT_FIT_GAINS"].shape == (16,) and other["IC_SOURCE_DET"] == "R22_S00" and other["IC_COEFFS"][3] == 1e-05 * 3
        assert hdus[1].header["CROSSTALK_RATIOS_UNITS"] == "electron"
    for ns, tables in ((BEGIN_1970, 3), (BEGIN_2020, 2)):
        with read(at("bfk", ns)) as hdus:
            table, header = hdus[1].data, hdus[1].header
            assert len(hdus) == tables and list(table["AMPLIFIER"]) == ["C00", "C01", "C02"], hdus.info()
            assert list(table["VALID"]) == [1, 0, 1] and list(table["NOISE"]) == [6.0] * 3 and table["KERNEL"].shape == (3, 9)
            assert list(table["RAW_MEANS"][2]) == [100, 200, 300, 400] and table["KERNEL"][1][4] == 0.04
            assert list(table["EXP_ID_MASK"][0]) == ([True, True, False, True] if ns == BEGIN_1970 else [True] * 4)
            assert header["bfk_VERSION"] == 1.1 and header["KERNEL_DX"] == 3 and hdus[-1].header["LEVEL"] == "AMP"
    with read(at("linearizer", BEGIN_1970)) as hdus:
        table, header = hdus[1].data, hdus[1].header
        assert len(table.columns) == 25 and list(table["COEFFS"][0]) == [0, 50000, 0, 10] and list(table["TYPE"]) == ["Spline"] * 3
        assert np.isnan(table["INPUT_GAIN"]).all() and np.isinf(table["INPUT_TURNOFF"]).all() and table["INP_NORMALIZATION"][2] == 1
        assert header["LINEARIZER_VERSION"] == 1.8 and header["LINEARITY_UNITS"] == "adu" and header["HAS_TABLE"] is False
    curve = Table.read(read(at("qe_curve", BEGIN_1970)), hdu=1)
    assert curve["wavelength"].unit == "nm" and curve["efficiency"].unit == percent and len(curve) == 15, curve
    assert set(curve["amp_name"]) == {"C00", "C01", "C02"} and curve.meta["MODE"] == "AMP" and curve["wavelength"][4] == 1100


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

    counts(butler)
    every_form(find, read)
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
