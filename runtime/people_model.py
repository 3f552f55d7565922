"""The shape of a people file, as a validated model; its names are resolved in people_file.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ..dsl.zones import is_zone, nearest_zone
from .rota import DAYS

_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


def minutes(clock: str) -> int:
    """``09:30`` in minutes from midnight; ``24:00`` is the end of the day."""
    match = _CLOCK.fullmatch(clock)
    if match is None or (match[1] == "24" and match[2] != "00"):
        raise ValueError(f"{clock!r} is no time of day; write it like 09:00")
    return int(match[1]) * 60 + int(match[2])


def _zone(name: str) -> str:
    if is_zone(name):
        return name
    close = nearest_zone(name)
    hint = f"; did you mean {close!r}?" if close else ", such as Europe/Madrid"
    raise ValueError(f"{name!r} is no IANA time zone{hint}")


def _range(text: str) -> str:
    start, dash, end = text.partition("-")
    if not dash or minutes(start) == minutes(end) or start == "24:00":
        raise ValueError("write hours like 09:00-17:00; 22:00-06:00 ends the next day")
    return text


def _day(text: str) -> str:
    if text.lower() not in DAYS:
        raise ValueError(f"{text!r} is no weekday; use {', '.join(DAYS)}")
    return text.lower()


def _date(text: str) -> str:
    date.fromisoformat(text)
    return text


def _moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Zone = Annotated[str, Field(max_length=100), AfterValidator(_zone)]
Range = Annotated[str, AfterValidator(_range)]
Day = Annotated[str, AfterValidator(_day)]
Date = Annotated[str, AfterValidator(_date)]
Moment = Annotated[str, AfterValidator(_moment)]
Names = Annotated[list[str], Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class PersonModel(_Model):
    """A person as written."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    roles: list[str] = []
    timezone: Zone | None = None
    channels: list[str | dict[str, Any]] = []


class OverrideModel(_Model):
    """Somebody in place of whoever's turn it is."""

    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")
    person: str


class ShiftModel(_Model):
    """Persons for some local hours."""

    persons: Names
    hours: Range
    timezone: Zone | None = None
    days: Annotated[list[Day], Field(min_length=1)] = list(DAYS)


class RotaModel(_Model):
    """A rota: turns (``every``), ``shifts``, or a calendar (``ical``); one of them."""

    every: Literal["daily", "weekly", "fortnightly"] | None = None
    handover: str | None = None
    start: Date | None = Field(default=None, alias="from")
    persons: Names | None = None
    shifts: Annotated[list[ShiftModel], Field(min_length=1)] | None = None
    ical: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    timezone: Zone | None = None
    overrides: list[OverrideModel] = []

    @model_validator(mode="after")
    def _one_form(self) -> RotaModel:
        turns = (self.handover, self.start, self.persons)
        if sum(each is not None for each in (self.every, self.shifts, self.ical)) != 1:
            raise ValueError("a rota has one of every:, shifts: and ical:")
        if self.every is not None and None in turns:
            raise ValueError("turns need handover:, from: and persons:")
        if self.every is None and any(each is not None for each in turns):
            raise ValueError("handover:, from: and persons: belong to every:")
        if self.handover is not None:
            self.handed_over()
        return self

    def handed_over(self) -> tuple[int | None, int]:
        """Weekday (None for daily) and minute of the handover."""
        day, _, clock = (self.handover or "").rpartition(" ")
        if (self.every == "daily") == bool(day):
            raise ValueError("write handover: like Mon 09:00, and 09:00 for a daily one")
        return (DAYS.index(_day(day)) if day else None, minutes(clock) % 1440)


class TargetModel(_Model):
    """Whom a name stands for; one of the keys."""

    rota: str | None = None
    person: str | None = None
    persons: Names | None = None

    @model_validator(mode="after")
    def _one_form(self) -> TargetModel:
        if sum(each is not None for each in (self.rota, self.person, self.persons)) != 1:
            raise ValueError("a target has one of rota:, person: and persons:")
        return self


class HoursModel(_Model):
    """Working hours of a target."""

    hours: Range
    days: Annotated[list[Day], Field(min_length=1)] = list(DAYS[:5])
    timezone: Zone | None = None
    holidays: list[Date] = []
    outside: Literal["defer", "skip", "downgrade"] = "defer"


class PeopleModel(_Model):
    """A people file as written."""

    timezone: Zone = "UTC"
    persons: Mapping[str, PersonModel]
    rotas: Mapping[str, RotaModel] = {}
    targets: Mapping[str, TargetModel] = {}
    commanders: list[str] = []
    hours: Mapping[str, HoursModel] = {}
