#!/usr/bin/env python3
"""proto/calbus/v1/README.md tells topic and hearers of every event as the code has them: readme.py SOURCE"""
import pathlib
import re
import sys


def hearers(source):
    heard = {}
    for file in source.glob("services/*/*.c"):
        text = file.read_text()
        for event in re.findall(r'\{ "([a-z.-]+)",\s*on_\w+ \}', text) + re.findall(r'\.wake = "([a-z.]+)"', text):
            heard.setdefault(event, set()).add(file.parent.name)
    return heard


def main():
    source = pathlib.Path(sys.argv[1])
    topics = (source / "common/service/topics.c").read_text()
    topic_of = dict(re.findall(r'(?:EVENT|LOOSE)\("([a-z.-]+)", "([a-z0-9.-]+)"', topics))
    topic_of["dead-letter"] = "calbus.dead-letter.v1"
    heard, told, wrong = hearers(source), set(), []
    for line in (source / "proto/calbus/v1/README.md").read_text().splitlines():
        if not re.match(r"\| `[a-z]", line):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        events = re.findall(r"`([a-z.-]+)`", cells[0])
        told.update(events)
        to = set() if cells[4] == "—" else set(cells[4].split(", "))
        expected = set().union(*(heard.get(event, set()) for event in events))
        if to != expected:
            wrong.append(f"{cells[0]}: heard by {sorted(expected)}, the table says {sorted(to)}")
        wrong += [f"{event}: on {topic_of.get(event)}, the table says {cells[1]}" for event in events
                  if f"`{topic_of.get(event)}`" not in cells[1]]
    wrong += [f"{event}: not in the table" for event in sorted(set(topic_of) - told)]
    print("\n".join(wrong) or "the table is right")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
