"""Ladders, levels, blanks and typed commands: what is found, and the words it points at."""

from __future__ import annotations

import pytest

from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile
from armada.dsl.zones import nearest_zone

DOCUMENT = """\
---
name: ovens
agents: [baker, chef]
coordinator: chef
{front}
---

| Level | Criteria | Response time | Agents |
|-------|----------|---------------|--------|
{rows}

### Stage 1: Bake (baker)

```yaml
actions:
{actions}
  - taste: {{checks: [Is it bread?]}}
```

## Escalation Path

while: {clock}

{rungs}
"""
ROWS = "| SEV-1 | No bread | 15 min | All |\n| SEV-2 | Little bread | 20 min | All |"
RUNGS = "- 0-15 min: baker\n- 15+ min: chef"


def found(**parts: str) -> list[tuple[str, str]]:
    """The findings of an oven's document, each with the words it points at."""
    whole = {
        "front": "description: bread",
        "rows": ROWS,
        "actions": "",
        "clock": "unresolved",
        "rungs": RUNGS,
    }
    text = DOCUMENT.format(**(whole | parts))
    found = compile_source(SourceFile("x.md", text)).diagnostics
    return [(one.code, text[one.span.start : one.span.end]) for one in found]


def test_the_document_itself_has_none() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("rungs", "expected"),
    [
        ("- 0-15 min: baker\n- 20+ min: chef", [("ARM311", "20+ min")]),
        ("- 0-15 min: baker\n- 16+ min: chef", []),
        ("- 0-1 hour: baker\n- 2+ hours: chef", [("ARM311", "2+ hours")]),
        (
            "- 0-60 min: baker\n- 15-30 min: chef\n- 60+ min: owner",
            [("ARM312", "15-30 min")],
        ),
        (
            "- 0-15 min: baker for SEV-1\n- 0-15 min: chef for SEV-2\n- 30+ min: owner for SEV-2",
            [("ARM311", "30+ min")],
        ),
        ("- 0-15 min: baker\n- 15-30 min: chef for SEV-1\n- 30+ min: owner", []),
        ("- 0-30 min: baker\n- 15+ min: chef for SEV-1", [("ARM312", "15+ min")]),
        (
            "- 15+ min: chef for SEV-1\n- 0-15 min: baker for SEV-1\n- 0+ min: chef for SEV-2",
            [("ARM313", "0-15 min")],
        ),
    ],
)
def test_the_rungs_of_each_level_are_compared_among_themselves(
    rungs: str, expected: list[tuple[str, str]]
) -> None:
    assert found(rungs=rungs) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("| SEV-1 | No bread | 15 min | All |\n| SEV-2 | no bread! | 20 min | All |", "ARM320"),
        ("| SEV-1 | | 15 min | All |\n| SEV-2 | Little bread | 20 min | All |", "ARM321"),
        ("| SEV-1 | - | 15 min | All |\n| SEV-2 | Little bread | 20 min | All |", "ARM321"),
        ("| SEV-1 | No bread | - | All |\n| SEV-2 | Little bread | 20 min | All |", "ARM322"),
        ("| SEV-1 | No bread | 15 min | All |\n| SEV-2 | TBD | 20 min | All |", "ARM327"),
        ("| SEV-1 | No bread | Immediate | All |\n| SEV-2 | Little | 2 min | All |", "ARM328"),
        ("| SEV-1 | No bread | 15 min | All |\n| SEV-2 | Little bread | - | All |", ""),
    ],
)
def test_levels(rows: str, expected: str) -> None:
    assert [code for code, _ in found(rows=rows)] == ([expected] if expected else [])


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "Etc/GMT+5"])
def test_zones_of_the_database_are_zones(zone: str) -> None:
    assert found(front=f"timezone: {zone}") == []


@pytest.mark.parametrize("zone", ["Europe/Berln", "../etc/passwd", "CEST+2", "Europe"])
def test_other_zones_are_none(zone: str) -> None:
    assert found(front=f"timezone: {zone}") == [("ARM319", zone)]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Europe/Madird", "Europe/Madrid"),
        ("Amsterdam", "Europe/Amsterdam"),
        ("new york", "America/New_York"),
        ("CEST", None),
        ("Gondwana", None),
    ],
)
def test_the_nearest_zone_is_named_where_one_is_near(name: str, nearest: str | None) -> None:
    assert nearest_zone(name) == nearest


@pytest.mark.parametrize(
    ("key", "value"), [("repage", "0s"), ("ack_expires", "0 min"), ("repage", "0.0001s")]
)
def test_a_time_of_nothing_is_refused(key: str, value: str) -> None:
    """A page that is repeated after no time would be repeated for ever at one instant."""
    assert found(front=f"escalation: {{{key}: {value}}}") == [("ARM114", value)]


@pytest.mark.parametrize(
    ("name", "blank"),
    [
        ("<shift lead>", True),
        ("TBD", True),
        ("#your-channel", True),
        ("oncall@example.com", True),
        ("oncall@ovens.example.co", False),
        ("your manager", False),
        ("team tbd", False),
        ("yourbank-oncall", False),
    ],
)
def test_who_was_to_be_filled_in(name: str, blank: bool) -> None:
    rungs = f"- 0-15 min: baker\n- 15+ min: {name}"
    assert ("ARM327" in {code for code, _ in found(rungs=rungs)}) is blank


@pytest.mark.parametrize(
    ("command", "code", "place"),
    [
        ("./turn --password=hot0ven", "ARM550", "hot0ven"),
        ("./turn --api-key hot0ven", "ARM550", "hot0ven"),
        ("helm upgrade ovens ./chart --set-string token=hot0ven", "ARM550", "hot0ven"),
        ("kubectl create secret generic x --from-literal=token=hot0ven", "ARM550", "hot0ven"),
        ("./turn --password=$OVEN", "", ""),
        ("./turn --password=@/run/oven", "", ""),
        ("./turn --password --hot", "", ""),
        ("./turn --token-file hot0ven", "", ""),
        ("./turn --tokens-per-minute 9000", "", ""),
        ("./turn —hot", "ARM551", "—"),
        ("./turn ‘hot’", "ARM551", "‘"),
        ("./turn 1–9", "", ""),
    ],
)
def test_commands_as_they_were_typed(command: str, code: str, place: str) -> None:
    given = found(actions=f'  - turn: {{command: "{command}", effect: idempotent}}')
    own = [one for one in given if one[0] in ("ARM550", "ARM551")]
    assert own[:1] == ([(code, place)] if code else [])
