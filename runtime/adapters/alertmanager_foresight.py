"""What can be known of an Alertmanager beforehand, and the sentences for it.

It has no question about permissions: that silences may be read is seen, that they may be made is
known only when one is. Whether it takes the matchers, and what they select now, it tells.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from .alertmanager_arguments import DESCRIPTION, Alerts, Selected
from .alerts import Firing
from .arguments import validated
from .contract import Check, Use
from .matchers import Matcher
from .service import UNUSABLE

CORRECT = "correct `labels` and `matchers` in the bindings"
UNSEEN = "silences can be read; whether they may be made is seen only when one is"


class Asked(NamedTuple):
    """One selection that is asked about, and for what it is used."""

    operation: str
    selection: tuple[Matcher, ...]
    alive: tuple[Matcher, ...] = ()


async def foreseen(
    uses: Sequence[Use],
    firing: Callable[[Sequence[Matcher]], Awaitable[list[Firing]]],
    silences: Callable[[], Awaitable[object]],
    said: Callable[[Exception, str], str],
) -> tuple[Check, ...]:
    """What the server says of these uses; each selection is asked about once."""
    found: list[Check] = []
    asked: dict[Asked, str] = {}
    for use in uses:
        try:
            asked.setdefault(_asked(use), use.where)
        except ValueError as error:
            found.append(Check(False, str(error), CORRECT))
    for each, where in asked.items():
        try:
            found += await _seen(each, where, firing)
        except UNUSABLE as error:
            found.append(Check(False, said(error, where), CORRECT))
    if any(each.operation != "alerts" for each in asked):
        try:
            await silences()
            found.append(Check(True, UNSEEN))
        except UNUSABLE as error:
            help = "see what its proxy permits, and headers in the settings"
            found.append(Check(False, said(error, "the silences"), help))
    return tuple(found)


def _asked(use: Use) -> Asked:
    operation = DESCRIPTION.operation(use.operation)
    if operation is None:
        raise ValueError(f"{use.where}: alertmanager has no operation {use.operation!r}")
    given = validated(operation.arguments, use.arguments, use.where)
    assert isinstance(given, Selected)
    alive = given.alive.items() if isinstance(given, Alerts) else ()
    return Asked(use.operation, given.selection, tuple(Matcher(*each) for each in alive))


async def _seen(
    asked: Asked, where: str, firing: Callable[[Sequence[Matcher]], Awaitable[list[Firing]]]
) -> list[Check]:
    if any(each.open for each in (*asked.selection, *asked.alive)):
        return [Check(True, f"the labels of {where} are filled in when it runs")]
    number = len(await firing(asked.selection))
    now = f"{number or 'none'} firing now"
    found = [Check(True, f"the alerts of {where}: {now}")]
    if asked.alive and not await firing(asked.alive):
        names = ", ".join(each.text for each in asked.alive)
        what = f"{where}: the alert that always fires is not firing: {names}"
        found.append(Check(False, what, "see to its rule, or correct `alive` in the bindings"))
    return found
