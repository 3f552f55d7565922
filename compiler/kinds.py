"""Which keys make an action what it is, which it may have besides, and what it does by default.

The table is in order of authority: an action is of the first kind whose distinguishing key it has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..dsl.patterns import lazy
from ..dsl.syntax import YamlMapping
from .plan import Effect, Kind, OnFailure

COMMON_KEYS: tuple[str, ...] = (
    "kind",
    "agent",
    "description",
    "timeout",
    "retry",
    "when",
    "condition",
    "on_failure",
    "compensate",
    "effect",
    "approval",
    "outputs",
)
_LEVEL_KEY = lazy(r"(?:sev(?:erity)?|p|s)[-_ ]?(\d{1,3})", re.IGNORECASE)
_SKIP_KEY = lazy(r"skip_if_(?:sev(?:erity)?|p|s)[-_ ]?(\d{1,3})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """One kind: its distinguishing keys, its other keys, its effect and what failure means."""

    kind: Kind
    lead: tuple[str, ...]
    others: tuple[str, ...]
    effect: Effect
    on_failure: OnFailure = OnFailure.BLOCK
    timeout_ms: int | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that an action of this kind may have, its own first."""
        return (*self.lead, *self.others, *COMMON_KEYS)


_READ, _IDEMPOTENT, _UNSAFE = Effect.READ, Effect.IDEMPOTENT, Effect.UNSAFE
_CONTINUE = OnFailure.CONTINUE
VERIFY_TIMEOUT_MS, RUN_TIMEOUT_MS, POLL_MS = 600_000, 300_000, 30_000

FORMS: tuple[Form, ...] = (
    Form(Kind.APPROVE, ("require_approval",), ("reviewers", "skip_if_sevN"), _IDEMPOTENT),
    Form(Kind.CLASSIFY, ("sevN",), (), _IDEMPOTENT),
    Form(Kind.ROLLOUT, ("strategy",), ("canary_percent", "monitor_duration"), _UNSAFE),
    Form(Kind.MONITOR, ("duration",), ("alerts",), _READ),
    Form(Kind.VERIFY, ("checks",), ("poll",), _READ, timeout_ms=VERIFY_TIMEOUT_MS),
    Form(Kind.CHANGE, ("labels",), ("reviewers", "template"), _IDEMPOTENT),
    Form(Kind.CHOOSE, ("options",), ("shell",), _IDEMPOTENT),
    Form(Kind.ASK, ("questions",), (), _READ),
    Form(Kind.OBSERVE, ("queries",), ("commands", "shell"), _READ),
    Form(Kind.RUN, ("command", "commands"), ("shell",), _READ, timeout_ms=RUN_TIMEOUT_MS),
    Form(Kind.TASK, ("constraints",), (), _IDEMPOTENT),
    Form(Kind.DOCUMENT, ("output_template", "output"), (), _IDEMPOTENT, _CONTINUE),
    Form(Kind.NOTIFY, ("template",), (), _IDEMPOTENT, _CONTINUE),
)
BY_KIND: dict[Kind, Form] = {form.kind: form for form in FORMS}
_STAND_INS: dict[Kind, tuple[str, ...]] = {
    Kind.TASK: ("command", "commands"),
    Kind.OBSERVE: ("command",),
    Kind.CHANGE: (),
}


def level_key(key: str) -> int | None:
    """The level of ``sev1``, ``SEV-2`` or ``p3``; None for any other key."""
    match = _LEVEL_KEY.fullmatch(key)
    return int(match.group(1)) if match else None


def skip_level(key: str) -> int | None:
    """The level of ``skip_if_sev1``; None for any other key."""
    match = _SKIP_KEY.fullmatch(key)
    return int(match.group(1)) if match else None


def form_of(fields: YamlMapping) -> Form | None:
    """The form whose distinguishing key the action has, or None."""
    keys = {key.raw for key, _ in fields}
    has_levels = any(level_key(key) is not None for key in keys)
    for form in FORMS:
        if (form.kind is Kind.CLASSIFY and has_levels) or not keys.isdisjoint(form.lead):
            return form
    return None


def takes(form: Form, key: str) -> bool:
    """True where an action of this form may have this key."""
    if key in form.keys or key in _STAND_INS.get(form.kind, ()):
        return True
    if form.kind is Kind.CLASSIFY:
        return level_key(key) is not None
    return form.kind is Kind.APPROVE and skip_level(key) is not None
