"""What a scenario says that can never come true, whatever plan it drills."""

from __future__ import annotations

from collections.abc import Iterator

from ..dsl.diagnostics import Diagnostic, Label
from ..dsl.source import Span
from ..dsl.syntax import YamlMapping
from ..dsl.yaml_model import place
from .distributions import in_words, parse_duration
from .expectations import Expectation, parse_expectation
from .rules import RULES
from .scenario import Scenario

_OPPOSITES = {"never-milestone": "milestone", "rung-never": "rung", "never-state": "state"}
_ONE_OF = ("ends", "severity", "deadline")
"""Forms of which only one can hold."""


def senseless(scenario: Scenario, node: YamlMapping) -> Iterator[Diagnostic]:
    """Deeds and faults after the end of the drill, and expectations that exclude each other."""
    yield from _too_late(scenario, node)
    yield from _contradictions(scenario, node)


def _report(code: str, span: Span, message: str, other: Label, help: str) -> Diagnostic:
    return Diagnostic(code, RULES[code].level, message, span, secondary=(other,), help=help)


def _too_late(scenario: Scenario, node: YamlMapping) -> Iterator[Diagnostic]:
    """ARM650: something would happen when the drill is over, or ends before it begins."""
    stated = node.get("horizon")
    end_ms = parse_duration(scenario.horizon)
    deeds = [("interventions", at, "at", one.at) for at, one in enumerate(scenario.interventions)]
    faults = [("faults", at, "since", one.since) for at, one in enumerate(scenario.faults)]
    for section, at, key, text in (*deeds, *faults):
        if text is None or parse_duration(text) < end_ms:
            continue
        span = place(node, (section, at, key)).span
        yield _report(
            "ARM650",
            span,
            f"this would happen after {text}, and the drill ends at {in_words(end_ms)}",
            Label(stated.span if stated is not None else span, "the drill's end"),
            "let it happen sooner, or state a longer `horizon:`",
        )
    for at, fault in enumerate(scenario.faults):
        since, until = parse_duration(fault.since or "0s"), fault.until
        if until is not None and parse_duration(until) <= since:
            yield _report(
                "ARM650",
                place(node, ("faults", at, "until")).span,
                f"the fault is over after {until}, before it begins",
                Label(place(node, ("faults", at, "since")).span, "it begins here"),
                "let `until:` be later than `since:`",
            )


def _contradictions(scenario: Scenario, node: YamlMapping) -> Iterator[Diagnostic]:
    """ARM651: of two expectations one always fails."""
    seen: dict[tuple[str, ...], list[tuple[Expectation, Span]]] = {}
    for at, line in enumerate(scenario.expect):
        text = line if isinstance(line, str) else line.expect
        expected, span = parse_expectation(text), place(node, ("expect", at)).span
        group = seen.setdefault(_about(expected), [])
        for other, where in group:
            if _together(expected, other) and _exclude(expected, other):
                yield _report(
                    "ARM651",
                    span,
                    f"'{other.text}' is expected as well, and one of the two fails",
                    Label(where, "expected here"),
                    "keep the one that is meant, or say `at SEV-1:` of each",
                )
                break
        group.append((expected, span))


def _about(expected: Expectation) -> tuple[str, ...]:
    """What an expectation is about: those about one thing are compared."""
    form = _OPPOSITES.get(expected.form, expected.form)
    if form in _ONE_OF:
        return (form,)
    words = expected.arguments[:2] if form == "state" else expected.arguments[:1]
    return (form, *(word.lower() for word in words))


def _together(one: Expectation, other: Expectation) -> bool:
    levels = set(one.levels) & set(other.levels)
    return not one.levels or not other.levels or bool(levels)


def _exclude(one: Expectation, other: Expectation) -> bool:
    if one.form in _ONE_OF:
        return one.arguments[0].lower() != other.arguments[0].lower()
    return one.form != other.form
