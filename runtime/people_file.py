"""Reading people files: YAML with places, a validated model, and findings (ARM63x).

Bad input never raises: whatever is wrong becomes a diagnostic at its characters. A file is checked
in two steps: on its own, and against the plan whose names it must fill.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from ..compiler.plan import Plan
from ..dsl.diagnostics import Diagnostic, Level
from ..dsl.source import SourceFile
from ..dsl.syntax import YamlMapping
from ..dsl.yaml_model import FileForm, Path, key_place, nearest_or_all, place, plain
from .people import People, Person, Target, WorkingHours
from .rota import DAYS, Expanded, Hours, Interval, Rota, Schedule, Shifts, Turns, instant, wall
from .rules import RULES

if TYPE_CHECKING:
    from .people_model import HoursModel, OverrideModel, PeopleModel, RotaModel, ShiftModel

KEYS = {
    0: ("timezone", "persons", "rotas", "targets", "commanders", "hours"),
    "persons": ("name", "roles", "timezone", "channels"),
    "rotas": ("every", "handover", "from", "persons", "shifts", "ical", "timezone", "overrides"),
    "targets": ("rota", "person", "persons"),
    "hours": ("hours", "days", "timezone", "holidays", "outside"),
    "shifts": ("persons", "hours", "timezone", "days"),
    "overrides": ("from", "to", "person"),
}
LENGTHS = {"daily": 1, "weekly": 7, "fortnightly": 14}
LONGEST_CALENDAR = 2_000_000


@dataclass(frozen=True, slots=True)
class ReadPeople:
    """A people file: the people (None where it has errors), findings, and the places in it."""

    people: People | None
    diagnostics: tuple[Diagnostic, ...]
    node: YamlMapping | None


def _known_keys(path: Path) -> list[str]:
    sections = [part for part in path if isinstance(part, str) and part in KEYS]
    return list(KEYS[sections[-1]] if sections else KEYS[0])


FORM = FileForm(
    RULES,
    ("ARM630", "a people file is a mapping of keys and values", "start with persons:"),
    "ARM631",
    lambda _path: "ARM632",
    _known_keys,
    lambda _path: "see docs/people.md",
    lambda part: isinstance(part, str) and (part == "str" or "[" in part),
)


def read_people(source: SourceFile) -> ReadPeople:
    """The people of a file; its calendars are read from the file's own folder."""
    node, found = FORM.read(source)
    if node is None:
        return ReadPeople(None, tuple(found), None)
    from pydantic import ValidationError

    from .people_model import PeopleModel

    people: People | None = None
    try:
        model = PeopleModel.model_validate(plain(node))
    except ValidationError as error:
        found.extend(FORM.findings(map(dict, error.errors(include_url=False)), node))
    else:
        found.extend(_unknown_names(model, node))
        calendars, trouble = _calendars(model, source, node)
        found.extend(trouble)
        if not any(finding.level is Level.ERROR for finding in found):
            people = _people(model, calendars)
            found.extend(_overlaps(people, node))
    if any(finding.level is Level.ERROR for finding in found):
        people = None
    return ReadPeople(people, tuple(sorted(found, key=lambda each: each.order)), node)


# --- names ----------------------------------------------------------------------------------------


def _named(model: PeopleModel) -> Iterator[tuple[str, Path]]:
    for name, rota in model.rotas.items():
        for at, person in enumerate(rota.persons or ()):
            yield person, ("rotas", name, "persons", at)
        for at, shift in enumerate(rota.shifts or ()):
            for index, person in enumerate(shift.persons):
                yield person, ("rotas", name, "shifts", at, "persons", index)
        for at, override in enumerate(rota.overrides):
            yield override.person, ("rotas", name, "overrides", at, "person")
    for name, target in model.targets.items():
        if target.person is not None:
            yield target.person, ("targets", name, "person")
        for at, person in enumerate(target.persons or ()):
            yield person, ("targets", name, "persons", at)
    for at, person in enumerate(model.commanders):
        yield person, ("commanders", at)


def _unknown_names(model: PeopleModel, node: YamlMapping) -> Iterator[Diagnostic]:
    for person, path in _named(model):
        if person not in model.persons:
            help_line = nearest_or_all(person, model.persons)
            span = place(node, path).span
            yield FORM.report("ARM633", span, f"there is no person {person!r}", help_line)
    for name, target in model.targets.items():
        if target.rota is not None and target.rota not in model.rotas:
            span = place(node, ("targets", name, "rota")).span
            help_line = nearest_or_all(target.rota, model.rotas)
            yield FORM.report("ARM633", span, f"there is no rota {target.rota!r}", help_line)


