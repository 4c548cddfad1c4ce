"""Writes data packages in the layout of obs_lsst_data, as astropy and PyYAML write their files.

  curated_package.py full FOLDER DETECTORS    comCam, latiss, lsstCam with as many files as the observatory's
  curated_package.py forms FOLDER             latiss and comCam: every form in which a type may come

DETECTORS: lines "instrument id full_name".
"""

import json
import os
import sys

import numpy as np
import yaml
from astropy import units
from astropy.table import Table

CLASSES = {
    "crosstalk": "lsst.ip.isr.crosstalk.CrosstalkCalib",
    "defects": "lsst.ip.isr.defects.Defects",
    "manual_defects": "lsst.ip.isr.defects.Defects",
    "bfk": "lsst.ip.isr.brighterFatterKernel.BrighterFatterKernel",
    "linearizer": "lsst.ip.isr.linearize.Linearizer",
}
NAMES = {"comCam": "ComCam", "latiss": "LATISS", "lsstCam": "LSSTCam"}


def meta(camera, kind, detector=None, filter=None, date="1970-01-01T00:00:00", **more):
    obstype = kind.upper() if kind in ("crosstalk", "linearizer") else kind
    found = dict(INSTRUME=NAMES[camera], OBSTYPE=obstype, CALIBDATE=date, **more)
    if kind in CLASSES:
        found["CALIBCLS"] = CLASSES[kind]
    if detector is not None:
        found.update(DETECTOR=detector[0], DET_NAME=detector[1], DET_SER=f"ITL-{detector[0]}")
    if filter is not None:
        found["FILTER"] = filter
    return found


def path_of(folder, camera, kind, parts, start="19700101T000000", ending="ecsv"):
    place = os.path.join(folder, camera, kind, *(part.lower() for part in parts))
    os.makedirs(place, exist_ok=True)
    return f"{place}/{start}.{ending}"


def boxes(rows, number="i8"):
    return Table(rows=rows, names=["x0", "y0", "width", "height"], dtype=[number] * 4)


def crosstalk(amps, version=1.2):
    square = np.arange(amps * amps) * 1e-6
    cells = dict(CT_COEFFS=square, CT_ERRORS=square / 10, CT_COUNTS=np.arange(amps * amps), CT_VALID=square >= 0)
    if version >= 1.1:
        cells.update(CT_COEFFS_SQR=square / 100, CT_ERRORS_SQR=square / 1000, CT_AMP_GAIN_RATIOS=1 + square)
    if version >= 1.2:
        cells["CT_FIT_GAINS"] = np.linspace(1.5, 1.7, amps)
    return Table([cells])


def crosstalk_meta(camera, detector, amps, version=1.2):
    found = meta(camera, "crosstalk", detector, FILTER="", HAS_CROSSTALK=True, NAMP=amps, CROSSTALK_SHAPE=[amps, amps], CROSSTALK_VERSION=version)
    if version >= 1.1:
        found["CROSSTALK_RATIOS_UNITS"] = "electron"
    return found


def curve(amps=(), efficiency="efficiency", unit=units.percent, shift=0):
    rows = 5
    wavelength = np.linspace(300.0, 1100.0, rows)
    table = Table()
    if amps:
        table["amp_name"] = np.repeat(list(amps), rows)
        wavelength = np.concatenate([wavelength + (shift if i else 0) for i in range(len(amps))])
    table["wavelength"] = wavelength * units.nm
    table[efficiency] = np.linspace(0.0, 90.0, len(wavelength)) * unit
    return table


def write(table, found, path):
    table.meta = found
    table.write(path, format="ascii.ecsv", overwrite=True)


# ---- the observatory's numbers of files ----


