"""Print the tests of another build folder as CMake's test commands, under a prefix: adopt_tests.py FOLDER PREFIX.

Taken are the unit tests and what carries the label "sanitize"; static and architecture tests look at sources and
need no second run.
"""
import json
import subprocess
import sys


def quoted(text):
    return "[==[" + text + "]==]"


def properties_of(test):
    found = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
    kept = {"LABELS": "sanitized"}
    for name in ("TIMEOUT", "WORKING_DIRECTORY", "SKIP_RETURN_CODE", "RUN_SERIAL", "PROCESSORS"):
        if name in found:
            value = found[name]
            kept[name] = ("ON" if value else "OFF") if isinstance(value, bool) else str(value)
    if "TIMEOUT" in kept:
        kept["TIMEOUT"] = str(float(kept["TIMEOUT"]) * 4)
    environment = list(found.get("ENVIRONMENT", []))
    environment.append("ASAN_OPTIONS=detect_leaks=1:abort_on_error=0")
    environment.append("UBSAN_OPTIONS=print_stacktrace=1")
    kept["ENVIRONMENT"] = ";".join(environment)
    return kept, found.get("LABELS", [])


def main():
    folder, prefix = sys.argv[1:3]
    listing = subprocess.run(["ctest", "--test-dir", folder, "--show-only=json-v1"], check=True, capture_output=True)
    for test in json.loads(listing.stdout)["tests"]:
        properties, labels = properties_of(test)
        if "command" not in test or not {"unit", "sanitize"} & set(labels):
            continue
        name = quoted(prefix + "." + test["name"])
        print("add_test(" + name + " " + " ".join(quoted(word) for word in test["command"]) + ")")
        print("set_tests_properties(" + name + " PROPERTIES "
              + " ".join(key + " " + quoted(value) for key, value in properties.items()) + ")")


main()
