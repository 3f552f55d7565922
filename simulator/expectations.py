"""Expectations: one line each about what a drill must show.

Owns their small language, as the table ``FORMS``, and how each is judged over a ``Trail``: what was
recorded, and when. An expectation is ``held``, ``failed``, ``inconclusive`` (the drill was cut off
before it could be told) or ``not-run`` (this plan has nothing that it is about, or the level is
another one). The last two stay out of the score.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from .distributions import in_words, parse_duration
from .selectors import Selection

Judgement = Literal["held", "failed", "inconclusive", "not-run"]
MILESTONES = ("acknowledged", "mitigated", "resolved", "closed")
ENDS = ("resolved", "closed-unverified", "false-alarm", "duplicate", "aborted", "waiting")
_STATES = "done|omitted|skipped|blocked|failed|started|aborted"


@dataclass(frozen=True, slots=True)
class Expectation:
    """A parsed line: form and arguments; ``levels`` are the ones it is about, empty: all."""

    text: str
    form: str
    arguments: tuple[str, ...]
    levels: tuple[int, ...] = ()

    @property
    def selectors(self) -> tuple[str, ...]:
        """The arguments that are selectors."""
        return tuple(self.arguments[at] for at in FORMS[self.form].selectors)


@dataclass(frozen=True, slots=True)
class Finding:
    """How an expectation came out, and why in a few words."""

    text: str
    role: str
    judgement: Judgement
    detail: str


@dataclass(slots=True)
class Trail:
    """What a drill left behind, for judging: first and last times of records by (what, subject)."""

    ended_ms: int
    outcome: str
    complete: bool
    level: int
    select: Callable[[str], Selection]
    effects: dict[str, int]
    healthy_at_end: bool
    first: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    last: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    whats: dict[str, int] = field(default_factory=dict[str, int])
    highest: tuple[int, ...] = ()

    def note(self, at_ms: int, what: str, subject: str) -> None:
        """Take down one record."""
        self.first.setdefault((what, subject), at_ms)
        self.last[(what, subject)] = at_ms
        self.whats.setdefault(what, at_ms)


@dataclass(frozen=True, slots=True)
class Form:
    """One form: its pattern, which arguments are selectors, durations, and how it is judged."""

    pattern: re.Pattern[str]
    judge: Callable[[Trail, tuple[str, ...]], tuple[Judgement, str]]
    selectors: tuple[int, ...] = ()
    durations: tuple[int, ...] = ()
    example: str = ""


Verdict = tuple[Judgement, str]


def _by(trail: Trail, at_ms: int | None, limit: str | None) -> Verdict:
    """Something that ought to have happened, perhaps within a time."""
    if at_ms is None:
        if limit is not None and not trail.complete and trail.ended_ms < parse_duration(limit):
            return "inconclusive", f"the drill was cut off at {in_words(trail.ended_ms)}"
        return "failed", "never happened"
    if limit is not None and at_ms > parse_duration(limit):
        return "failed", f"at {in_words(at_ms)}"
    return "held", f"at {in_words(at_ms)}"


def _milestone(trail: Trail, arguments: tuple[str, ...]) -> Verdict:
    return _by(trail, trail.whats.get(arguments[0].lower()), arguments[1])


def _never_milestone(trail: Trail, arguments: tuple[str, ...]) -> Verdict:
    at_ms = trail.whats.get(arguments[0].lower())
    return ("held", "never") if at_ms is None else ("failed", f"at {in_words(at_ms)}")


def _rung_time(trail: Trail, rungs: Iterable[int]) -> int | None:
    times = [
        trail.first[key] for rung in rungs if (key := ("rung-fired", str(rung))) in trail.first
    ]
    return min(times, default=None)


def _rung_reached(trail: Trail, arguments: tuple[str, ...]) -> Verdict:
    rungs = trail.select(arguments[0]).rungs
    if not rungs:
        return "not-run", "the ladder has no such rung"
    return _by(trail, _rung_time(trail, rungs), arguments[1])


def _rung_never(trail: Trail, arguments: tuple[str, ...]) -> Verdict:
    rungs = trail.select(arguments[0]).rungs
    if not rungs:
        return "not-run", "the ladder has no such rung"
    at_ms = _rung_time(trail, rungs)
    return ("held", "never") if at_ms is None else ("failed", f"at {in_words(at_ms)}")


def _happened(trail: Trail, selection: Selection, state: str, last: bool = False) -> list[int]:
    times = trail.last if last else trail.first
    keys = [(f"stage-{state}", stage) for stage in selection.stages]
    if not selection.stages:
        keys = [(f"action-{state}", action) for action in selection.actions]
    return [times[key] for key in keys if key in times]


def _never_before(trail: Trail, arguments: tuple[str, ...]) -> Verdict:
    early, late = trail.select(arguments[0]), trail.select(arguments[1])
    if early.empty or late.empty:
        return "not-run", "the plan has nothing of the kind"
    started = min(_happened(trail, early, "started"), default=None)
    if started is None:
        return "held", "never started"
    finished = min((*_happened(trail, late, "done"), *_waived(trail, late)), default=None)
    if finished is None or started < finished:
        return "failed", f"started at {in_words(started)}"
    return "held", f"started at {in_words(started)}, after {in_words(finished)}"


def _waived(trail: Trail, selection: Selection) -> list[int]:
    keys = [("approval-waived", action) for action in selection.actions]
    return [trail.first[key] for key in keys if key in trail.first]


def _state(trail: Trail, arguments: tuple[str, ...]) -> Verdict:
    selection, state = trail.select(arguments[0]), arguments[1].lower()
    wanted = len(selection.stages or selection.actions)
    if not wanted:
        return "not-run", "the plan has nothing of the kind"
    times = _happened(trail, selection, state, last=True)
    if len(times) < wanted:
        return _by(trail, None, arguments[2])
    return _by(trail, max(times), arguments[2])


def _never_state(trail: Trail, arguments: tuple[str, ...]) -> Verdict:
    selection, state = trail.select(arguments[0]), arguments[1].lower()
    if selection.empty:
        return "not-run", "the plan has nothing of the kind"
    times = _happened(trail, selection, state)
    return ("failed", f"at {in_words(min(times))}") if times else ("held", "never")


def _ends(trail: Trail, arguments: tuple[str, ...]) -> Verdict:
    wanted = arguments[0].lower()
    if trail.outcome == wanted:
        return "held", f"at {in_words(trail.ended_ms)}"
    return "failed", f"ended {trail.outcome}"


def _approval(trail: Trail, arguments: tuple[str, ...]) -> Verdict:
    gates = trail.select("any gate")
    if gates.empty:
        return "not-run", "the plan has no gate"
    return _by(trail, trail.whats.get(f"approval-{arguments[0].lower()}"), arguments[1])


def _deadline(trail: Trail, arguments: tuple[str, ...]) -> Verdict:
    at_ms = trail.whats.get("deadline-broken")
    if arguments[0].lower() == "kept":
        if at_ms is not None:
            return "failed", f"broken at {in_words(at_ms)}"
        answered = "acknowledged" in trail.whats
        return ("held", "kept") if answered else ("not-run", "no deadline ran")
    return _by(trail, at_ms, None)


def _severity(trail: Trail, arguments: tuple[str, ...]) -> Verdict:
    wanted = int(arguments[0])
    if trail.level == wanted:
        return "held", f"level {trail.level}"
    return "failed", f"level {trail.level}"


def _effects_once(trail: Trail, _arguments: tuple[str, ...]) -> Verdict:
    twice = [key for key, count in trail.effects.items() if count != 1]
    return ("failed", ", ".join(twice)) if twice else ("held", f"{len(trail.effects)} effects")


def _healthy(trail: Trail, _arguments: tuple[str, ...]) -> Verdict:
    return ("held", "healthy") if trail.healthy_at_end else ("failed", "still failing")


_TIME = r"(?: (?:within|by) (.{1,30}))?"


def _form(
    pattern: str,
    judge: Callable[[Trail, tuple[str, ...]], Verdict],
    example: str,
    selectors: tuple[int, ...] = (),
    durations: tuple[int, ...] = (),
) -> Form:
    compiled = re.compile(pattern, re.IGNORECASE)
    return Form(compiled, judge, selectors, durations, example)


_RUNG = r"((?:rung (?:\d{1,3}|[\"'].{1,200}[\"']))|(?:the )?last rung|(?:every|any) rung)"
FORMS: dict[str, Form] = {
    "milestone": _form(
        rf"({'|'.join(MILESTONES)}){_TIME}", _milestone, "acknowledged within 5m", durations=(1,)
    ),
    "never-milestone": _form(
        rf"never ({'|'.join(MILESTONES)})", _never_milestone, "never acknowledged"
    ),
    "rung-never": _form(
        rf"{_RUNG} never(?: reached)?|never {_RUNG}", _rung_never, "rung 3 never", selectors=(0,)
    ),
    "rung": _form(
        rf"{_RUNG} reached{_TIME}",
        _rung_reached,
        'rung "Engineering manager" reached by 60m',
        selectors=(0,),
        durations=(1,),
    ),
    "never-before": _form(
        r"never (.{1,200}?) before (.{1,200})",
        _never_before,
        "never the deploying stage before any gate",
        selectors=(0, 1),
    ),
    "ends": _form(rf"ends ({'|'.join(ENDS)})", _ends, "ends resolved"),
    "approval": _form(
        rf"(?:an )?approval (given|waived|expired|rejected){_TIME}",
        _approval,
        "approval waived",
        durations=(1,),
    ),
    "deadline": _form(
        r"(?:the )?response deadline (kept|broken)", _deadline, "response deadline kept"
    ),
    "severity": _form(r"severity is (?:sev-?)?(\d{1,3})", _severity, "severity is 1"),
    "effects": _form(r"every effect once", _effects_once, "every effect once"),
    "healthy": _form(r"(?:the )?system healthy at the end", _healthy, "system healthy at the end"),
    "never-state": _form(
        rf"(.{{1,200}}?) never ({_STATES})", _never_state, "any rollback never done", selectors=(0,)
    ),
    "state": _form(
        rf"(.{{1,200}}?) ({_STATES}){_TIME}",
        _state,
        "the verifying stage done within 3h",
        selectors=(0,),
        durations=(2,),
    ),
}
_LEVELS = re.compile(r"at SEV-?(\d{1,3})(?:(?:,| or) ?SEV-?(\d{1,3}))?[:,] ?", re.IGNORECASE)


@lru_cache(maxsize=1024)
def parse_expectation(text: str) -> Expectation:
    """The expectation of a line; raises ValueError, with every form, where it is none."""
    line = " ".join(text.split())[:500]
    levels: tuple[int, ...] = ()
    if match := _LEVELS.match(line):
        levels = tuple(int(group) for group in match.groups() if group)
        line = line[match.end() :]
    for name, form in FORMS.items():
        if match := form.pattern.fullmatch(line):
            arguments = tuple(group or "" for group in match.groups())
            if name == "rung-never":
                arguments = (arguments[0] or arguments[1],)
            for at in form.durations:
                if arguments[at]:
                    parse_duration(arguments[at])
            return Expectation(" ".join(text.split()), name, arguments, levels)
    examples = "; ".join(form.example for form in FORMS.values())
    raise ValueError(f"not an expectation: {line!r}; forms are, by example: {examples}")


def judge(expectation: Expectation, role: str, trail: Trail) -> Finding:
    """How one expectation came out."""
    if expectation.levels and not set(expectation.levels) & set(trail.highest):
        return Finding(expectation.text, role, "not-run", "about another level")
    form = FORMS[expectation.form]
    arguments = tuple(
        argument or None if at in form.durations else argument
        for at, argument in enumerate(expectation.arguments)
    )
    judgement, detail = form.judge(trail, arguments)  # type: ignore[arg-type]
    return Finding(expectation.text, role, judgement, detail)


def score(findings: Iterable[Finding]) -> int | None:
    """0 to 100: the share of expectations held among those judged; None where none was."""
    judged = [f.judgement for f in findings if f.judgement in ("held", "failed")]
    return 100 * judged.count("held") // len(judged) if judged else None
