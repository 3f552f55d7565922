"""``read``: what is understood of any document, in one shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import armada
from armada.dsl.source import SourceFile

ROOT = Path(__file__).parents[2]
NOTES = """# Notes

| Level | Criteria | Response Time | Agents |
|---|---|---|---|
| SEV-2 | slow | < 30 min | All |
| SEV-1 | down | Immediate | ops, web |

```
+---+     +---+
| A |---->| B |
+---+     +---+
```

## Elsewhere

```text
┌───────┐
│ alone │
└───────┘
```

## Escalation

- 0-15 min: on-call
- 60+ min: CTO for SEV-1
"""


def read(text: str, name: str = "n.md") -> dict[str, Any]:
    (entry,) = armada.read(SourceFile(name, text))
    return entry


def test_a_flow_without_boxes_is_read_under_any_heading() -> None:
    (flow,) = read("# Notes\n\n```\nbuild → test → ship\n```\n")["flows"]
    labels = {node["id"]: node["label"] for node in flow["nodes"]}
    pairs = [(labels[edge["from"]], labels[edge["to"]]) for edge in flow["edges"]]
    assert pairs == [("build", "test"), ("test", "ship")]


def test_a_document_that_is_no_workflow_is_read_in_document_order() -> None:
    """No front matter, no stages, and every drawing of it all the same."""
    drawn, alone = read(NOTES)["flows"]
    assert drawn == {
        "form": "drawing",
        "lines": [8, 12],
        "confidence": "exact",
        "nodes": [
            {"id": "a", "label": "A", "lines": [9, 11]},
            {"id": "b", "label": "B", "lines": [9, 11]},
        ],
        "edges": [{"from": "a", "to": "b", "label": None}],
        "notes": [],
    }
    assert (alone["lines"], alone["confidence"], alone["edges"]) == ([16, 20], "none", [])
    assert [note["code"] for note in alone["notes"]] == ["ARM011"]


def test_levels_come_most_severe_first_and_times_in_milliseconds() -> None:
    (table,) = read(NOTES)["severities"]
    assert table["lines"] == [3, 6]
    first, second = table["levels"]
    assert first["name"] == "SEV-1" and first["response_ms"] == 0
    assert first["engaged"] == ["ops", "web"]
    assert second["response_ms"] == 1_800_000 and second["engaged"] == ["all"]


def test_rungs_have_their_window_targets_and_condition() -> None:
    (ladder,) = read(NOTES)["ladders"]
    assert ladder["rungs"] == [
        {"from_ms": 0, "to_ms": 900_000, "targets": ["on-call"], "condition": None},
        {"from_ms": 3_600_000, "to_ms": None, "targets": ["CTO"], "condition": "SEV-1"},
    ]


def test_the_seed_gives_one_exact_flow() -> None:
    text = (ROOT / "specs/incident-response.md").read_text("utf-8")
    flows = read(text)["flows"]
    assert [flow["confidence"] for flow in flows] == ["exact"]


@given(st.text("┌┐└┘│─▼+-|> ab\n`#:|1m", max_size=200))
def test_any_text_gives_plain_data(text: str) -> None:
    json.dumps(read("```\n┌──" + text))
    json.dumps(read(text, "n.yaml"))