# --- the model resolved ---------------------------------------------------------------------------


def _people(model: PeopleModel, calendars: Mapping[str, Schedule]) -> People:
    persons = {
        key: Person(
            key,
            each.name,
            ZoneInfo(each.timezone or model.timezone),
            tuple(each.roles),
            tuple(each.channels),
        )
        for key, each in model.persons.items()
    }
    rotas = {
        name: _rota(name, each, model.timezone, calendars) for name, each in model.rotas.items()
    }
    targets = {
        name: Target(each.rota, tuple(each.persons or ([each.person] if each.person else [])))
        for name, each in model.targets.items()
    }
    hours = {
        name: WorkingHours(_working(each, model.timezone), each.outside)
        for name, each in model.hours.items()
    }
    commanders = tuple(model.commanders)
    return People(ZoneInfo(model.timezone), persons, rotas, targets, commanders, hours)


def _rota(name: str, model: RotaModel, default: str, calendars: Mapping[str, Schedule]) -> Rota:
    zone = ZoneInfo(model.timezone or default)
    schedule = calendars.get(name) or _schedule(model, zone)
    return Rota(name, schedule, zone, tuple(_override(each, zone) for each in model.overrides))


def _schedule(model: RotaModel, zone: ZoneInfo) -> Schedule:
    if model.shifts is not None:
        return Shifts(tuple((tuple(s.persons), _shift(s, zone)) for s in model.shifts))
    weekday, minute = model.handed_over()
    first = date.fromisoformat(model.start or "")
    if weekday is not None:
        first += timedelta(days=(weekday - first.weekday()) % 7)
    at = time(minute // 60, minute % 60)
    return Turns(tuple(model.persons or ()), first, at, zone, LENGTHS[model.every or "weekly"])


def _shift(model: ShiftModel, zone: ZoneInfo) -> Hours:
    start, end = _minutes(model.hours)
    own = ZoneInfo(model.timezone) if model.timezone else zone
    return Hours(start, end, own, _weekdays(model.days))


def _working(model: HoursModel, default: str) -> Hours:
    start, end = _minutes(model.hours)
    holidays = frozenset(date.fromisoformat(day) for day in model.holidays)
    zone = ZoneInfo(model.timezone or default)
    return Hours(start, end, zone, _weekdays(model.days), holidays)


def _minutes(hours: str) -> tuple[int, int]:
    from .people_model import minutes

    start, _, end = hours.partition("-")
    first, last = minutes(start), minutes(end)
    return first, last if last > first else last + 1440


def _weekdays(days: list[str]) -> frozenset[int]:
    return frozenset(DAYS.index(day) for day in days)


def _override(model: OverrideModel, zone: ZoneInfo) -> Interval:
    start, end = (_moment(text, zone) for text in (model.start, model.end))
    return Interval(start, end, (model.person,))


def _moment(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return instant(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)


# --- calendars ------------------------------------------------------------------------------------


def _calendars(
    model: PeopleModel, source: SourceFile, node: YamlMapping
) -> tuple[dict[str, Schedule], list[Diagnostic]]:
    found: dict[str, Schedule] = {}
    trouble: list[Diagnostic] = []
    names = {n.casefold(): key for key, p in model.persons.items() for n in (p.name, key)}
    for name, rota in model.rotas.items():
        if rota.ical is None:
            continue
        try:
            zone = ZoneInfo(rota.timezone or model.timezone)
            found[name] = _calendar(source.name, rota.ical, names, zone)
        except (OSError, ValueError, ImportError, KeyError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            span = place(node, ("rotas", name, "ical")).span
            message = f"the calendar {rota.ical!r} cannot be read: {reason}"[:500]
            trouble.append(FORM.report("ARM638", span, message, "see docs/people.md"))
    return found, trouble


def _calendar(file: str, path: str, names: Mapping[str, str], zone: ZoneInfo) -> Schedule:
    folder = os.path.realpath(os.path.dirname(file) or ".")
    whole = os.path.realpath(os.path.join(folder, path))
    if os.path.commonpath([folder, whole]) != folder:
        raise ValueError("it is outside the people file's folder")
    with open(whole, "rb") as opened:
        data = opened.read(LONGEST_CALENDAR + 1)
    if len(data) > LONGEST_CALENDAR:
        raise ValueError("it is longer than 2 MB")
    try:
        calendars: Any = import_module("icalendar")
        recurring: Any = import_module("recurring_ical_events")
    except ImportError:
        raise ValueError("install armada[calendar] to read calendars") from None
    query: Any = recurring.of(calendars.Calendar.from_ical(data.decode("utf-8")))

    def between(start: datetime, end: datetime) -> tuple[Interval, ...]:
        events = (_event(event, names, zone) for event in query.between(start, end))
        return tuple(sorted((e for e in events if e.persons), key=lambda e: (e.start, e.persons)))

    return Expanded(between)


def _event(event: Any, names: Mapping[str, str], zone: ZoneInfo) -> Interval:
    attendees: Any = event.get("ATTENDEE", [])
    listed = cast(list[Any], attendees) if isinstance(attendees, list) else [attendees]
    words = [str(event.get("SUMMARY", ""))]
    for each in listed:
        words += [str(each.params.get("CN", "")), str(each).removeprefix("mailto:").split("@")[0]]
    persons = dict.fromkeys(names[w.casefold()] for w in words if w.casefold() in names)
    return Interval(_edge(event.start, zone), _edge(event.end, zone), tuple(persons))


def _edge(value: Any, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        return instant(datetime.combine(value, time()), zone)
    return instant(value, zone) if value.tzinfo is None else value.astimezone(UTC)


# --- findings of what is meant --------------------------------------------------------------------


def _overlaps(people: People, node: YamlMapping) -> Iterator[Diagnostic]:
    for name, rota in people.rotas.items():
        for at, later in enumerate(rota.overrides):
            span = place(node, ("rotas", name, "overrides", at)).span
            if later.end <= later.start:
                yield FORM.report("ARM632", span, "the override ends before it begins")
            elif any(o.start < later.end and later.start < o.end for o in rota.overrides[:at]):
                message = f"overrides of {name!r} overlap, and the later in the file counts"
                yield FORM.report("ARM637", span, message, "end one where the other begins")


def check_people(
    read: ReadPeople, plan: Plan, at: datetime | None = None
) -> tuple[Diagnostic, ...]:
    """Names of the plan that nobody fills, persons out of reach, and gaps of rotas.

    Gaps are looked for in the week from ``at``, by default from the last start of a rota.
    """
    if read.people is None or read.node is None:
        return ()
    people = read.people.for_coordinator(plan.coordinator)
    found = [*_unfilled(people, plan, read.node), *_unreachable(people, read.node)]
    for name, rota in people.rotas.items():
        found.extend(_gap(name, rota, at, read.node))
    return tuple(sorted(found, key=lambda each: each.order))


def plan_names(plan: Plan) -> dict[str, str]:
    """Every name of the plan that somebody must fill, and what it is."""
    names: dict[str, str] = {}
    for target in (t for rung in plan.escalation.rungs for t in rung.targets):
        names.setdefault(target, "target")
    for stage in plan.stages:
        for approval in (a.approval for a in stage.actions if a.approval is not None):
            names.update({a: "approver" for a in approval.approvers if a not in names})
    names.update({agent: "agent" for agent in plan.agents if agent not in names})
    if plan.coordinator is not None:
        names.setdefault(plan.coordinator, "coordinator")
    return names


def _unfilled(people: People, plan: Plan, node: YamlMapping) -> Iterator[Diagnostic]:
    section = "targets" if node.get("targets") is not None else "persons"
    span = key_place(node, (section,))
    for name, what in plan_names(plan).items():
        if not people.defines(name):
            message = f"nobody fills the {what} {name!r}"
            yield FORM.report("ARM634", span, message, "add it under targets: or to roles:")


def _unreachable(people: People, node: YamlMapping) -> Iterator[Diagnostic]:
    used = {p for target in people.targets.values() for p in target.persons}
    for person in people.persons.values():
        lacks = "channel" if not person.channels else "role"
        if person.channels and (person.roles or person.id in used):
            continue
        span = key_place(node, ("persons", person.id))
        message = f"{person.name} has no {lacks}"
        yield FORM.report("ARM635", span, message, f"give {person.id} a {lacks}")


def _gap(name: str, rota: Rota, at: datetime | None, node: YamlMapping) -> Iterator[Diagnostic]:
    start = at or datetime(2026, 1, 5, tzinfo=UTC)
    if isinstance(rota.schedule, Turns):
        start = max(start, rota.schedule.handover(0))
    if isinstance(rota.schedule, Expanded) and at is None:
        return
    for moment, holding in rota.changes(start, start + timedelta(days=7)):
        if not holding.persons:
            until = f" until {wall(holding.until, rota.zone)}" if holding.until else ""
            message = f"nobody covers {name!r} from {wall(moment, rota.zone)}{until}"
            span = key_place(node, ("rotas", name))
            yield FORM.report("ARM636", span, message, "add a shift or another rota's person")
            return
