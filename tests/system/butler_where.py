"""Random where-expressions, asked of the stock butler and of calbus: REPO WHERE_ROWS COUNT SEED [EXPRESSION...].

Three quarters are built to be well typed; the rest have a word dropped, doubled, exchanged or put in. Both must choose
the same rows, or both must refuse. Where the stock butler ends in an error that is none of its own (AssertionError,
UnboundLocalError, ...) or the database refuses (division by zero, a number too large), calbus may refuse or not: which
row meets the fault first is the planner's affair. With EXPRESSIONs only these are asked, of every query.
"""

import collections
import random
import re
import subprocess
import sys
import uuid
import warnings

import sqlalchemy.exc
from astropy.time import Time
from lsst.daf.butler import Butler, CollectionType, DatasetType, Timespan

CAMERA = "LSSTComCam"
TYPES = ["bias", "flat", "log"]
COLLECTIONS = ["LSSTComCam/calib/DM-1/demo/bias.20241210a", "LSSTComCam/calib/DM-2/demo/biasGen.20241220a", "r/flat", "c/flat", "r/log"]
NIGHT = Time("2024-12-08T12:00:00", format="isot", scale="tai")
T0 = Time("2024-12-08T12:01:01", format="isot", scale="tai")

# the binds of where_rows.c; seq_start is a field too, which the bind hides
BINDS = {
    "b_int": 2, "b_float": 1.5, "b_str": "flat", "b_null": None, "b_time": T0, "b_span": Timespan(NIGHT, T0),
    "b_glob": "*_0?", "seq_start": 2, "b_ints": [1, 2, 5], "b_floats": [1.5, 30.0],
    "b_strs": ["bias", "it's \"q\"", "LSSTComCam"], "b_mixed": [1, "a"],
    "b_times": [Time("2024-12-08T12:01:00", format="isot", scale="tai"), T0], "b_empty": [],
    "b_uuid": uuid.UUID("be986e28-b26e-51f3-b816-0d1d7185ee49"), "b_uuids": [uuid.UUID(int=1), uuid.UUID(int=2**127 + 5)],
    "b_huge": 2**70, "b_hugest": [1, 2**63, -(2**64)], "b_inf": float("inf"), "b_nan": float("nan"),
    "b_text": "\u00e9t\u00e9", "b_texts": ["\u00e9t\u00e9", "a\\b", ""], "b_bytes": b"\x01\x02", "b_open": Timespan(None, T0),
    "b_none": Timespan.makeEmpty(), "b_spans": [Timespan(NIGHT, T0)], "b_nulls": [None], "b_star": "*", "B_INT": 5,
    "b_escaped": "a\\\\*", "b_one": [2],
}  # fmt: skip

# what is asked for, as where_rows.c takes it; behind "+" the types that the rows must have datasets of
QUERIES = ["exposure", "exposure", "exposure,detector", "detector", "physical_filter", "day_obs", "visit", "bias", "band",
           "visit,detector", "flat", "log", "exposure,detector+flat", "exposure+log", "detector,physical_filter+flat",
           "exposure,detector+bias", "detector+bias", "instrument"]  # fmt: skip

