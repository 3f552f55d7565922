"""Pictures of the parts of a thing have no edges; flows keep theirs, whatever stands above them."""

from __future__ import annotations

import pytest

from armada.dsl.flows import read_every_flow
from armada.dsl.outline import read_outline
from armada.dsl.source import SourceFile

LAYERS = """\
┌──────────────────┐      ┌────────────┐
│     Frontend     │◄────►│   Cache    │
└────────┬─────────┘      └────────────┘
         │
┌────────▼─────────┐
│   API gateway    │
└───┬──────────┬───┘
    ▼          ▼
┌────────┐ ┌────────┐
│ Mailer │ │ SQLite │
└────────┘ └────────┘
"""
TABLES = """\
┌────────┐        ┌───────┐
│ Tenant │────────│ Lease │
└───┬────┘        └───────┘
    │ holds
┌───┴────┐
│ Key    │
└────────┘
"""
STEPS = """\
┌──────────┐
│ Receive  │
└────┬─────┘
     ▼
┌──────────┐  no   ┌──────────┐
│ Valid?   ├──────►│ Discard  │
└────┬─────┘       └──────────┘
     │ yes
     ▼
┌──────────┐
│ Store    │
└──────────┘
"""
BARE = STEPS.replace("▼", "│").replace("►", "─")


def edges(heading: str, drawing: str) -> int:
    source = SourceFile("d.md", f"{heading}\n\n```\n{drawing}```\n")
    (flow,) = read_every_flow(source, read_outline(source).sections)
    assert bool(flow.notes) == (not flow.edges)
    return len(flow.edges)


@pytest.mark.parametrize("heading", ["## Overview", "## Architecture", "## 系统架构", ""])
def test_things_that_run_beside_each_other_state_no_order(heading: str) -> None:
    assert edges(heading, LAYERS) == 0


@pytest.mark.parametrize("heading", ["## Data model", "### Entities", ""])
def test_bare_lines_between_things_state_no_order(heading: str) -> None:
    assert edges(heading, TABLES) == 0


@pytest.mark.parametrize("heading", ["## Review", "## Intake architecture", ""])
def test_steps_that_ask_and_lead_one_way_are_a_flow(heading: str) -> None:
    assert edges(heading, STEPS) == 3


def test_bare_lines_between_steps_are_a_flow() -> None:
    assert edges("## What we do", BARE) == 3


def test_a_heading_that_says_flow_is_believed() -> None:
    assert edges("## Key handover process", TABLES) == 2


def test_a_heading_that_says_screen_is_believed() -> None:
    assert edges("## The settings screen", "┌───┐   ┌───┐\n│ A │──►│ B │\n└───┘   └───┘\n") == 0


def test_the_line_above_a_drawing_counts_as_its_title() -> None:
    drawing = "┌───┐   ┌───┐\n│ A │──►│ B │\n└───┘   └───┘\n"
    assert edges("## Notes\n\nThe architecture:", drawing) == 0
    assert edges("## Architecture\n\nHow a request flows, the pipeline:", drawing) == 1


DOERS = """\
┌─────────┐   ┌──────────┐   ┌───────────┐
│ Planner │   │ Reviewer │   │ Deployer  │
└────┬────┘   └────┬─────┘   └─────┬─────┘
     └─────────────┼───────────────┘
             ┌─────┴─────┐
             │ Herald    │
             └───────────┘
"""
FAN = """\
┌───────────────────────────────┐
│            Herald             │
└───┬───────────┬───────────┬───┘
    ▼           ▼           ▼
┌────────┐ ┌─────────┐ ┌─────────┐
│ Cook   │ │ Review  │ │ Measure │
└────────┘ └─────────┘ └─────────┘
"""
FOLDERS = """\
┌───────────────────┐
│ Lead reviews      │
└─────────┬─────────┘
┌─────────▼─────────┐
│ Helpers (agents/) │
└─────────┬─────────┘
┌─────────▼─────────┐
│ Testing (checks/) │
└─────────┬─────────┘
┌─────────▼─────────┐
│ Notes (docs/)     │
└───────────────────┘
"""


def test_names_of_who_works_on_bare_lines_state_no_order() -> None:
    assert edges("## Who is here", DOERS) == 0
    assert edges("## Release workflow", DOERS) == 3


def test_three_boxes_round_one_under_architecture_are_a_picture() -> None:
    assert edges("## Architecture", FAN) == 0
    assert edges("## What happens", FAN) == 3


def test_titles_that_name_directories_are_parts() -> None:
    assert edges("## Architecture", FOLDERS) == 0
