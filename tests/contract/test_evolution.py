#!/usr/bin/env python3
"""The check of evolution.py finds what it should: test_evolution.py"""
import pathlib
import subprocess
import tempfile
import unittest

import evolution

BASE = """syntax = "proto3"; package p;
message First { oneof event { Thing thing = 1; } }
message Thing { string name = 1; uint32 count = 2; Color color = 3; }
enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
"""


def image(text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "x.proto")
        path.write_text(text, encoding="utf-8")
        out = pathlib.Path(folder, "x.binpb")
        subprocess.run(["protoc-c", f"--descriptor_set_out={out}", "-I", folder, str(path)], check=True)
        return out.read_bytes()


def found(old, new):
    after = BASE.replace(old, new)
    assert after != BASE
    return list(evolution.breaks(image(BASE), image(after)))


class Evolution(unittest.TestCase):
    def test_added_fields_values_and_messages_are_compatible(self):
        self.assertEqual(found("Color color = 3;", "Color color = 3; bool more = 4;"), [])
        self.assertEqual(found("COLOR_RED = 1;", "COLOR_RED = 1; COLOR_BLUE = 2;"), [])

    def test_a_removed_field_must_be_reserved_by_number_and_name(self):
        self.assertEqual(len(found("uint32 count = 2;", "")), 1)
        self.assertEqual(len(found("uint32 count = 2;", "reserved 2;")), 1)
        self.assertEqual(found("uint32 count = 2;", 'reserved 2; reserved "count";'), [])

    def test_renumbering_renaming_and_retyping_break(self):
        self.assertTrue(found("uint32 count = 2;", "uint32 count = 5;"))
        self.assertTrue(found("uint32 count = 2;", "uint32 number = 2;"))
        self.assertTrue(found("uint32 count = 2;", "int64 count = 2;"))
        self.assertTrue(found("uint32 count = 2;", "repeated uint32 count = 2;"))
        self.assertTrue(found("COLOR_RED = 1;", "COLOR_BLUE = 1;"))

    def test_another_first_message_breaks(self):
        self.assertTrue(found("message First", "message Zeroth {} message First"))

    def test_leaving_the_oneof_breaks(self):
        self.assertTrue(found("oneof event { Thing thing = 1; }", "Thing thing = 1;"))


unittest.main()