NAMES = {
    "int": ["exposure", "day_obs", "detector", "visit", "exposure.id", "detector.id", "exposure.day_obs",
            "exposure.seq_num", "exposure.seq_num", "seq_num", "seq_num", "exposure.seq_end", "seq_end",
            "exposure.seq_start", "seq_start", "instrument.visit_max", "visit_max", "detector_max", "visit.seq_num",
            "b_int", ":b_int"],
    "float": ["exposure.exposure_time", "exposure_time", "dark_time", "exposure.azimuth", "azimuth", "zenith_angle",
              "visit.exposure_time", "tracking_ra", "b_float", ":b_float"],
    "string": ["instrument", "instrument", "band", "physical_filter", "group", "exposure.observation_type",
               "observation_type", "target_name", "exposure.target_name", "science_program", "exposure.obs_id", "obs_id",
               "detector.raft", "raft", "purpose", "detector.full_name", "full_name", "name_in_raft", "class_name",
               "instrument.class_name", "exposure.physical_filter", "physical_filter.band", "exposure.instrument",
               "detector.instrument", "exposure.group", "physical_filter.name", "instrument.name", "visit.name",
               "bias.run", "flat.run", "log.run", "raw.run", "b_str", ":b_str", ":b_text", "b_text"],
    "bool": ["exposure.can_see_sky", "can_see_sky", "exposure.has_simulated", "has_simulated"],
    "timespan": ["exposure.timespan", "day_obs.timespan", "timespan", "visit.timespan", ":b_span", "b_span",
                 "bias.timespan", "flat.timespan", "log.timespan", "b_open", ":b_none"],
    "datetime": ["exposure.timespan.begin", "exposure.timespan.end", "day_obs.timespan.begin", "day_obs.timespan.end",
                 "timespan.begin", "timespan.end", ":b_time", "b_time", "bias.ingest_date", "ingest_date",
                 "flat.ingest_date", "flat.timespan.begin", "bias.timespan.end", "log.ingest_date", "visit.timespan.begin"],
    "uuid": ["bias.dataset_id", "flat.dataset_id", "log.dataset_id", "dataset_id", "b_uuid", ":b_uuid"],
}  # fmt: skip
WRONG_NAMES = ["nosuch", "exposure.nosuch", "Exposure", "name", "exposure.band", "band.name", "nosuch.seq_num", "id",
               "exposure.timespan.middle", "exposure.seq_num.begin", "timespan.seq_num", "dark.run", ":nosuch", "tract",
               "NULL", "null", "b_null", ":b_null", "b_ints", ":b_ints", ":b_mixed", "visit_system", "subfilter",
               "visit_definition.exposure", "instrument.detector_max", "band", "band.band", "bias.dataset_id",
               "bias.nosuch", "exposure.visit", "bias.collection", "flat.collection", "collection", "run", "flat.nosuch",
               "flat.timespan.middle", "flat.run.begin", ":b_huge", "b_hugest", ":b_inf", "b_nan", "b_bytes", "b_spans", "b_nulls",
               ":B_int", "B_INT", ":seq_num", "instrument.name", "visit_definition.visit", "visit_system_membership.visit_system",
               "skymap", "skymap.hash", "day_obs.id", "group.name", "subfilter.id", "exposure.id.begin"]  # fmt: skip
LITERALS = {
    "int": ["0", "1", "2", "3", "4", "7", "-1", "+2", "100", "20241208", "2024120800002", "2024120800003", "- 2"],
    "float": ["1.5", "0.", "30.0", "3e1", ".5", "-1.5e0", "1E-3", "270.86285009978087", "+2."],
    "string": ["'LSSTComCam'", "'LSSTComCam'", "'LATISS'", "'bias'", "'flat'", "'r'", "'i'", "'r_03'", "'R22'", "'g2'",
               "''", "'M_31'", "'100%'", "'R22_S11'", "'B'", "'it\"s'", "'\u00e9t\u00e9'", "'\u65e5\u672c'", "'a\\b'",
               "'\U0001d538'", "'e\u0301'", "' r'", "'r '", "'\\\\'", "'$1'", "'%s'", "'%(x)s'", "':b_int'", "'--'", "'/*x*/'", "'{a,\"b\"}'", "'NULL'"],
    "uuid": ["UUID('be986e28-b26e-51f3-b816-0d1d7185ee49')", "uuid('BE986E28B26E51F3B8160D1D7185EE49')", "UUID(('{00000000-0000-0000-0000-000000000001}'))",
             "Uuid('urn:uuid:80000000-0000-0000-0000-000000000005')", "UUID ( 'be98-6e28b26e51f3b8160d1d7185ee49' )"],
}  # fmt: skip
TIMES = ["2024-12-08T12:01:00", "2024-12-08 12:02:30.5/tai", "2024-12-08", "2024-12-08 12:01", "isot/2024-12-08T12:01:00/tai",
         "iso/2024-12-08 12:00:23/utc", "60652.5", "mjd/60652.501/tai", "mjd/60652.501/utc", "60652.501388888889/tt",
         "jd/2460653.0", "2460653.0", "2024:343", "2024:343:12:01:30", "yday/2024:343:12:01:23/utc", "+02024-12-08T12:01:00",
         "unix/1733659260.0", "unix/1733659260", "unix_tai/1733659261.5", "cxcsec/850046460.0", "gps/1417694480.0",
         "jyear/2024.9377", "byear/2024.94", "decimalyear/2024.93", "2024-12-08 12:00:00+00:00", "1850-01-01", "2300-01-01",
         "2024-12-08T12:01:00/tt", "fits/+02024-12-08T12:01:00/tai", 
         "2016-12-31T23:59:60", "mjd/60652", "2024-12-08T12:01:00.123456789/tai", "60652.", "-1.5", "UNIX/1733659260.25",
         "2024-12-08t12:01:00", "2024-12-08T12:01:00/TAI", "2024-1-2", "datetime64/2024-12-08T12:01:00",
         "jyear_str/J2024.9", "2024-12-08T12:01:61", "2024:343:12:01:75/tai", "plot_date/739228.501", "60652.501/tcg",
         "unix/99999999999.0", "gps/-9999999999.", "decimalyear/60652.5", "0999-12-08", "+12024-02-29T00:00:00", "unix/10000.5"]  # fmt: skip