def full(folder, detectors):
    cameras = {"LSSTComCam": "comCam", "LATISS": "latiss", "LSSTCam": "lsstCam"}
    for line in open(detectors):
        instrument, number, name = line.split()
        camera, detector = cameras[instrument], (int(number), name)
        amps = 8 if "_SW" in name else 16
        write(crosstalk(amps), crosstalk_meta(camera, detector, amps), path_of(folder, camera, "crosstalk", [name]))
        if camera != "latiss":
            number = "f8" if camera == "lsstCam" else "i8"  # as in the observatory's
            write(boxes([(680, 100, 11, 96)], number), meta(camera, "manual_defects", detector), path_of(folder, camera, "manual_defects", [name]))
        if camera != "lsstCam":
            write(curve(["C00", "C10"]), meta(camera, "transmission_sensor", detector), path_of(folder, camera, "transmission_sensor", [name]))
    for rows, start, date in (([(1, 1, 2, 2)], "19700101T000000", "1970-01-01T00:00:00"), ([], "20180101T000000", "2018-01-01T00:00:00")):
        found = meta("latiss", "defects", (0, "RXX_S00"), date=date)
        table = boxes(rows) if rows else Table({name: [] for name in ("x0", "y0", "width", "height")})  # astropy: float64
        write(table, found, path_of(folder, "latiss", "defects", ["RXX_S00"], start))
    for camera, names in (("comCam", "u_02 g_01 r_03 i_06 z_03 y_04"), ("latiss", "SDSSr_65mm~empty BG40~empty")):
        for name in names.split():
            write(curve(efficiency="throughput", unit=units.dimensionless_unscaled), meta(camera, "transmission_filter", filter=name),
                  path_of(folder, camera, "transmission_filter", [name]))
        write(curve(efficiency="throughput"), meta(camera, "transmission_optics"), path_of(folder, camera, "transmission_optics", []))


# ---- every form ----


class PropertyList(list):
    """Metadata as daf_base puts them into YAML: [key, type, value, comment]."""


yaml.add_representer(PropertyList, lambda dumper, data: dumper.represent_sequence("lsst.daf.base.PropertyList", list(data)))


def listed(found):
    return PropertyList([key, type(value).__name__, value, ""] for key, value in found.items())


def kernel(amps, side=3):
    pairs, whole, part = 4, side * side, (side - 1) ** 2 // 4
    return dict(
        expIdMask={a: [True, True, False, True] for a in amps},
        rawMeans={a: [100.0 * (i + 1) for i in range(pairs)] for a in amps},
        rawVariances={a: [50.0 * (i + 1) for i in range(pairs)] for a in amps},
        rawXcorrs={a: [0.5 * i for i in range(pairs * part)] for a in amps},
        gain={a: 1.5 for a in amps}, noise={a: 6 for a in amps},
        meanXcorrs={a: [0.1 * i for i in range(whole)] for a in amps},
        ampKernels={a: [[0.01 * (3 * i + k) for k in range(side)] for i in range(side)] for a in amps},
        valid={a: a != "C01" for a in amps}, badAmps=["C01"],
        detKernels={"RXX_S00": [0.02 * i for i in range(whole)]},
    )


def linearizer(amps):
    return Table([dict(AMPLIFIER_NAME=a, TYPE="Spline", COEFFS=np.array([0.0, 50000.0, 0.0, 10.0]), BBOX_X0=0, BBOX_Y0=0, BBOX_DX=512, BBOX_DY=2000)
                  for a in amps])


