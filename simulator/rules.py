"""The findings that a scenario file can bring (ARM6xx): one row each, as in the other tables."""

from __future__ import annotations

from ..dsl.codes import Rule
from ..dsl.diagnostics import Level

_TABLE: tuple[tuple[str, str, Level, str], ...] = (
    ("ARM601", "unknown-scenario-key", Level.ERROR, "a scenario has a key that means nothing"),
    ("ARM602", "wrong-scenario-value", Level.ERROR, "a scenario's value is not what its key takes"),
    ("ARM603", "unknown-scenario-name", Level.ERROR, "a scenario names what the plan lacks"),
    ("ARM604", "selector-without-match", Level.NOTE, "a selector matches nothing in this plan"),
    ("ARM605", "unreadable-expectation", Level.ERROR, "an expectation cannot be read"),
    ("ARM606", "not-a-scenario", Level.ERROR, "the file holds no mapping of a scenario"),
    ("ARM650", "never-happens", Level.WARNING, "something is to happen when the drill is over"),
    ("ARM651", "contradictory-expectations", Level.WARNING, "two expectations exclude each other"),
)

RULES: dict[str, Rule] = {row[0]: Rule(*row) for row in _TABLE}
"""Every rule by its code, in the order of the codes."""