WRONG_TIMES = ["", "yesterday", "2024-13-01", "2024-12-08T25:00", "60652", "mjd/2024-12-08", "iso/60652.5", "nosuch/1.0",
               "2024-12-08/nosuch", "2024-12-08T12:00:00+01:00", "2024-02-30", "2024:400", "2024-12-08T12", "2024-12-08Z",
               "1.5/", "/1.5", "2024-12-08T12:60:00", "24-12-08", "2023:366", "2024-12-08/utc/tai", "\u00e9", "2024-12-08T12:00:00\u00e9", "tai/2024-12-08", "x" * 200, "60652.5/nosuch",
               "ymdhms/2024-12-08", "+02024-12-8T00:00:00", "2024-12-8T12:01:30."]  # fmt: skip
TOKENS = ["and", "OR", "not", "IN", "(", ")", ",", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "overlaps",
          "1..3", "1", "1.5", "'bias'", "NULL", "exposure", "seq_num", ":b_int", "T'2024-12-08'", ";", "==", "\"x\"",
          "is", "true", "GLOB", "UUID", "detector", "band", "$", "'", ".", ":", "<>", "\n", "T", "@", "--", "/*", "*/", "#", "\u00e9", "'\u00e9'",
          "\t", "\n\n", "\u00a0", "\r", "..", "1..", "1.5..2", "()", "(,)", "foo(1)", "UUID('x')", "UUID(1)", "GLOB(band)", "POINT(1)",
          "=NULL", "NULL=", "a.b.c.d", ":a.b", ": b_int", "T 'x'", "1e", "1e+", "0x1F", "1_000", "&&", "||", "^", "[1]", "{", "\\"]  # fmt: skip
GLOBS = ["'*'", "'b*'", "'*s'", "'?ias'", "'b?a*'", "'*_*'", "'100%'", "'1*%'", "'M\\_31'", "'M_3?'", "'R22*'", "':b'",
         "'\\*'", "'LSST*'", "''", "'?'", "'[rR]*'", ":b_glob", ":b_str", "b_glob", ":b_int", "'B*'", "'\\'",
         "'**'", "('*i*')", "'a\\b'", "'a\\\\b'", "'a\\\\*'", "'a?b'", "'*\\*'", "'*\\?*'", "'\\_*'", "'1*\\%'", "'\u00e9*'", "'?t?'",
         "'\\\\'", "'\\\\\\*'", ":b_text", ":b_star", ":b_escaped", "'**?'", "'_'", "'%'", "'M\\\\_31'", "'a\\\\\\b'", "b_int", "'*' ", "((:b_str))"]  # fmt: skip


