"""What an adapter is: how it describes itself, what it is asked, and what it may answer.

Owns the types between the host and whoever does the work. An adapter does not retry, decide or
journal: the kernel decides, the host journals. It must keep two promises. An order that is given
twice under one ``key`` takes effect once, or the second answer is ``unknown``. An answer says what
is known: ``failed`` means that it did *not* happen, ``unknown`` that it may have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from ...compiler.plan import Effect, Value
from .permissions import Ask, Needs

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

    from .matchers import Matcher

ENTRY_POINTS = "armada.adapters"

Answer = Literal["ok", "false", "alert", "failed", "permanent", "unknown"]
"""``ok`` and ``false`` and ``alert`` are answers; ``failed`` (may pass when tried again) and
``permanent`` (will not) mean that it did not happen; ``unknown`` that nobody can tell."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing an adapter can do: ``name`` is used in bindings as ``adapter.name``.

    ``arguments`` is a pydantic model (extra keys forbidden) of what a binding gives it. ``needs``
    says what it has to be permitted (None: it does not say). ``reads_alerts`` are the alerts whose
    firing it answers by, and ``hides_alerts`` those that it keeps from people, so that no plan
    hides what it checks by; neither raises for arguments that fit; None: it does no such thing.
    """

    name: str
    summary: str
    effect: Effect
    arguments: type[BaseModel]
    needs: Callable[[Ask], Needs] | None = None
    reads_alerts: Callable[[Mapping[str, Any]], tuple[Matcher, ...]] | None = None
    hides_alerts: Callable[[Mapping[str, Any]], tuple[Matcher, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What an adapter is: its settings (a pydantic model), operations, and the kind of its words.

    ``runs_lines``: it carries out the runnable lines of a document as they are written, through
    its operation ``run``, whose argument ``pipeline`` takes them. ``messages``: it can carry
    messages (pages, notices, questions) to people; ``needs`` says what it has to be permitted for
    that, from its settings (None: it does not say).
    """

    name: str
    summary: str
    settings: type[BaseModel]
    operations: tuple[Operation, ...] = ()
    runs_lines: bool = False
    messages: bool = False
    needs: Callable[[BaseModel], Needs] | None = None

    def operation(self, name: str) -> Operation | None:
        """The operation of this name."""
        return next((each for each in self.operations if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do. ``key`` is the idempotency key, unique over all runs.

    ``arguments`` are validated and rendered; strings of the form ``env:NAME`` and ``file:PATH`` in
    them are still references. ``effect`` is the plan's word for what it does to the world. ``seen``
    is what the look before this one had the host remember, where the order is one of the many looks
    of a watch (empty at the first); None where it is no watch. ``document`` is the action's own
    template with all that is known filled in, and ``labels`` those that the document states.
    """

    run: str
    command_id: str
    key: str
    operation: str
    arguments: Mapping[str, Any]
    effect: Effect
    attempt: int = 1
    action: str = ""
    item: str = ""
    text: str = ""
    timeout_ms: int | None = None
    seen: Mapping[str, Any] | None = None
    document: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """What was done lasts ``lasts_ms``, unless it is renewed.

    The host renews it ``until`` the run is resolved, closed or ended, or the stage of its action is
    left, and then has it released. Where no host is there it ends by itself. The adapter is a
    ``Keeper``.
    """

    lasts_ms: int
    until: Literal["run", "stage"] = "run"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an order.

    ``text`` is what it said, for people and the journal; ``values`` are names for templates;
    ``facts`` names for conditions; ``detail`` plain JSON data for the journal (an exit code, a
    revision). The host redacts all of it before it is written. ``remember`` is what the next look
    of this watch is told as ``Order.seen``, across restarts of the host; None: nothing new.
    ``keep``: it is to be renewed.
    """

    answer: Answer
    text: str = ""
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    facts: Mapping[str, Value] = field(default_factory=dict[str, Value])
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])
    remember: Mapping[str, Any] | None = None
    keep: Keep | None = None


