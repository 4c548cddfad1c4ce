"""Turns the truth of the sample frames into files that C reads.

usage: convert_truth.py truth.json truth_det004.npz

Writes beside this script, little-endian float32, row by row, assembled as the detector is (500 rows of 512 pixels):
  truth_bias.f32      structure of the bias, adu, relative to the serial overscan
  truth_dark.f32      dark current, electrons per second
  truth_response.f32  response of the r band, 1 on average
and truth_amps.txt: one line per amplifier, name, gain (electrons per adu), read noise (electrons).
"""
import json
import pathlib
import sys

import numpy as np

truth = json.load(open(sys.argv[1]))
maps = np.load(sys.argv[2])
here = pathlib.Path(__file__).parent
(x0, y0), (w, h) = truth["geometry"]["data"]
bias = np.zeros((500, 512), "<f4")
for number, name in enumerate(truth["amps"]):
    amp = truth["geometry"]["amps"][name]
    structure = maps["structure"][number]
    # What is left of the structure in the serial overscan goes away with it; 3 columns are skipped on each side.
    level = np.median(structure[y0 : y0 + h, x0 + w + 3 : -3], axis=1, keepdims=True)
    data = structure[y0 : y0 + h, x0 : x0 + w] - level
    if amp["flip"][0]:
        data = data[:, ::-1]
    if amp["flip"][1]:
        data = data[::-1, :]
    ix, iy = amp["ixy"]
    bias[iy * h : (iy + 1) * h, ix * w : (ix + 1) * w] = data
bias.tofile(here / "truth_bias.f32")
maps["dark_map"].astype("<f4").tofile(here / "truth_dark.f32")
maps["response_r"].astype("<f4").tofile(here / "truth_response.f32")
detector = truth["detectors"]["4"]
with open(here / "truth_amps.txt", "w") as out:
    for name, gain, noise in zip(truth["amps"], detector["gain"], detector["noise"]):
        out.write(f"{name} {gain!r} {noise!r}\n")