# fields that may stand without their element, by what must be in the query and must not
BARE = {("exposure", "visit"): {"seq_num", "seq_end", "exposure_time", "dark_time", "azimuth", "zenith_angle", "tracking_ra",
                                "observation_type", "target_name", "science_program", "obs_id", "can_see_sky", "has_simulated"},
        ("visit", "exposure"): {"seq_num", "exposure_time", "azimuth", "zenith_angle", "target_name", "science_program"},
        ("detector", ""): {"raft", "purpose", "full_name", "name_in_raft"},
        ("instrument", ""): {"visit_max", "detector_max", "class_name"},
        ("day_obs", "exposure"): {"timespan", "timespan.begin", "timespan.end"}, ("dataset", ""): {"ingest_date", "dataset_id"},
        ("dataset", "exposure"): {"timespan", "timespan.begin", "timespan.end"}}  # fmt: skip
ELEMENTS = {"bias": "detector", "flat": "detector,physical_filter", "log": "exposure"}


class Maker:
    """Builds one expression."""

    def __init__(self, rng):
        self.rng = rng
        self.has, self.types = set(), []

    def ask_of(self, what):
        """Names are mostly those that mean something in this query."""
        base, *self.types = what.split("+")
        self.has = set(ELEMENTS.get(base, base).split(",")) | ({"instrument"} if base != "band" else set())
        if base in TYPES:
            self.types, self.has = [base], self.has | {"dataset"}

    def means(self, name):
        first = name.split(".")[0]
        if first in TYPES or first == "raw":
            return first in self.types
        known = [place for place, names in BARE.items() if name in names]
        return not known or any(place[0] in self.has and place[1] not in self.has for place in known)

    def pick(self, *choices):
        return self.rng.choice(choices)

    def word(self, text):
        return self.rng.choice([text, text.upper(), text.capitalize()])

    def name(self, type_):
        if self.rng.random() < 0.015:
            return self.rng.choice(WRONG_NAMES)
        name = self.rng.choice(NAMES[type_])
        while not self.means(name) and self.rng.random() < 0.95:
            name = self.rng.choice(NAMES[type_])
        return name

    def time(self):
        if self.rng.random() < 0.04:
            return "T'" + self.rng.choice(WRONG_TIMES) + "'"
        return self.pick("T", "t") + "'" + self.rng.choice(TIMES) + "'"

    def literal(self, type_):
        if type_ == "datetime":
            return self.time()
        if type_ == "timespan":
            ends = [self.rng.choice([self.time(), self.time(), "NULL", ":b_time"]) for _ in range(2)]
            return "(" + ", ".join(ends) + ")"
        return self.rng.choice(LITERALS[type_])

    def value(self, type_, depth):
        chance = self.rng.random()
        if type_ in ("int", "float") and depth > 0:
            if chance < 0.18:
                operators = "+-*/%" if type_ == "int" else "+-*/"
                left, right = (self.value(type_, depth - 1) for _ in range(2))
                blank = self.pick("", " ", " ")
                return left + blank + self.rng.choice(operators) + blank + right
            if chance < 0.26:
                return self.pick("-", "+", "- ", "--", "+-") + self.value(type_, depth - 1)
            if chance < 0.32:
                return "(" + self.value(type_, depth - 1) + ")"
        if chance < 0.75 or type_ == "bool":
            return self.name(type_)
        return self.literal(type_)

    def other(self, type_):
        """A type, seldom another one."""
        return self.pick("int", "float", "string", "datetime", "timespan", "bool", "uuid") if self.rng.random() < 0.03 else type_

    def comparison(self, depth):
        type_ = self.pick("int", "int", "int", "float", "float", "string", "string", "string", "datetime", "datetime", "uuid")
        operator = self.pick("=", "!=") if type_ == "uuid" and self.rng.random() < 0.9 else self.pick("=", "!=", "<", "<=", ">", ">=")
        right = self.other(type_)
        if type_ in ("int", "float") and self.rng.random() < 0.1:
            right = self.pick("int", "float")
        blank = self.pick("", " ", " ")
        left = self.value(type_, depth)
        second = self.literal(right) if self.rng.random() < 0.6 and right != "bool" else self.value(right, depth)
        return left + blank + operator + blank + second

    def null_test(self, depth):
        type_ = self.pick("int", "float", "string", "bool", "datetime", "timespan", "uuid")
        null = self.pick("NULL", "null", "b_null", ":b_null") if self.rng.random() < 0.05 else "NULL"
        operator = self.pick("=", "!=") if self.rng.random() < 0.95 else self.pick("<", ">=", "overlaps")
        sides = [self.value(type_, 1), null]
        self.rng.shuffle(sides)
        return f"{sides[0]} {operator} {sides[1]}"

    def item(self, type_):
        if type_ == "int" and self.rng.random() < 0.35:
            start = self.rng.randint(-2, 8) if self.rng.random() < 0.95 else self.pick(-(2**63), 2**63, 2**64, 20241208)
            stop = start + self.rng.randint(-2, 6)
            stride = self.pick("", "", ":1", ":2", " : 3", ": 7", ":0")
            return f"{start}{self.pick('..', ' .. ', '.. ')}{stop}{stride}"
        if self.rng.random() < 0.25:
            return self.pick(*{"int": [":b_ints", "b_ints", "b_hugest", ":b_one"], "float": [":b_floats"], "string": [":b_strs", ":b_texts"],
                               "datetime": [":b_times"], "uuid": [":b_uuids", "b_uuids"]}[type_])  # fmt: skip
        return self.rng.choice([self.literal(type_)] * 8 + [self.name(type_), "NULL", "NULL", ":b_empty"])

    def membership(self, depth):
        type_ = self.pick("int", "int", "int", "string", "string", "float", "datetime", "uuid")
        items = [self.item(self.pick("int", "float") if type_ == "float" and self.rng.random() < 0.2 else type_)
                 for _ in range(self.rng.randint(1, 4))]  # fmt: skip
        word = self.word(self.pick("in", "in", "not in"))
        return f"{self.value(type_, depth)} {word} ({self.pick(', ', ',').join(items)})"

    def overlap(self, _):
        sides = [self.value("timespan", 0), self.pick(self.value("timespan", 0), self.literal("timespan"), self.time())]
        self.rng.shuffle(sides)
        return f"{sides[0]} {self.word('overlaps')} {sides[1]}"

    def glob(self, _):
        column = self.rng.choice(["instrument", "obs_id", "exposure.observation_type", "full_name", "detector.full_name", "physical_filter", "(group)", self.name("string"), self.name("int")])
        return f"{self.pick('GLOB', 'glob')}({column}, {self.rng.choice(GLOBS)})"

    def condition(self, depth):
        if depth <= 0 or self.rng.random() < 0.3:
            make = self.rng.choice([self.comparison] * 6 + [self.membership] * 4 + [self.overlap] * 2 + [self.null_test]
                                   + [self.glob, lambda _: self.name("bool"), self.chain])  # fmt: skip
            return make(1 if self.rng.random() < 0.6 else 2)
        chance = self.rng.random()
        if chance < 0.15:
            return self.word("not") + " " + self.condition(depth - 1)
        if chance < 0.35:
            return "(" + self.condition(depth - 1) + ")"
        word = self.word(self.pick("and", "or"))
        return self.condition(depth - 1) + self.pick(" ", " ", "\n") + word + " " + self.condition(depth - 1)

    def chain(self, depth):
        if self.rng.random() < 0.85:
            return self.comparison(depth)
        return self.comparison(1) + self.pick(" < ", " = ", " overlaps ") + self.pick("3", "seq_num", "NULL", "can_see_sky")

    def nested(self):
        """Deep in parentheses, NOTs and signs."""
        text = self.comparison(1)
        for _ in range(self.rng.randint(1, 40)):
            text = self.pick("(", "( ", "(\n") + text + ")" if self.rng.random() < 0.8 else self.word("not") + " " + text
        return text

    def long(self):
        """Long lists and long sums."""
        if self.rng.random() < 0.5:
            type_ = self.pick("int", "string", "float", "datetime")
            return f"{self.name(type_)} in ({', '.join(self.item(type_) for _ in range(self.rng.randint(20, 200)))})"
        type_ = self.pick("int", "float")
        sum_ = self.pick("+", " - ", "-").join(self.value(type_, 0) for _ in range(self.rng.randint(10, 60)))
        return f"{sum_} {self.pick('<', '>', '!=')} {self.literal(type_)}"

    def blanks(self, text):
        """Other blanks, where there are some; no new line within a range, where the stock butler does not count it."""
        return re.sub(r"(?<![.:]) (?![.:])", lambda _: self.pick(" ", " ", " ", "  ", "\t", "\n", " \n ", "\t\n\n"), text)

    def expression(self, what):
        self.ask_of(what)
        text = self.rng.choice([self.condition] * 20 + [lambda _: self.nested(), lambda _: self.long()])(self.rng.randint(0, 4))
        if self.rng.random() < 0.1:
            text = self.blanks(text)
        if self.rng.random() < 0.7:
            camera = self.pick("instrument = 'LSSTComCam'", "instrument='LSSTComCam'", "'LSSTComCam' = instrument",
                               "instrument IN ('LSSTComCam', 'LATISS')", "instrument != 'x'")  # fmt: skip
            text = f"{camera} {self.word('and')} ({text})" if self.rng.random() < 0.9 else f"{camera} or {text}"
        return self.spoil(text) if self.rng.random() < 0.25 else text

    def spoil(self, text):
        words = text.split(" ")
        at = self.rng.randrange(len(words))
        other = self.rng.choice(TOKENS + WRONG_NAMES + words)
        change = self.rng.randrange(5)
        if change == 0:
            del words[at]
        elif change == 1:
            words.insert(at, words[at])
        elif change == 2:
            words[at] = other
        elif change == 3:
            words.insert(at, other)
        else:
            text = " ".join(words)
            cut = self.rng.randrange(len(text) + 1)
            return text[:cut] + self.pick("", "'", "(", " ", "9", ".", "e") + text[cut + self.rng.randint(0, 1) :]
        return " ".join(words)


