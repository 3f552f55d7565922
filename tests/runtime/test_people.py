"""Who answers for a name: rotas over the change of the clocks, findings, identity."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile
from armada.runtime.identity import IdentityTrouble, ballot_role, identify
from armada.runtime.people import People
from armada.runtime.people_file import ReadPeople, check_people, read_people
from armada.runtime.rota import Hours, Turns, instant

ROOT = Path(__file__).resolve().parents[2]
MADRID = ZoneInfo("Europe/Madrid")
AT = datetime(2026, 3, 29, 0, 10, tzinfo=UTC)
HEAD = "persons:\n  ada: {name: Ada, roles: [on-call], channels: [c]}\n"


def read(text: str, name: str = "people.yaml") -> ReadPeople:
    return read_people(SourceFile(name, text))


@pytest.fixture(scope="module")
def people() -> People:
    found = read((ROOT / "specs/people/example.yaml").read_text("utf-8"))
    assert found.diagnostics == () and found.people is not None
    return found.people


def test_the_example_fills_every_name_of_the_seed() -> None:
    plan = compile_source(
        SourceFile("s.md", (ROOT / "specs/incident-response.md").read_text("utf-8"))
    ).plan
    assert plan is not None
    example = read((ROOT / "specs/people/example.yaml").read_text("utf-8"))
    assert check_people(example, plan) == ()


def slow_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Minute by minute: the first at which the wall clock reads so or later."""
    at = local.replace(tzinfo=UTC) - timedelta(hours=15)
    while at.astimezone(zone).replace(tzinfo=None) < local:
        at += timedelta(minutes=1)
    return at


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 5)]),
    st.integers(0, 1439),
    st.sampled_from(["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo"]),
)
def test_a_local_time_is_the_first_instant_at_which_the_clock_reads_it(
    day: date, minute: int, zone: str
) -> None:
    local = datetime.combine(day, time(minute // 60, minute % 60))
    assert instant(local, ZoneInfo(zone)) == slow_instant(local, ZoneInfo(zone))


@given(st.datetimes(datetime(2026, 1, 6), datetime(2028, 1, 1)), st.integers(0, 1439))
def test_every_instant_has_one_holder_of_a_weekly_rota(at: datetime, minute: int) -> None:
    rota = Turns(("a", "b", "c"), date(2026, 1, 5), time(minute // 60, minute % 60), MADRID)
    at = at.replace(tzinfo=UTC)
    held = rota.holding(at)
    turns = [n for n in range(120) if rota.handover(n) <= at < rota.handover(n + 1)]
    if at < rota.handover(0):
        assert held.persons == () and not turns
    else:
        assert len(turns) == 1 and held.persons == ("abc"[turns[0] % 3],)
        assert held.until == rota.handover(turns[0] + 1)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 0), (date(2026, 10, 25), 2)])
def test_a_shift_in_the_hour_that_changes(day: date, hours: int) -> None:
    shift = Hours(120, 180, MADRID)
    at = datetime.combine(day, time(12), UTC)
    lengths = [
        i.end - i.start for i in shift.around(at) if i.start.astimezone(MADRID).date() == day
    ]
    assert sum(lengths, timedelta()) == timedelta(hours=hours)


def test_the_handover_stays_at_nine_local(people: People) -> None:
    change = people.next_change("On-call engineer", AT)
    assert change == datetime(2026, 3, 30, 7, tzinfo=UTC)


def test_an_override_wins(people: People) -> None:
    at = datetime(2026, 12, 25, tzinfo=UTC)
    assert [p.id for p in people.on_call("On-call engineer", at).persons] == ["ben"]


def test_a_gap_is_said(people: People) -> None:
    early = people.on_call("On-call engineer", datetime(2025, 1, 1, tzinfo=UTC))
    assert early.persons == () and "nobody is on call from 'primary'" in early.reason


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- a\n", "ARM630"),
        (HEAD + "rota: {}\n", "ARM631"),
        (HEAD + "timezone: Mars/Base\n", "ARM632"),
        (HEAD + "commanders: [adah]\n", "ARM633"),
        (HEAD + "rotas: {r: {ical: none.ics}}\n", "ARM638"),
    ],
)
def test_what_is_wrong_is_a_finding(text: str, code: str) -> None:
    found = read(text)
    assert [d.code for d in found.diagnostics] == [code] and found.people is None


def test_a_calendar_is_expanded(tmp_path: Path) -> None:
    (tmp_path / "c.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nSUMMARY:ada\n"
        "DTSTART:20260101T000000Z\nDTEND:20260101T120000Z\nRRULE:FREQ=DAILY\n"
        "END:VEVENT\nEND:VCALENDAR\n"
    )
    found = read(HEAD + "rotas: {r: {ical: c.ics}}\n", str(tmp_path / "people.yaml")).people
    assert found is not None
    now = found.on_call("r", AT)
    assert [p.id for p in now.persons] == ["ada"]
    assert now.until == datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert found.on_call("r", now.until).persons == ()


def test_outside_its_hours_a_target_is_deferred_to_the_opening() -> None:
    found = read(HEAD + 'hours: {lead: {hours: "09:00-18:00", timezone: Europe/Madrid}}\n').people
    assert found is not None
    late = found.reachable("lead", AT)
    assert late.how == "defer" and late.until == datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert found.reachable("lead", datetime(2026, 3, 30, 7, tzinfo=UTC)).how == "now"


def test_who_acts_is_known_and_votes_in_a_role_of_their_own(people: People) -> None:
    ada = identify("Ada Lovelace", people, AT, source="--as")
    assert ada.id == "ada" and ballot_role(ada, ["on-call"], None, people, AT) == "on-call"
    for name in ("", "adaa", "a\nb"):
        with pytest.raises(IdentityTrouble):
            identify(name, people, AT, source="--as")
    dora = identify("dora", people, AT, source="--as")
    with pytest.raises(IdentityTrouble, match="not among the approvers"):
        ballot_role(dora, ["on-call"], None, people, AT)


def test_without_a_people_file_a_stated_role_is_taken_else_the_first() -> None:
    zoe = identify("zoe", None, AT, source="--as")
    assert ballot_role(zoe, ["on-call"], "on-call", None, AT) == "on-call"
    assert ballot_role(zoe, ["on-call", "lead"], None, None, AT) == "on-call"
    with pytest.raises(IdentityTrouble, match="no approver here"):
        ballot_role(zoe, ["on-call"], "chef", None, AT)


def test_the_example_of_the_guide_has_no_findings() -> None:
    guide = (ROOT / "docs" / "people.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    assert read(example).diagnostics == ()
