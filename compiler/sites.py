"""What was resolved, with the places it came from.

A *site* ties a part of the plan to the text that states it, so that a check can read the meaning
and point at the characters. Sites live only while a document is compiled; the plan holds none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..dsl.source import Span
from ..dsl.syntax import (
    Condition,
    FlowNode,
    Invocation,
    Ladder,
    RungEntry,
    SeverityRow,
    StageBlock,
    Text,
    YamlMapping,
    YamlNode,
    YamlScalar,
)
from .commands import Command
from .plan import Action, Effect, Input, Kind, OnFailure, SeverityPolicy


@dataclass(frozen=True, slots=True)
class NameSite:
    """A name that a text reads, and where."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class ItemSite:
    """A question, command, option, check or constraint; ``command`` None: prose by its kind."""

    text: str
    node: YamlScalar
    effect: Effect
    command: Command | None = None
    result: str | None = None
    reads: tuple[NameSite, ...] = ()


@dataclass(frozen=True, slots=True)
class GuardSite:
    """A condition as written."""

    condition: Condition
    node: YamlScalar


@dataclass(frozen=True, slots=True)
class TemplateSite:
    """A template as written, and the names it reads, each at every place."""

    node: YamlScalar
    reads: tuple[NameSite, ...]


@dataclass(frozen=True, slots=True)
class ApprovalSite:
    """What an approval states: ``reviewers`` None where it names nobody."""

    quorum: int
    quorum_span: Span
    reviewers: tuple[Text, ...] | None
    waived_at: tuple[int, ...]
    expires_ms: int


@dataclass(slots=True)
class ActionSite:
    """An action under construction: what the text states, before names and approvers are known."""

    action: Action
    key: YamlScalar
    span: Span
    fields: YamlMapping | None
    lead: YamlNode | None = None
    items: tuple[ItemSite, ...] = ()
    guard: GuardSite | None = None
    template: TemplateSite | None = None
    gate: ApprovalSite | None = None
    reviewers: tuple[Text, ...] | None = None
    criteria: tuple[tuple[int, YamlScalar, YamlScalar], ...] = ()
    goto: YamlScalar | None = None
    outputs: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """The kind of the action."""
        return self.action.kind


@dataclass(slots=True)
class StageSite:
    """A stage: its heading or drawn box, its needs by id and its actions."""

    id: str
    ordinal: Text | None
    title: Text
    agent: Text | None
    block: StageBlock | None
    node: FlowNode | None
    text_order: int
    needs: tuple[str, ...] = ()
    stated_needs: tuple[tuple[str, Span], ...] | None = None
    actions: list[ActionSite] = field(default_factory=list["ActionSite"])
    guard: GuardSite | None = None
    on_failure: OnFailure = OnFailure.BLOCK
    goto_id: str | None = None
    goto: YamlScalar | None = None
    timeout_ms: int | None = None
    closing: bool = False

    def has(self, *kinds: Kind) -> bool:
        """True where an action is of one of these kinds."""
        return any(site.action.kind in kinds for site in self.actions)

    @property
    def name(self) -> str:
        """The title as messages show it."""
        return self.title.value or self.id


@dataclass(frozen=True, slots=True)
class LevelSite:
    """A severity level and its row."""

    policy: SeverityPolicy
    row: SeverityRow


@dataclass(frozen=True, slots=True)
class EdgeSite:
    """An edge between stages, by id, and the place that states it."""

    source: str
    target: str
    span: Span


@dataclass(frozen=True, slots=True)
class EscalationOptions:
    """How the ladder runs, where front matter or the section says so."""

    clock: str | None = None
    repeat: int = 0
    repage_ms: int = 300_000
    ack_valid_ms: int | None = None


@dataclass(frozen=True, slots=True)
class InputSite:
    """An input, the place of its name, and its default as written."""

    input: Input
    name: Span
    default: YamlScalar | None = None


@dataclass(frozen=True, slots=True)
class Front:
    """The front matter, read; ``places`` are the spans of its values by their keys."""

    name: Text | None
    described: Text | None
    pattern: Text | None
    coordinator: Text | None
    agents: tuple[Text, ...]
    priority: str
    inputs: tuple[InputSite, ...]
    timezone: Text | None
    unstaffed: str
    immediate_ms: int
    patience_ms: int
    escalation: EscalationOptions
    span: Span
    places: Mapping[str, Span]


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A box drawing of the stages beside the Mermaid chart that counts: stages by id, edges."""

    stages: frozenset[str]
    edges: tuple[EdgeSite, ...]
    span: Span


@dataclass(slots=True)
class Outline:
    """The stages in plan order and how their order was established."""

    stages: list[StageSite]
    drawn: tuple[EdgeSite, ...] | None = None
    drawing_span: Span | None = None
    redrawn: Redrawn | None = None
    trigger_targets: frozenset[str] | None = None
    cycle: tuple[str, ...] = ()


@dataclass(slots=True)
class Workflow:
    """Everything resolved: what the checks read. ``file`` is the document's own."""

    front: Front
    outline: Outline
    agents: tuple[str, ...]
    levels: tuple[LevelSite, ...]
    rows: tuple[SeverityRow, ...]
    ladder: Ladder | None
    rungs: tuple[RungEntry, ...]
    clock: str | None
    invocations: tuple[Invocation, ...]
    file: str
    has_front: bool = True
    template_misses: tuple[NameSite, ...] = ()
    condition_misses: tuple[NameSite, ...] = ()
    parallel_reads: tuple[tuple[NameSite, StageSite, Span], ...] = ()

    @property
    def stages(self) -> list[StageSite]:
        """The stages in plan order."""
        return self.outline.stages