def add_rows(butler):
    """More nights, filters and gaps: exposures with values missing, in two instruments, and visits."""

    def insert(element, *rows):
        butler.registry.insertDimensionData(element, *rows)

    def span(begin_s, end_s):
        return Timespan(NIGHT + begin_s / 86400, NIGHT + end_s / 86400)

    insert("instrument", {"name": "LATISS", "visit_max": 9, "exposure_max": 99, "detector_max": 1, "class_name": "x.Latiss"},
           {"name": "Other", "class_name": "it's"})  # fmt: skip
    insert("physical_filter", {"instrument": "LATISS", "name": "r_03", "band": "r"},
           {"instrument": "LATISS", "name": "white", "band": "white"})  # fmt: skip
    insert("detector", {"instrument": "LATISS", "id": 0, "full_name": "RXX_S00", "purpose": "SCIENCE"},
           {"instrument": "LATISS", "id": 3, "full_name": "R22_S10", "raft": "R22"})  # fmt: skip
    insert("day_obs", {"instrument": CAMERA, "id": 20241209, "timespan": None},
           {"instrument": CAMERA, "id": 20241210, "timespan": Timespan(None, NIGHT)},
           {"instrument": "LATISS", "id": 20241208, "timespan": span(0, 86400)})  # fmt: skip
    types = ["bias", "flat", "BIAS", None, "M_31", "100%", "a\\b", "été"]
    for n in range(4, 20):
        camera = CAMERA if n % 4 else "LATISS"
        day = 20241208 + (n % 3 if camera == CAMERA else 0)
        missing = n % 5 == 0
        insert("group", {"instrument": camera, "name": f"g{n}"})
        insert("exposure", {
            "instrument": camera, "id": day * 100000 + n, "day_obs": day, "group": f"g{n}",
            "physical_filter": "r_03" if camera == "LATISS" or n % 2 else "i_06", "obs_id": f"O_{n:02d}",
            "observation_type": types[n % 8], "target_name": types[n * 3 % 8], "science_program": "bias" if n % 2 else "x_01",
            "seq_num": None if missing else n, "seq_start": n - 3, "seq_end": None if n == 7 else n,
            "exposure_time": None if missing else n * 1.5, "dark_time": 30.0 if n % 2 else 0.5, "azimuth": -1.5 * n,
            "tracking_ra": None, "zenith_angle": n / 7, "can_see_sky": [True, False, None][n % 3],
            "has_simulated": None if n % 2 else False,
            "timespan": None if missing else Timespan(NIGHT, None) if n == 6 else Timespan(None, T0) if n == 9
            else Timespan.makeEmpty() if n == 11 else span(n * 60, n * 60 + 30),
        })  # fmt: skip
    insert("visit_system", {"instrument": CAMERA, "id": 0, "name": "one-to-one"})
    for n in (4, 5, 6):
        record = next(r for r in butler.query_dimension_records("exposure", instrument=CAMERA, limit=None)
                      if r.id % 1000 == n) if n != 4 else None  # fmt: skip
        if record is None:
            continue
        insert("visit", {"instrument": CAMERA, "id": record.id, "physical_filter": record.physical_filter,
                         "day_obs": record.day_obs, "name": record.obs_id, "seq_num": n, "exposure_time": 1.5,
                         "timespan": record.timespan})  # fmt: skip
        insert("visit_definition", {"instrument": CAMERA, "visit": record.id, "exposure": record.id})
        insert("visit_system_membership", {"instrument": CAMERA, "visit": record.id, "visit_system": 0})


