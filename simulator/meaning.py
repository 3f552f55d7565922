"""What an action would do to a system, read from its command line or its words.

Owns the vocabulary by which a drill understands any spec. A runnable line speaks first, then the
words of the item, then those of the action's name; what none of them tells has no effect on the
cause of an incident. The constraints of a task (where there are several) say how, not what.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from ..compiler.plan import Action, Item, Kind


class Remedy(StrEnum):
    """What an action changes in the world."""

    ROLLBACK = "rollback"
    SCALE = "scale"
    RESTART = "restart"
    FLAG = "flag"
    REROUTE = "reroute"
    NONE = "none"


_WORDS: tuple[tuple[Remedy, re.Pattern[str]], ...] = (
    (
        Remedy.ROLLBACK,
        re.compile(
            r"roll(?:ing|ed)?[ _-]?backs?|revert|\bundo\b|previous (?:version|release|revision)"
        ),
    ),
    (
        Remedy.FLAG,
        re.compile(
            r"flag|kill[ _-]?switch|(?:disable|turn off|switch off)\b.{0,40}\b(?:feature|function)"
            r"|feature.{0,40}\b(?:off|disable)"
        ),
    ),
    (
        Remedy.SCALE,
        re.compile(r"scal(?:e|ing)\b|replica|capacity|more workers|add (?:nodes|workers|pods)"),
    ),
    (Remedy.RESTART, re.compile(r"restart|reboot|recycle|bounce")),
    (
        Remedy.REROUTE,
        re.compile(
            r"circuit[ _-]?breaker|redirect|re-?rout|fail[ _-]?over|fall[ _-]?back|drain|standby"
        ),
    ),
)
_FEATURE_FACT = re.compile(r"feature|flag")
_DEPLOY_FACT = re.compile(r"deploy|release|roll_?out|version")
_SUSPECT_FACT = re.compile(r"cause|suspect|culprit|origin|blame|correlat")
_CHANGE_FACT = re.compile(r"change")
_LOAD_FACT = re.compile(r"load|traffic|saturat|capacity|exhaust")
_DEPENDENCY_FACT = re.compile(r"depend|upstream|vendor|provider|third_?party")


def remedy_of_words(text: str) -> Remedy:
    """What these words say is done."""
    words = text.lower().replace("_", " ")
    return next((remedy for remedy, pattern in _WORDS if pattern.search(words)), Remedy.NONE)


@lru_cache(maxsize=65_536)
def _remedy_of_argv(argv: tuple[str, ...]) -> Remedy:
    return remedy_of_words(" ".join(word for word in argv if not word.startswith("-")))


def remedy_of(action: Action, item: Item | None) -> Remedy:
    """What carrying this out changes. Reading, asking and telling change nothing."""
    if action.kind not in (Kind.RUN, Kind.CHOOSE, Kind.TASK):
        return Remedy.NONE
    if action.kind is Kind.TASK:
        sole = action.items[0].text if len(action.items) == 1 else ""
        return remedy_of_words(f"{action.name} {sole}")
    if item is None:
        return remedy_of_words(action.name)
    for argv in item.pipeline:
        if (found := _remedy_of_argv(argv)) is not Remedy.NONE:
            return found
    found = remedy_of_words(item.text)
    return (
        remedy_of_words(action.name) if found is Remedy.NONE and len(action.items) == 1 else found
    )


def fact_is_true(name: str, cause: str, recent_deploy: bool) -> bool | None:
    """What people who suspect ``cause`` answer to such a fact; None: its name says nothing."""
    words = name.lower().replace("-", "_").replace(".", "_")
    for pattern, answer in (
        (_FEATURE_FACT, cause == "bad-feature"),
        (_SUSPECT_FACT, cause == "bad-deploy"),
        (_DEPLOY_FACT, recent_deploy),
        (_CHANGE_FACT, recent_deploy or cause == "bad-config"),
        (_LOAD_FACT, cause == "saturation"),
        (_DEPENDENCY_FACT, cause == "dependency"),
    ):
        if pattern.search(words):
            return answer
    return None
