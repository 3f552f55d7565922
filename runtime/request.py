"""One thing that people are asked: its form, what an answer looks like, the line to type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Form = Literal[
    "text", "level", "choose", "task", "check", "fields", "alert", "choice", "value", "vote"
]
"""What kind of answer a request takes; ``ANSWERS`` says each in words."""

ANSWERS: Mapping[str, str] = {
    "text": "your finding, in words",
    "level": "the severity level, such as 1 or SEV-1",
    "choose": "the numbers of the options, or none",
    "task": "done, or failed: and why",
    "check": "yes, no or unknown",
    "fields": "name=value for each blank; unknown is an answer",
    "alert": "alert, when it goes wrong (nobody has to answer)",
    "choice": "one of the options",
    "value": "true, false, unknown, or the value",
    "vote": "approve or reject",
}


class Option(NamedTuple):
    """An answer that a request admits, and what it means."""

    id: str
    words: str


class Field(NamedTuple):
    """A blank of a form; ``known`` is the text that it has already."""

    name: str
    known: str = ""


class Request(NamedTuple):
    """One thing that people are asked.

    ``id`` is what a person types; ``to`` are the roles that are asked; ``detail`` lines say what it
    is about; ``until_ms`` when others hear of the silence, or the attempt runs out. ``waits``:
    the run does not go on without it. ``digest`` and ``run`` bind a vote to what was shown.
    """

    id: str
    form: Form
    question: str
    to: tuple[str, ...]
    subject: str
    since_ms: int
    command_id: str = ""
    options: tuple[Option, ...] = ()
    fields: tuple[Field, ...] = ()
    detail: tuple[str, ...] = ()
    until_ms: int | None = None
    digest: str = ""
    waits: bool = True
    run: str = ""

    @property
    def answer(self) -> str:
        """What an answer looks like."""
        if self.form == "choice":
            return ", ".join(option.id for option in self.options)
        return ANSWERS[self.form]

    @property
    def line(self) -> str:
        """The next line to type."""
        if self.form == "vote":
            return f"armada approve {self.subject} --run {self.run} --digest {self.digest[:12]}"
        if self.form == "fields":
            blanks_ = " ".join(f"{field.name}=…" for field in self.fields if not field.known)
            return f"armada answer {self.id} {blanks_}".rstrip()
        example = {
            "text": '"…"',
            "level": "1",
            "choose": "1",
            "task": "done",
            "check": "yes",
            "alert": "alert",
            "value": "true",
        }.get(self.form) or (self.options[0].id if self.options else "…")
        return f"armada answer {self.id} {example}"