def add_datasets(butler):
    """Flats in a run, some of them certified, and logs of exposures."""
    registry = butler.registry
    registry.registerDatasetType(DatasetType("flat", ["detector", "physical_filter"], "ExposureF", universe=butler.dimensions, isCalibration=True))
    registry.registerDatasetType(DatasetType("log", ["exposure"], "StructuredDataDict", universe=butler.dimensions))
    for run in ("r/flat", "r/log"):
        butler.collections.register(run)
    butler.collections.register("c/flat", CollectionType.CALIBRATION)
    flats = registry.insertDatasets("flat", [{"instrument": CAMERA, "detector": d, "physical_filter": f} for d in (0, 1, 8) for f in ("r_03", "i_06")], run="r/flat")
    latiss = registry.insertDatasets("flat", [{"instrument": "LATISS", "detector": d, "physical_filter": "r_03"} for d in (0, 3)], run="r/flat")
    exposures = sorted(butler.query_dimension_records("exposure", limit=None), key=lambda r: r.id)
    logs = registry.insertDatasets("log", [r.dataId for r in exposures[::2]], run="r/log")
    registry.certify("c/flat", flats[:4], Timespan(NIGHT, T0))
    registry.certify("c/flat", flats[2:], Timespan(T0, None))
    registry.certify("c/flat", latiss, Timespan(None, None))
    LITERALS["uuid"] += [f"UUID('{ref.id}')" for ref in (flats[0], flats[3], latiss[0], logs[1])]


