"""What a night leaves, without what is different each time (identifiers, times): two nights that went the same way are equal."""
import hashlib
import json
import os
import re

BLOCK = 2880
# RUN collections carry the second they were made in, daily ones the start of their set's identifier
VARYING = [(re.compile(r"\d{8}T\d{6}Z"), "TIME"), (re.compile(r"/[0-9a-f]{8}-[0-9a-f]{4}\b"), "/SET")]


def plain(text):
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text


def header_of(data, start):
    """The cards of an HDU, and where its data begin."""
    cards, at = {}, start
    while True:
        block = data[at:at + BLOCK]
        assert len(block) == BLOCK, "a FITS file ends in a header"
        at += BLOCK
        for i in range(0, BLOCK, 80):
            card = block[i:i + 80].decode("ascii")
            if card.startswith("END     "):
                return cards, at
            if card[8:10] == "= ":
                cards[card[:8].strip()] = card[10:].split("/")[0].strip()


def image_plane(path):
    """SHA-256 of the pixels of the first image of a FITS file."""
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        cards, begin = header_of(data, at)
        size = abs(int(cards["BITPIX"])) // 8 * (int(cards["NAXIS"]) > 0)
        for axis in range(1, int(cards["NAXIS"]) + 1):
            size *= int(cards[f"NAXIS{axis}"])
        size += int(cards.get("PCOUNT", 0))
        if size > 0:
            return hashlib.sha256(data[begin:begin + size]).hexdigest()
        at = begin
    raise AssertionError(f"{path} has no image")


def repositories(suite):
    """[(label, root, schema)] of the repository index."""
    found = []
    with open(os.path.join(suite.home, "repositories.yaml"), encoding="utf-8") as index:
        for line in index:
            label, root = line.strip().replace('"', "").rsplit(": ", 1)
            with open(os.path.join(root, "butler.yaml"), encoding="utf-8") as file:
                schema = re.search(r"namespace: *(\S+)", file.read()).group(1)
            found.append((label, root, schema))
    return found


def repository_state(suite, root, schema):
    def listed(sql):
        return sorted(plain("|".join(row)) for row in suite.rows(sql.replace("$S", f'"{schema}"')))

    state = {
        "collections": listed("SELECT name, type FROM $S.collection"),
        "chains": listed("SELECT p.name, row_number() OVER (PARTITION BY p.name ORDER BY c.position), m.name FROM "
                         "$S.collection_chain c JOIN $S.collection p ON p.collection_id = c.parent "
                         "JOIN $S.collection m ON m.collection_id = c.child"),
        "datasets": listed("SELECT t.name, c.name, count(*), count(r.dataset_id) FROM $S.dataset d JOIN $S.dataset_type t ON t.id = "
                           "d.dataset_type_id JOIN $S.collection c ON c.collection_id = d.run_id LEFT JOIN "
                           "$S.file_datastore_records r ON r.dataset_id = d.id GROUP BY 1, 2"),
        "exposures": listed("SELECT obs_id, observation_type, exposure_time, timespan FROM $S.exposure"),
        "certified": [],
    }
    for (table,) in suite.rows(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' AND tablename LIKE "
                               "'dataset_calibs_%' ORDER BY 1"):
        state["certified"] += listed(
            "SELECT t.name, c.name, to_jsonb(a) - '{id,dataset_type_id,dataset_id,collection_id}'::text[] FROM $S." + table +
            " a JOIN $S.dataset_type t ON t.id = a.dataset_type_id JOIN $S.collection c ON c.collection_id = a.collection_id")
    state["masters"] = sorted(
        f"{plain(path.replace(suite.home, ''))} {image_plane(os.path.join(root, path.removeprefix('file://')))}"
        for (path,) in suite.rows(
            f'SELECT r.path FROM "{schema}".file_datastore_records r JOIN "{schema}".dataset d ON d.id = r.dataset_id JOIN '
            f'"{schema}".dataset_type t ON t.id = d.dataset_type_id WHERE t.name IN (\'bias\', \'dark\', \'flat\')'))
    return state


TABLES = {
    "files": "SELECT site, state, kind, count(*) FROM calbus.landed_file GROUP BY 1, 2, 3",
    "sets": "SELECT repository, day_obs, observation_type, complete, state, exposures, detectors, frames, missing "
            "FROM calbus.calibset_progress",
    "runs": "SELECT engine, kind, state, repository, output_run, quanta, succeeded, failed, skipped FROM calbus.run_progress",
    "verdicts": "SELECT kind, state, repository, calib_type, day_obs, verdict, reason, tests, tests_passed, tests_failed, "
                "tests_no_data, detectors_failed, exposures, verify_run FROM calbus.verification",
    "cells": "SELECT v.kind, v.calib_type, v.day_obs, v.repository, c.detector, c.amp, c.test, c.passed, c.failed, c.no_data "
             "FROM calbus.verification_cell c JOIN calbus.verification v USING (run_id)",
    "metrics": "SELECT calib_type, day_obs, dataset_tag, exposure, detector, success, count(*) FROM calbus.metric_record "
               "JOIN calbus.metric_value USING (sequence) GROUP BY 1, 2, 3, 4, 5, 6",
    "certifications": "SELECT repository, dataset_type, collection, ticket_chain, begin_tai, end_tai, datasets "
                      "FROM calbus.certification",
    "proposals": "SELECT ticket_chain, taxicab_ticket, label, state FROM calbus.proposal",
    "audit": "SELECT actor, action, from_state, to_state, comment FROM calbus.approval_audit",
    "rules": "SELECT name, rse_expression, copies, state, locks_ok, locks_replicating, locks_stuck FROM calbus.rule",
    "replicas": "SELECT rse, scope, name, state, bytes FROM calbus.replica WHERE name NOT LIKE '%export.yaml'",
    "imports": "SELECT site, repository, state, datasets FROM calbus.site_import",
    "checks": "SELECT site, repository, parent, verdict, exposure, detector FROM calbus.deployment_check",
    "alarms": "SELECT name, severity, max_severity, state, acknowledged, reason FROM calbus.alarm_view WHERE name LIKE 'Verify%'",
    "dead letters": "SELECT service, topic, type, error FROM calbus.dead_letter",
    "requests": "SELECT kind, service, actor, state FROM calbus.request WHERE kind <> 'chain.requested'",
}


def outcome(suite):
    """{what: sorted lines}"""
    state = {name: sorted(plain("|".join(row).replace(suite.home, "")) for row in suite.rows(sql)) for name, sql in TABLES.items()}
    for label, root, schema in repositories(suite):
        for name, lines in repository_state(suite, root, schema).items():
            state[f"{label} {name}"] = lines
    return state


def save(path, state):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(state, file)
    os.replace(path + ".new", path)


def assert_ended_as(path, suite):
    """The suite's night has left what the undisturbed night left, whose outcome was saved at a path."""
    with open(path, encoding="utf-8") as file:
        expected = json.load(file)
    assert expected["alarms"] and expected["checks"] and expected["/repo/main masters"], "there is something to compare"
    found = differences(expected, outcome(suite))
    assert not found, "the night ended differently:\n" + "\n".join(found)


def differences(first, second):
    """Lines that only one of two outcomes has."""
    found = []
    for name in first:
        gone, new = list(first[name]), list(second[name])
        for line in first[name]:
            if line in new:
                new.remove(line)
                gone.remove(line)
        found += [f"{name}: - {line}" for line in gone] + [f"{name}: + {line}" for line in new]
    return found
