"""Whatever lands, sound frames are registered and the rest is set aside, each with its reason: CALBUS BROKER GOLDEN"""
import gzip
import json
import os
import sys
import zlib

import night
from outcome import repositories
from suite import HERE, Suite, need, say, wait_until

BOMB_BYTES = (1 << 30) + (1 << 24)  # more than ingest inflates


def content(path):
    with open(path, "rb") as file:
        return file.read()


def take_frames(suite, folder, *options):
    """Frames of one detector, sorted by name."""
    path = os.path.join(suite.folder, folder)
    suite.calbus("simulate", "-i", night.INSTRUMENT, "--out", path, "--night", HERE + "/campaign.night", "--scale", 16,
                 "--detectors", "0", "-q", *options)
    return [os.path.join(path, name) for name in sorted(os.listdir(path))]


def land(suite, name, data):
    """As a careful copier does it: under another name first."""
    path = os.path.join(suite.folder_of("usdf"), name)
    with open(path + ".part", "wb") as file:
        file.write(data)
    os.rename(path + ".part", path)


def bomb():
    """A gzip file of a megabyte that wants to be a gigabyte."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, 31)
    zeros = bytes(1 << 24)
    parts = [deflate.compress(b"SIMPLE  =                    T".ljust(80))]
    parts += [deflate.compress(zeros) for _ in range(BOMB_BYTES // len(zeros))]
    return b"".join(parts) + deflate.flush()


def altered(data):
    """One bit of the last pixels but a few is another."""
    at = len(data) - 2880 - 2880 // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def card_changed(data, key, value):
    """A frame whose primary header has another value, and no checksum that would tell."""
    at = data.index(f"{key:<8}= ".encode())
    data = data[:at] + f"{key:<8}= {value}".ljust(80).encode() + data[at + 80:]
    at = data.index(b"CHECKSUM= ")
    return data[:at] + b"COMMENT " + data[at + 8:]


def odd_ways_to_land(suite, frames):
    """While it is down one file is begun; then come a link, and a name that is no text."""
    landing, names = suite.folder_of("usdf"), [os.path.basename(path) for path in frames]
    suite.down()
    growing = content(frames[0])
    with open(os.path.join(landing, names[0]), "wb") as file:
        file.write(growing[:len(growing) // 2])
        file.flush()

        def still_being_written():
            os.utime(file.name)
            return False
        still_being_written()
        suite.up()
        os.symlink(frames[1], os.path.join(landing, names[1]))
        odd = os.fsencode(os.path.join(landing, "caf")) + b"\xe9_" + os.fsencode(names[2])
        os.link(frames[2], odd)
        wait_until("link and odd name are registered", lambda: still_being_written() or registered(suite)[1] == 7, 60)
        assert names[0] in os.listdir(landing), "what is still written is left alone"
        file.write(growing[len(growing) // 2:])
    wait_until("the grown one is registered", lambda: registered(suite)[1] == 8, 60)
    assert os.path.exists(frames[1]), "of a link the link is moved"


def a_late_frame_opens_its_set_again(suite, path):
    def of_biases(column):
        return suite.value(f"SELECT {column} FROM calbus.calibset WHERE observation_type = 'bias'")
    wait_until("the set of biases is closed", lambda: of_biases("state") == "closed", 60)
    before = int(of_biases("revision"))
    assert of_biases("complete") == "f", "one of its frames is not there"
    land(suite, os.path.basename(path), content(path))
    wait_until("it is closed again", lambda: of_biases("state") == "closed" and int(of_biases("revision")) > before, 60)
    assert int(of_biases("revision")) == before + 1 and of_biases("complete") == "t"


def wait_until_dealt_with(suite, files):
    dealt_with = "calbus.outbox WHERE type IN ('exposure.ingested', 'exposure.rejected')"
    wait_until(f"{files} files are dealt with", lambda: suite.count(dealt_with) >= files, 120)


def registered(suite):
    schema = next(schema for label, _, schema in repositories(suite) if label == "/repo/main")
    frames = suite.rows(f'SELECT e.obs_id FROM "{schema}".exposure e ORDER BY 1')
    raws = suite.count(f'"{schema}".dataset d JOIN "{schema}".dataset_type t ON t.id = d.dataset_type_id WHERE t.name = \'raw\'')
    return [row[0] for row in frames], raws


def each_was_set_aside_with_its_reason(suite, expected, events):
    """expected: [(file name, kind, content)] of files that did not come again sound; events: all that were set aside"""
    rejected = suite.items("exposure", "rejected")
    assert sorted((r["file"], r["kind"]) for r in rejected) == sorted((n, k) for n, k, _ in expected), rejected
    for name, kind, data in expected:
        row = next(r for r in rejected if r["file"] == name and r["kind"] == kind)
        assert content(row["kept_as"]) == data, f"{name} is kept as it came"
        reason = json.loads(content(row["kept_as"] + ".reason.json"))
        assert reason["kind"] == kind and reason["reason"] == row["reason"] != "", (reason, row)
    assert suite.count("calbus.outbox WHERE type = 'exposure.rejected'") == events
    left = [n for n in os.listdir(suite.folder_of("usdf")) if n != "rejected"]
    assert left == [], left


def main(calbus, broker, golden):
    need(broker)
    with Suite(calbus, broker, CALBUS_INGEST_IDLE="4s") as suite:
        suite.up()
        frames = take_frames(suite, "sound")
        plain = take_frames(suite, "plain", "--plain")
        others = take_frames(suite, "others", "--seed", 8)
        names = [os.path.basename(path) for path in frames]
        e2v = content(golden + "/201807241028453-RTM-010-S11-det067.fits")
        comcamsim = content(golden + "/CC_S_20240404_000780_R22_S01.fits")

        say("sound files, one of them gzip-compressed under a .fits name")
        land(suite, names[0], content(frames[0]))
        land(suite, names[1], gzip.compress(content(frames[1])))
        wait_until_dealt_with(suite, 2)
        assert registered(suite)[1] == 2 and suite.items("exposure", "rejected") == [], suite.items("exposure", "rejected")

        say("damaged ones")
        damaged = [
            (names[2], "truncated", content(frames[2])[:len(content(frames[2])) // 2]),
            (names[3], "checksum", altered(content(plain[3]))),
            (names[4], "not-fits", b"This is a note about last night.\n"),
            ("201807241028453-RTM-010-S11-det067.fits", "foreign-camera", e2v),
            ("CC_S_20240404_000780_R22_S01.fits", "checksum", comcamsim),
            (names[0], "duplicate", content(frames[0])),
            (names[1], "conflict", content(others[1])),
            ("CC_O_20241208_000999_R22_S00.fits", "too-large", bomb()),
            ("empty.fits", "not-fits", b""),
            ("\u00e9" * 122 + ".fits", "not-fits", b"a long name"),
            ("CC_O_20241208_000901_R22_S00.fits", "unregistered", card_changed(content(frames[6]), "FILTER", "'nosuch  '")),
            ("CC_O_20241208_000902_R22_S00.fits", "unusable-key", card_changed(content(frames[6]), "DAYOBS", "'yesterday'")),
            ("CC_O_20241208_000903_R22_S00.fits", "missing-key", card_changed(content(frames[6]), "DAYOBS", "")),
        ]
        for name, _, data in damaged:
            land(suite, name, data)
        wait_until_dealt_with(suite, 2 + len(damaged))
        each_was_set_aside_with_its_reason(suite, damaged, len(damaged))
        exposures, raws = registered(suite)
        assert raws == 2 and len(exposures) == 2, exposures

        say("the sound copies of the damaged ones, dropped while nobody looks")
        suite.down()
        for i in (2, 3, 4):
            land(suite, names[i], content(frames[i]))
        in_between = (names[5], "truncated", content(frames[5])[:5760])
        land(suite, in_between[0], in_between[2])
        suite.up()
        wait_until_dealt_with(suite, 2 + len(damaged) + 4)
        again = [os.path.basename(frames[i]) for i in (2, 3, 4)]
        each_was_set_aside_with_its_reason(suite, [d for d in damaged if d[0] not in again] + [in_between], len(damaged) + 1)
        exposures, raws = registered(suite)
        assert raws == 5 and len(exposures) == 5, exposures

        say("a file in pieces, a link, a name that is no text")
        odd_ways_to_land(suite, frames[6:9])
        a_late_frame_opens_its_set_again(suite, frames[5])

        say("the camera's own damage")
        before = len(suite.items("exposure", "rejected"))
        folder = os.path.join(suite.folder, "camera")
        take_frames(suite, "camera", "--damage", 5, "--seq-num", 1)
        for name in sorted(os.listdir(folder)):
            land(suite, name, content(os.path.join(folder, name)))
        wait_until("5 more are set aside", lambda: len(suite.items("exposure", "rejected")) == before + 5, 60)
        kinds = {r["kind"] for r in suite.items("exposure", "rejected")}
        assert kinds >= {"truncated", "checksum", "not-fits", "foreign-camera", "missing-key"}, kinds
        wait_until("the 18 sound ones are registered", lambda: registered(suite)[1] == 9 + 18, 60)
        assert suite.items("event", "dead-letter", "list") == []
        say("nothing was lost, nothing half registered")


main(*sys.argv[1:])
