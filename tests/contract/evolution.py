#!/usr/bin/env python3
"""The schemas only change compatibly: evolution.py SOURCE [--release]

Compares proto/ with the descriptor image tests/contract/released.binpb. A field or enum value that was released keeps
number, name, type, label and oneof, or is reserved by number and name; a message or enum stays; the first message of a
file stays the first (the Confluent prefix names it). --release makes the image anew.
"""
import pathlib
import subprocess
import sys
import tempfile


def wire(data):
    """(number, value) of a protobuf value's fields; a value is an int or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        else:
            size = {1: 8, 5: 4}.get(tag & 7) or varint()
            yield tag >> 3, data[at:at + size]
            at += size


def many(data, number):
    return [value for n, value in wire(data) if n == number]


def text(data, number):
    return b"".join(many(data, number)).decode()


def one(data, number, default=None):
    return (many(data, number) or [default])[-1]


def ranges(data, number, inclusive):
    for part in many(data, number):
        yield range(one(part, 1, 0), one(part, 2, 0) + (1 if inclusive else 0))


# Numbers of google/protobuf/descriptor.proto.
def field_of(data):
    return text(data, 1), {"type": one(data, 5), "label": one(data, 4), "of": text(data, 6), "oneof": one(data, 9)}


def message_of(name, data, found):
    found[name] = {
        "values": {one(f, 3): field_of(f) for f in many(data, 2)},
        "numbers": list(ranges(data, 9, False)),
        "names": {n.decode() for n in many(data, 10)},
    }
    for nested in many(data, 3):
        message_of(f"{name}.{text(nested, 1)}", nested, found)
    for enum in many(data, 4):
        enum_of(f"{name}.{text(enum, 1)}", enum, found)


def enum_of(name, data, found):
    found[name] = {
        "values": {one(v, 2, 0): (text(v, 1), {}) for v in many(data, 2)},
        "numbers": list(ranges(data, 4, True)),
        "names": {n.decode() for n in many(data, 5)},
    }


def load(image):
    found, first = {}, {}
    for file in many(image, 1):
        package = text(file, 2)
        for message in many(file, 4):
            first.setdefault(text(file, 1), f"{package}.{text(message, 1)}")
            message_of(f"{package}.{text(message, 1)}", message, found)
        for enum in many(file, 5):
            enum_of(f"{package}.{text(enum, 1)}", enum, found)
    return found, first


def breaks(released, now):
    (old, old_first), (new, new_first) = load(released), load(now)
    for file, name in old_first.items():
        if new_first.get(file) != name:
            yield f"{file}: its first message was {name}, is {new_first.get(file)}"
    for name, kind in old.items():
        if name not in new:
            yield f"{name} is gone"
            continue
        for number, (field, traits) in kind["values"].items():
            there = new[name]["values"].get(number)
            if there is None:
                if field not in new[name]["names"] or not any(number in r for r in new[name]["numbers"]):
                    yield f"{name}.{field} = {number} is gone and not reserved by number and name"
            elif there != (field, traits):
                yield f"{name}.{field} = {number} was {traits}, is {there[0]} {there[1]}"


def compile_image(source, files=None):
    protos = files or sorted((source / "proto/calbus/v1").glob("*.proto"))
    with tempfile.NamedTemporaryFile() as image:
        subprocess.run(["protoc-c", f"--descriptor_set_out={image.name}", "-I", str(source / "proto"), *map(str, protos)],
                       check=True)
        return pathlib.Path(image.name).read_bytes()


def main():
    source = pathlib.Path(sys.argv[1])
    image = source / "tests/contract/released.binpb"
    now = compile_image(source)
    if "--release" in sys.argv:
        image.write_bytes(now)
        return
    found = list(breaks(image.read_bytes(), now))
    print("\n".join(found) or "compatible")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