def forms(folder):
    # defects: as regions, with a second file in YAML and a third in JSON, each from its own day on
    latiss = (0, "RXX_S00")
    regions = Table(dict(X=[3.0, 11.5, 21.0], Y=[5.0, 7.0, 30.5], SHAPE=["POINT", "BOX", "rotbox"],
                         R=np.array([[1.0, 1.0], [2.0, 3.0], [4.0, 1.0]]), ROTANG=[0.0, 0.0, 90.0], COMPONENT=[0, 1, 2]))
    write(regions, meta("latiss", "defects", latiss), path_of(folder, "latiss", "defects", [latiss[1]]))
    rows = dict(x0=[10, 12], y0=[20, 21], width=[4, 5], height=[3, 1])
    with open(path_of(folder, "latiss", "defects", [latiss[1]], "2018-01-01", "yaml"), "w") as file:
        yaml.dump(dict(metadata=listed(meta("latiss", "defects", latiss, date="2018-01-01T00:00:00")), **rows), file)
    with open(path_of(folder, "latiss", "defects", [latiss[1]], "20200101T120000", "json"), "w") as file:
        json.dump(dict(metadata=meta("latiss", "defects", latiss, date="20200101T120000+0200"), **rows), file)
    # crosstalk: version 1.0 in ECSV, then YAML with other detectors
    write(crosstalk(16, 1.0), crosstalk_meta("latiss", latiss, 16, 1.0), path_of(folder, "latiss", "crosstalk", [latiss[1]]))
    square = [1e-05 * i for i in range(256)]
    with open(path_of(folder, "latiss", "crosstalk", [latiss[1]], "20200101", "yaml"), "w") as file:
        found = crosstalk_meta("latiss", latiss, 16)
        yaml.dump(dict(metadata=dict(found, CALIBDATE="2020-01-01T00:00:00"), hasCrosstalk=True, nAmp=16, crosstalkShape=(16, 16), fitGains=[0.0],
                       coeffs=[square[i:i + 16] for i in range(0, 256, 16)], interChip=dict(R22_S00=square)), file)
    # kernels in YAML and ECSV
    amps = ["C00", "C01", "C02"]
    found = meta("latiss", "bfk", latiss, bfk_VERSION=1.1, LEVEL="AMP", KERNEL_DX=3, KERNEL_DY=3)
    with open(path_of(folder, "latiss", "bfk", [latiss[1]], ending="yaml"), "w") as file:
        yaml.dump(dict(metadata=found, **kernel(amps)), file)
    k = kernel(amps)
    columns = [("AMPLIFIER", amps)] + [(name, [np.ravel(k[key][a]) if key not in ("gain", "noise", "valid") else k[key][a] for a in amps]) for name, key in (
        ("MEANS", "rawMeans"), ("VARIANCES", "rawVariances"), ("RAW_XCORRS", "rawXcorrs"), ("GAIN", "gain"), ("NOISE", "noise"),
        ("MEAN_XCORRS", "meanXcorrs"), ("KERNEL", "ampKernels"), ("VALID", "valid"))]
    write(Table(dict(columns)), dict(found, bfk_VERSION=1.0, CALIBDATE="2020-01-01T00:00:00"), path_of(folder, "latiss", "bfk", [latiss[1]], "20200101"))
    write(linearizer(amps), meta("latiss", "linearizer", latiss, HAS_LINEARITY=True), path_of(folder, "latiss", "linearizer", [latiss[1]]))
    write(curve(amps), meta("latiss", "qe_curve", latiss, MODE="AMP", TYPE="QE"), path_of(folder, "latiss", "qe_curve", [latiss[1]]))
    write(curve(amps), meta("latiss", "transmission_sensor", latiss), path_of(folder, "latiss", "transmission_sensor", [latiss[1]]))
    for name in ("r_03", "g_01"):
        both = dict(camera="comCam", kind="transmission_filter_detector")
        write(curve(), meta(detector=(4, "R22_S11"), filter=name, **both), path_of(folder, parts=["R22_S11", name], **both))
    write(crosstalk(8), crosstalk_meta("comCam", (4, "R22_S11"), 8), path_of(folder, "comCam", "crosstalk", ["R22_S11"]))
    for name in ("README.md", "table.xlsx", "old.fits", "notes.txt", "19700101T000000.ECSV"):
        open(os.path.join(folder, "latiss", "crosstalk", "rxx_s00", name), "w").close()


if __name__ == "__main__":
    {"full": full, "forms": forms}[sys.argv[1]](*sys.argv[2:])
