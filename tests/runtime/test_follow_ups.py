"""What a postmortem leaves to be done, and its calendar."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from live_script import LiveScript, fixed, mitigated, triaged, whole

from armada.runtime.follow_ups import FollowUp, as_calendar, follow_ups, read_day, read_follow_ups

TUESDAY = date(2026, 11, 24)
TABLE = """\
# Postmortem

| Action | Owner |
|---|---|
| not this one | eve |

## Action Items
| Priority | Due Date | Action | Owner |
|---|---|---|---|
| High | Friday | Alert on **config** size | Ada |
| P2 | 2026-12-01 | Test the \\| client | Bo |
| low | 03/04/2026 | Say `--wait` in the runbook | |
| | | ____ (more) | |

### Follow-ups for later
- [ ] Rehearse it (owner: eve, due: Dec 3)
- [x] Restart the pods

## Thanks
- to everybody
"""


def test_columns_are_found_by_meaning_and_marks_are_taken_off() -> None:
    """Only below a heading that promises actions, blanks and what is done left out."""
    assert list(read_follow_ups(TABLE, TUESDAY)) == [
        FollowUp("Alert on config size", "Ada", date(2026, 11, 27), "Friday", "High"),
        FollowUp("Test the | client", "Bo", date(2026, 12, 1), "2026-12-01", "P2"),
        FollowUp("Say --wait in the runbook", "", None, "03/04/2026", "low"),
        FollowUp("Rehearse it (owner: eve, due: Dec 3)", "eve", date(2026, 12, 3), "Dec 3"),
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-24", date(2026, 12, 24)),
        ("Friday", date(2026, 11, 27)),
        ("Tuesday", date(2026, 11, 24)),
        ("15 January", date(2027, 1, 15)),
        ("Jan 15, 2028", date(2028, 1, 15)),
        ("December 1st", date(2026, 12, 1)),
        ("in 2 weeks", date(2026, 12, 8)),
        ("within 3 days", date(2026, 11, 27)),
        ("tomorrow", date(2026, 11, 25)),
        ("03/04/2026", None),
        ("2026-13-01", None),
        ("Q1", None),
        ("TBD", None),
        ("next sprint", None),
        ("10", None),
        ("", None),
    ],
)
def test_a_day_is_read_where_it_is_clear(text: str, day: date | None) -> None:
    """A date that could be two is none."""
    assert read_day(text, TUESDAY) == day


def test_what_the_journal_knows_to_be_open_is_to_be_done_too() -> None:
    """A review that is owed, an answer that nobody knew."""
    found = [each.what for each in follow_ups(whole(LiveScript()).view)]
    assert found[:2] == ["Alert on config | size", "Test the client"]
    assert "unknown: nobody knew revenue impact" in found
    assert any(each.startswith("review: ") for each in found)


def test_the_calendar_is_read_back_with_every_follow_up() -> None:
    """To-dos that need action, each with an identity of its own."""
    script = fixed(mitigated(triaged(LiveScript())))
    rows = "| Alert on size | Ada | Friday | High |\n| Test it | Bo | soon | P2 |"
    script.answer("bob", "postmortem.output", action_items=rows)
    view = script.view
    todos = Calendar.from_ical(as_calendar(view)).walk("VTODO")
    assert [str(each["summary"]) for each in todos[:2]] == ["Alert on size", "Test it"]
    assert todos[0]["due"].dt == date(2026, 11, 27)
    assert "due" not in todos[1]
    assert "Due: soon" in todos[1]["description"]
    assert [int(each["priority"]) for each in todos[:2]] == [1, 5]
    assert len({str(each["uid"]) for each in todos}) == len(todos)
    events = Calendar.from_ical(as_calendar(view, events=True)).walk("VEVENT")
    assert [(str(e["summary"]), e["dtstart"].dt) for e in events] == [
        ("Alert on size", date(2026, 11, 27))
    ]
    assert str(events[0]["uid"]) == str(todos[0]["uid"])


def test_the_same_run_gives_the_same_bytes() -> None:
    """So that importing it again changes nothing."""
    assert as_calendar(whole(LiveScript()).view) == as_calendar(whole(LiveScript()).view)


@given(st.text(max_size=400))
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever people wrote is read, and a day is never made up of nothing."""
    list(read_follow_ups(f"# Action items\n{text}", TUESDAY))
    read_day(text, TUESDAY)
