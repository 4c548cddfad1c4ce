"""Random regions, asked of sphgeom and of calbus: REGION_ROWS COUNT SEED.

Pairs of circles, boxes, polygons, ellipses, unions and intersections of all sizes, at the poles and across longitude
zero, touching, nested, equal: whether they overlap (yes, no, not known) must be answered alike, and which pixels of the
mesh a region touches; pixels, and regions made of numbers or POS strings must be the same to the bit.
"""

import base64
import collections
import math
import random
import subprocess
import sys

from lsst.sphgeom import (Angle, AngleInterval, Box, Circle, ConvexPolygon, Ellipse, HtmPixelization, IntersectionRegion, LonLat,
                          NormalizedAngleInterval, Region, UnionRegion, UnitVector3d)  # fmt: skip

SIZES = [0.0, 1e-9, 1e-6, 1e-4, 0.01, 0.1, 0.5, 1.0, 1.75, 5.0, 20.0, 45.0, 89.9, 90.0, 120.0, 179.9999, 180.0]
ROUND = [0.0, 45.0, 90.0, 135.0, 180.0, 270.0, 359.999999, 360.0, 1e-7, 10.0, 10.5]
DECS = [-90.0, -89.999, -45.0, 0.0, 1e-8, 30.0, 89.5, 90.0]


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.last = (10.0, 10.0)

    def place(self):
        chance = self.rng.random()
        if chance < 0.45:  # near the last one
            size = self.rng.choice(SIZES[:11])
            ra = (self.last[0] + self.rng.uniform(-size, size)) % 360
            dec = max(-90.0, min(90.0, self.last[1] + self.rng.uniform(-size, size)))
        elif chance < 0.6:
            ra, dec = self.rng.choice(ROUND), self.rng.choice(DECS)
        elif chance < 0.7:
            ra, dec = self.last
        else:
            ra, dec = self.rng.uniform(0, 360), math.degrees(math.asin(self.rng.uniform(-1, 1)))
        self.last = (ra, dec)
        return ra, dec

    def size(self):
        return self.rng.choice(SIZES) * self.rng.choice([1, 1, 1, self.rng.random()])

    def vector(self):
        return UnitVector3d(LonLat.fromDegrees(*self.place()))

    def circle(self):
        if self.rng.random() < 0.02:
            return self.rng.choice([Circle.empty(), Circle.full(), Circle(self.vector(), Angle.fromDegrees(-1.0))])
        return Circle(self.vector(), Angle.fromDegrees(self.size()))

    def box(self):
        chance = self.rng.random()
        if chance < 0.02:
            return self.rng.choice([Box.empty(), Box.full()])
        if chance < 0.3:
            a, b = self.place(), self.place()
            return Box(LonLat.fromDegrees(a[0], min(a[1], b[1])), LonLat.fromDegrees(b[0], max(a[1], b[1])))
        if chance < 0.4:
            lat = sorted([self.place()[1], self.place()[1]])
            return Box(NormalizedAngleInterval.full(), AngleInterval.fromDegrees(*lat))
        return Box(LonLat.fromDegrees(*self.place()), Angle.fromDegrees(self.size()), Angle.fromDegrees(self.size()))

    def polygon(self):
        for _ in range(50):
            ra, dec = self.place()
            size = self.size()
            if self.rng.random() < 0.3:
                corners = [(ra, dec), (ra + size, dec), (ra + size, dec + size), (ra, dec + size)]
            else:
                corners = [(ra + self.rng.uniform(-size, size), dec + self.rng.uniform(-size, size))
                           for _ in range(self.rng.randint(3, 8))]  # fmt: skip
            if any(abs(c[1]) > 90 for c in corners):
                continue
            try:
                return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(*c)) for c in corners])
            except (ValueError, RuntimeError):
                continue
        return HtmPixelization(7).triangle(self.rng.randrange(131072, 262144))

    def trixel(self):
        level = self.rng.randint(0, 12)
        return HtmPixelization(level).triangle(self.rng.randrange(8 << 2 * level, 16 << 2 * level))

    def ellipse(self):
        for _ in range(50):
            a, b = self.size(), self.size()
            try:
                return Ellipse(self.vector(), Angle.fromDegrees(a), Angle.fromDegrees(b), Angle.fromDegrees(self.rng.uniform(0, 360)))
            except (ValueError, RuntimeError):
                continue
        return Ellipse(self.vector(), Angle.fromDegrees(1.0))

    def compound(self, depth):
        make = self.rng.choice([UnionRegion, IntersectionRegion])
        return make(*[self.region(depth - 1) for _ in range(self.rng.choice([0, 1, 2, 2, 3]))])

    def region(self, depth=2):
        kinds = [self.circle, self.box, self.polygon, self.polygon, self.trixel, self.ellipse]
        if depth > 0 and self.rng.random() < 0.15:
            return self.compound(depth)
        return self.rng.choice(kinds)()

    def beside(self, region):
        """One that shares something with the first: a corner, an edge, itself."""
        if isinstance(region, ConvexPolygon) and self.rng.random() < 0.6:
            corners = region.getVertices()
            i = self.rng.randrange(len(corners))
            a, b = corners[i], corners[(i + 1) % len(corners)]
            chance = self.rng.random()
            if chance < 0.3:
                return Circle(a, Angle.fromDegrees(self.size()))
            if chance < 0.5:
                return Circle(b, (a - b).getSquaredNorm())
            if chance < 0.9:
                try:
                    return ConvexPolygon([b, a, self.vector()])
                except (ValueError, RuntimeError):
                    pass
            return Box(LonLat(a), Angle.fromDegrees(self.size()), Angle.fromDegrees(self.size()))
        if isinstance(region, Circle) and self.rng.random() < 0.5 and not region.isEmpty():
            return Circle(region.getCenter(), Angle.fromDegrees(self.size()))
        return region if self.rng.random() < 0.05 else self.region()


