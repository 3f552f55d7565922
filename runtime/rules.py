"""The findings that files of the live side can bring (ARM61x, ARM62x: bindings), one row each."""

from __future__ import annotations

from ..dsl.codes import Rule
from ..dsl.diagnostics import Level

_TABLE: tuple[tuple[str, str, Level, str], ...] = (
    ("ARM610", "not-bindings", Level.ERROR, "the file holds no mapping of bindings"),
    ("ARM611", "unknown-binding-key", Level.ERROR, "bindings have a key that means nothing"),
    ("ARM612", "wrong-binding-value", Level.ERROR, "a binding's value is not what its key takes"),
    ("ARM613", "unknown-binding-name", Level.ERROR, "bindings name what the plan lacks"),
    ("ARM614", "unknown-adapter", Level.ERROR, "bindings name an adapter that is not installed"),
    ("ARM615", "unknown-operation", Level.ERROR, "an adapter has no operation of this name"),
    (
        "ARM616",
        "wrong-argument",
        Level.ERROR,
        "an operation or adapter cannot take what it is given",
    ),
    ("ARM617", "effect-too-strong", Level.ERROR, "an operation does more than the action declares"),
    ("ARM618", "fact-not-read", Level.ERROR, "a fact is read by what changes something"),
    ("ARM619", "secret-in-clear", Level.ERROR, "a secret stands in the file itself"),
    ("ARM620", "rehearsal-only", Level.ERROR, "durations are changed and it is no rehearsal"),
    ("ARM621", "lengthened-duration", Level.ERROR, "a binding makes a duration longer"),
    ("ARM622", "unused-channel", Level.WARNING, "nothing is ever told through a channel"),
    ("ARM623", "unsupplied-argument", Level.ERROR, "an argument reads a name nobody supplies"),
    ("ARM624", "argument-escape", Level.ERROR, "an argument's template reaches for too much"),
    ("ARM625", "not-bindable", Level.ERROR, "what people or Armada itself do is bound"),
    ("ARM626", "unclear-settings", Level.ERROR, "several agents' settings fit an operation"),
    ("ARM627", "carries-no-messages", Level.ERROR, "people are told through what carries nothing"),
    (
        "ARM628",
        "silences-a-check",
        Level.ERROR,
        "a silence may hide alerts that the plan checks by",
    ),
    ("ARM630", "not-people", Level.ERROR, "the file holds no mapping of people"),
    ("ARM631", "unknown-people-key", Level.ERROR, "a people file has a key that means nothing"),
    ("ARM632", "wrong-people-value", Level.ERROR, "a people file's value is not what it takes"),
    ("ARM633", "unknown-person", Level.ERROR, "a people file names a person or rota it lacks"),
    ("ARM634", "nobody-fills", Level.WARNING, "nobody fills a name of the plan"),
    ("ARM635", "unreachable-person", Level.WARNING, "a person has no role or no channel"),
    ("ARM636", "rota-gap", Level.WARNING, "a rota has hours that nobody covers"),
    ("ARM637", "overlapping-overrides", Level.WARNING, "two overrides of a rota overlap"),
    ("ARM638", "unread-calendar", Level.ERROR, "a rota's calendar cannot be read"),
    ("ARM640", "not-inbound", Level.ERROR, "the file holds no mapping of inbound rules"),
    ("ARM641", "unknown-inbound-key", Level.ERROR, "an inbound file has a key that means nothing"),
    ("ARM642", "wrong-inbound-value", Level.ERROR, "an inbound file's value is not what it takes"),
    ("ARM643", "bad-inbound-condition", Level.ERROR, "a rule's condition cannot be judged"),
    ("ARM644", "bad-inbound-title", Level.ERROR, "a rule's title cannot be filled in"),
    ("ARM645", "inbound-secret-in-clear", Level.ERROR, "a secret stands in the file itself"),
    (
        "ARM646",
        "no-slack-user",
        Level.ERROR,
        "a user of Slack is not named by an id",
    ),
    ("ARM647", "unsafe-slack-answers", Level.ERROR, "answers to Slack would go where they may not"),
)

RULES: dict[str, Rule] = {row[0]: Rule(*row) for row in _TABLE}
"""Every rule by its code, in the order of the codes."""