class Stock:
    def __init__(self, repo):
        self.butler = {name: Butler.from_config(repo, **({"instrument": name} if name else {})) for name in ("", CAMERA)}

    def ask(self, what, instrument, expression):
        what, *types = what.split("+")
        with self.butler[instrument].query() as query:
            if what in TYPES:
                return [str(ref.id) for ref in query.datasets(what, COLLECTIONS, find_first=False).where(expression, bind=BINDS)]
            for name in types:
                query = query.join_dataset_search(name, COLLECTIONS)
            if what in ("exposure", "detector", "physical_filter", "day_obs", "visit", "instrument"):
                ids = [record.dataId for record in query.dimension_records(what).where(expression, bind=BINDS)]
            else:
                ids = list(query.data_ids(what.split(",")).where(expression, bind=BINDS))
        return ["/".join(str(value) for value in data_id.required_values) for data_id in ids]

    def answer(self, *question):
        """The rows, or the error."""
        try:
            return sorted(set(self.ask(*question)))
        except Exception as error:
            return error


REFUSALS = ("InvalidQueryError", "DimensionNameError", "MissingDatasetTypeError", "ValidationError")



def is_refusal(error):
    """An error that the stock butler means: its own, by name."""
    return type(error).__name__ in REFUSALS


def sentence(error):
    """What the stock butler says, as far as ours must say it too: where the syntax breaks, else the first words."""
    text, cause = str(error), error.__cause__
    if text.startswith("Failed to parse"):
        if type(cause).__name__ == "ParseError" and (not isinstance(cause.token, str) or len(cause.token) > 100):
            return f"(line: {cause.lineno}, pos: {cause.posInLine + 1})"
        is_placed = type(cause).__name__ in ("ParseError", "ParserEOFError", "ParserYaccError")
        return str(cause) if is_placed else "Syntax error at or near"
    return " ".join(re.split(r"['\".:({\d]|nan|inf\b|column type|comparison|binary operator", text)[0].split()[:6])