def text(region):
    return base64.b64encode(region.encode()).decode()


def attempt(make):
    try:
        return text(make())
    except (ValueError, RuntimeError, TypeError):
        return "refused"


def overlap(maker):
    one = maker.region()
    other = maker.beside(one) if maker.rng.random() < 0.4 else maker.region()
    # base64 of what they decode to: a box is settled when it is read
    answer = {True: "yes", False: "no", None: "unknown"}[one.overlaps(other)]
    return f"overlaps {text(one)} {text(other)}", answer


def has_ellipse(region):
    if isinstance(region, UnionRegion | IntersectionRegion):
        return any(has_ellipse(operand) for operand in region)
    return isinstance(region, Ellipse)


def pixels(maker):
    region = maker.region()
    while has_ellipse(region):  # sphgeom reads a circle that is gone, and may crash
        region = maker.region()
    compound = isinstance(region, UnionRegion | IntersectionRegion)
    size = 90.0 if compound else region.getBoundingCircle().getOpeningAngle().asDegrees()
    level = 7 if size < 5 else 4 if size < 60 else 2
    if size < 0.01 and maker.rng.random() < 0.5:
        level = maker.rng.randint(8, 16)
    ranges = HtmPixelization(level).envelope(region)
    return f"pixels {level} {text(region)}", " ".join(f"{b}-{e}" for b, e in ranges)


def triangle(maker):
    level = maker.rng.choice([0, 1, 7, 7, 7, 16, 24])
    pixel = maker.rng.randint(8 << 2 * level, (16 << 2 * level) - 1)
    return f"pixel {level} {pixel}", text(HtmPixelization(level).triangle(pixel))


def number(maker, value):
    return maker.rng.choice([repr(value), repr(value), f"{value:.3f}", f"{value:g}"])


def made(maker):
    kind = maker.rng.choice(["circle", "box", "polygon", "pos circle", "pos range", "pos polygon", "pos"])
    places = [maker.place() for _ in range(maker.rng.randint(3, 9))]
    if maker.rng.random() < 0.3:  # on one great circle, or some of them twice
        places = [(ra, maker.rng.choice([0.0, 0.0, dec])) for ra, dec in places] + places[:1]
    if maker.rng.random() < 0.05:
        places[0] = (maker.rng.choice([-10.0, 370.0, 725.5]), maker.rng.choice([-90.5, 91.0, 3.0]))
    words = [number(maker, v) for place in places for v in place]
    values = [float(w) for w in words]
    pairs = list(zip(values[::2], values[1::2]))
    size, other = number(maker, maker.size()), number(maker, maker.size())
    if kind == "circle":
        return f"circle {words[0]} {words[1]} {size}", attempt(
            lambda: Circle(UnitVector3d(LonLat.fromDegrees(*pairs[0])), Angle.fromDegrees(float(size))))  # fmt: skip
    if kind == "box":
        size, other = maker.rng.choice(["", "", "", "-"]) + size, maker.rng.choice(["", "", "", "-"]) + other
        return f"box {words[0]} {words[1]} {size} {other}", attempt(
            lambda: Box(LonLat.fromDegrees(*pairs[0]), Angle.fromDegrees(float(size)), Angle.fromDegrees(float(other))))  # fmt: skip
    if kind == "polygon":
        return "polygon " + " ".join(words), attempt(lambda: ConvexPolygon([UnitVector3d(LonLat.fromDegrees(*p)) for p in pairs]))
    if kind == "pos circle":
        pos = f"CIRCLE {words[0]} {words[1]} {size}"
    elif kind == "pos range":
        word = [words[0], words[2], *sorted(words[1:4:2], key=float)]
        for i in range(4):
            if maker.rng.random() < 0.1:
                word[i] = maker.rng.choice(["Inf", "-Inf", "+inf", "Infinity"])
        pos = "RANGE " + "  ".join(word)
    elif kind == "pos polygon":
        pos = "POLYGON " + " ".join(words)
    else:
        shape = maker.rng.choice(["CIRCLE", "RANGE", "POLYGON", "circle", "BOX", "", "CIRCLE,"])
        pos = " ".join([shape, *words[: maker.rng.randint(0, 8)], *maker.rng.choice([[], [], ["x"], ["1e400"], ["--1"], ["0x10"]])])
    return "pos " + pos, attempt(lambda: Region.from_ivoa_pos(pos))


def main():
    program, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    maker = Maker(random.Random(seed))
    asked = [maker.rng.choice([overlap] * 7 + [pixels, triangle, made, made])(maker) for _ in range(count)]
    run = subprocess.run([program], input="\n".join(q for q, _ in asked) + "\n", capture_output=True, text=True, check=True)
    answers = run.stdout.splitlines()
    assert len(answers) == len(asked), (len(answers), len(asked))
    tally, bad = collections.Counter(), 0
    for (question, expected), answer in zip(asked, answers):
        shown = "refused" if answer.startswith("refused") else answer
        word = question.split()[0]
        tally[word, expected if word == "overlaps" else "refused" if expected == "refused" else "made"] += 1
        if shown != expected:
            bad += 1
            if bad <= 10:
                print(f"DIFFERENT: {question}\n  sphgeom: {expected[:300]}\n  calbus:  {answer[:300]}")
    print(f"{count} questions, seed {seed}: {bad} answered otherwise;", ", ".join(f"{' '.join(k)} {n}" for k, n in sorted(tally.items())))
    sys.exit(bad > 0)


main()