MessageKind = Literal["page", "notice", "question", "approval", "task", "document", "resolved"]


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell people. ``key`` is the same when the same message is sent again.

    ``incident`` holds the run's own names (``incident_id``, ``title``, ``severity``, ``status`` …),
    ``level`` the severity as a number; ``thread`` is the same for all messages of one incident and
    target, so that a pager joins or resolves them as one. ``press`` is what a button of it hands
    back, where its channel has buttons and the message can be answered by one; it is not secret.
    """

    kind: MessageKind
    key: str
    thread: str
    to: str
    subject: str
    body: str
    incident: Mapping[str, str]
    level: int = 1
    press: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing ``armada doctor`` found out. ``help`` says what to do where it is not ``ok``."""

    ok: bool
    what: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """What the bindings will ask of an adapter: ``where`` in words, which operation, with what.

    ``arguments`` as they are written: templates are not filled in.
    """

    where: str
    operation: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the host lends an adapter.

    ``folder`` is the adapter's own directory for what must outlive the process; ``secret`` turns
    ``env:NAME`` and ``file:PATH`` into their value (any other text into itself), has the redactor
    remember it, and raises ``LookupError`` with a sentence for a person; ``redact`` takes secrets
    out of a text.
    """

    folder: Path
    secret: Callable[[str], str]
    redact: Callable[[str], str]


@runtime_checkable
class Locking(Protocol):
    """What an adapter has beside the rest whose objects other runs may want to change as well."""

    async def locks(self, order: Order) -> tuple[str, ...]:
        """Names of what the order changes, the same however a binding spells them.

        While one run has such an order under way, no other run of the journal is given one with a
        name in common. Raises like ``Adapter.prepare``.
        """
        ...


@runtime_checkable
class Trying(Protocol):
    """What an adapter has beside the rest whose server can say beforehand what it would do."""

    async def try_out(self, order: Order) -> Result:
        """What the server says to the order; nothing is changed and nothing is remembered.

        ``ok`` where it would be done, with what would come of it; ``permanent`` where it would be
        refused, with the reason; ``failed`` where nobody could be asked.
        """
        ...


class Adapter(Protocol):
    """What carries out orders and messages. Made as ``cls(settings, surroundings)``.

    No method raises for anything the world does: trouble is an answer. Each returns within the
    order's timeout. ``cancel`` stops what it can and never fails.
    """

    @classmethod
    def describe(cls) -> Description:
        """What this adapter is; called without an instance, imports nothing heavy."""
        ...

    async def check(self) -> tuple[Check, ...]:
        """Credentials and reachability; changes nothing."""
        ...

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        """The arguments with every relative value made absolute; changes nothing.

        What comes back is canonical JSON data: it is shown to approvers, its digest is what they
        approve, and it is what ``dispatch`` is given afterwards. Raises ``ConnectionError`` with a
        sentence where it cannot be looked up now, ``ValueError`` where it never can.
        """
        ...

    async def dispatch(self, order: Order) -> Result:
        """Carry the order out, or join or repeat the answer of one under the same key."""
        ...

    async def observe(self, order: Order) -> bool | None:
        """Whether the order under this key has happened; None: cannot tell. Changes nothing."""
        ...

    async def cancel(self, key: str) -> None:
        """Nobody waits for this order any more: stop it where that is possible."""
        ...

    async def send(self, message: Message) -> Result:
        """Carry a message to people; ``permanent`` where this adapter carries none."""
        ...

    async def close(self) -> None:
        """Let go of connections and processes that nobody waits for."""
        ...


@runtime_checkable
class Foreseeing(Protocol):
    """An adapter that can also be asked beforehand; one that lacks it is only checked."""

    async def foresee(self, uses: tuple[Use, ...]) -> tuple[Check, ...]:
        """Whether these uses would be carried out: what they name is there, and is permitted.

        Asked by ``armada doctor`` after ``check`` found nothing wrong; changes nothing.
        """
        ...


class Keeper(Adapter, Protocol):
    """An adapter that does something which lasts only while it is renewed (``Result.keep``)."""

    async def renew(self, order: Order, lasts_ms: int) -> Result:
        """Make what this order has done last ``lasts_ms`` from now; ``order`` may lack arguments.

        ``permanent`` where somebody has ended it: it is not renewed any more.
        """
        ...

    async def release(self, order: Order) -> Result:
        """End what this order has done; ``ok`` also where it is over."""
        ...
