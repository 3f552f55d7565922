"""The table of this package's codes, and the one finding that only bytes can give."""

from __future__ import annotations

from armada.dsl.codes import ROWS
from armada.dsl.parse import parse_bytes


def test_bytes_that_are_not_utf8_are_placed() -> None:
    data = "---\nname: é".encode() + b"\xe9\n---\n"
    _, found = parse_bytes("x.md", data)
    assert [(finding.code, finding.span.start) for finding in found] == [("ARM001", 11)]


def test_codes_are_in_order_and_stand_once() -> None:
    assert [rule.code for rule in ROWS] == sorted({rule.code for rule in ROWS})