def judge(stock, ours):
    """What is wrong with our answer, "" for nothing; and what the answer counts as."""
    if isinstance(stock, sqlalchemy.exc.SQLAlchemyError):
        return "", "refused by the database"
    if isinstance(stock, Exception) and not is_refusal(stock):
        return "", f"stock ends in {type(stock).__name__}"
    if isinstance(stock, Exception):
        if not ours.startswith("refused "):
            return "the stock butler refuses", ""
        placed = "(line: " in ours or "at position" in ours or "End of input" in ours or "without constraining" in ours
        if not placed:
            return "the refusal names no place", ""
        return ("" if sentence(stock) in ours else "another refusal: " + sentence(stock)), "refused"
    if ours.startswith("refused database refused: division by zero"):
        return "", "refused by the database"
    if not ours.startswith("rows"):
        return "the stock butler accepts", ""
    if sorted(set(ours.split()[1:])) != stock:
        return "other rows", ""
    return "", "no row" if not stock else "rows"


def main(repo, program, count, seed, *expressions):
    warnings.simplefilter("ignore")
    with Butler.from_config(repo, writeable=True) as butler:
        add_rows(butler)
        add_datasets(butler)
    rng = random.Random(int(seed))
    maker = Maker(rng)
    if expressions:
        questions = [(what, "", text) for text in expressions for what in dict.fromkeys(QUERIES)]
    else:
        kinds = [rng.choice(QUERIES) for _ in range(int(count))]
        questions = [(what, rng.choice(["", "", "", CAMERA]), maker.expression(what)) for what in kinds]
    lines = "".join("\t".join((what, camera, text.replace("\\", "\\\\").replace("\n", "\\n"))) + "\n" for what, camera, text in questions)
    answers = subprocess.run([program, repo], input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout.decode(errors="replace").split("\n")[:-1]
    assert len(answers) == len(questions), (len(answers), len(questions))
    stock, wrong, kinds = Stock(repo), 0, collections.Counter()
    for question, ours in zip(questions, answers):
        expected = stock.answer(*question)
        fault, kind = judge(expected, ours)
        kinds[kind] += 1
        if fault or expressions:
            wrong += bool(fault)
            print(f"{fault or kind}: {question}\n    stock: {str(expected)[:300]!r} {getattr(expected, '__cause__', '')}"
                  f"\n    ours:  {ours[:150]!r} ... {ours[-200:]!r}")  # fmt: skip
    print(f"{len(questions)} expressions, seed {seed}: {wrong} differ;", ", ".join(f"{n} {k}" for k, n in sorted(kinds.items()) if k))
    assert expressions or kinds["rows"] > len(questions) // 10 and kinds["refused"] > len(questions) // 10, kinds
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
