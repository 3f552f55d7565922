"""Who supplies each name that a template or a condition reads.

One sweep over the stages in plan order. A name is known to an action where the run or an input
supplies it, where an ancestor stage owes it, or where an action before it in its stage does. What
a stage's own document reads and nobody supplies, the stage's agent owes. The set of known names of
a stage is one integer, a bit a name, so the sweep is linear in the edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..dsl.patterns import lazy
from ..dsl.source import Span
from .conditions import is_level_word, names_of
from .lexicon import words
from .plan import Kind
from .sites import ActionSite, GuardSite, NameSite, StageSite, Workflow
from .templates import RUN_NAMES

_ANSWERS = frozenset({Kind.ASK, Kind.OBSERVE, Kind.CLASSIFY})


@dataclass(slots=True)
class _Sweep:
    """The state of the sweep over one workflow."""

    supplied: frozenset[str]
    read: frozenset[str]
    bits: dict[str, int] = field(default_factory=dict[str, int])
    after: dict[str, int] = field(default_factory=dict[str, int])
    seen: set[str] = field(default_factory=set[str])
    templates: list[NameSite] = field(default_factory=list[NameSite])
    conditions: list[NameSite] = field(default_factory=list[NameSite])
    guards: list[tuple[StageSite, NameSite]] = field(
        default_factory=list[tuple[StageSite, NameSite]]
    )
    unsupplied: list[str] = field(default_factory=list[str])

    def mask(self, names: Sequence[str]) -> int:
        """The bits of some names."""
        found = 0
        for name in names:
            found |= 1 << self.bits.setdefault(name, len(self.bits))
        return found

    def knows(self, known: int, name: str) -> bool:
        """Whether a dotted name, or the thing it is a part of, is known."""
        root = name.split(".", 1)[0]
        if name in self.supplied or root in self.supplied:
            return True
        return any(
            (bit := self.bits.get(one)) is not None and known >> bit & 1 for one in (name, root)
        )

    def miss(self, site: NameSite, into: list[NameSite]) -> None:
        """Record a name nobody supplies, once."""
        if site.name not in self.seen:
            self.seen.add(site.name)
            self.unsupplied.append(site.name)
            into.append(site)


def resolve_names(workflow: Workflow) -> tuple[str, ...]:
    """Fill in what each action reads and owes; returns the names nobody supplies, by first use."""
    inputs = {site.input.name for site in workflow.front.inputs}
    read = {site.name for stage in workflow.stages for site in _all_reads(stage)}
    sweep = _Sweep(frozenset({*RUN_NAMES, *inputs}), frozenset(read))
    for stage in workflow.stages:
        _sweep_stage(sweep, stage)
    workflow.template_misses = tuple(sweep.templates)
    workflow.condition_misses = tuple(sweep.conditions)
    workflow.parallel_reads = tuple(_parallel_reads(workflow, sweep))
    return tuple(sweep.unsupplied)


def _all_reads(stage: StageSite) -> Iterator[NameSite]:
    for action in stage.actions:
        if action.template is not None:
            yield from action.template.reads
        for item in action.items:
            yield from item.reads
        if action.guard is not None:
            yield from facts_of(action.guard)
    if stage.guard is not None:
        yield from facts_of(stage.guard)


def facts_of(guard: GuardSite) -> Iterator[NameSite]:
    """The facts that a condition reads; ``severity`` and the names of levels are none."""
    for name in names_of(guard.condition):
        if name.name != "severity" and not is_level_word(name.name):
            yield NameSite(name.name, name.span)


def _sweep_stage(sweep: _Sweep, stage: StageSite) -> None:
    known = 0
    for need in stage.needs:
        known |= sweep.after[need]
    if stage.guard is not None:
        _read_guard(sweep, stage, stage.guard, known)
    for site in stage.actions:
        if site.guard is not None:
            _read_guard(sweep, stage, site.guard, known)
        known = _sweep_action(sweep, site, known)
    sweep.after[stage.id] = known


def _read_guard(sweep: _Sweep, stage: StageSite, guard: GuardSite, known: int) -> None:
    for fact in facts_of(guard):
        if not sweep.knows(known, fact.name):
            sweep.guards.append((stage, fact))
            sweep.miss(fact, sweep.conditions)


def _sweep_action(sweep: _Sweep, site: ActionSite, known: int) -> int:
    """Read an action's texts and add what it owes to what is known."""
    owes = dict.fromkeys(site.outputs)
    owes.update((item.result, None) for item in site.items if item.result is not None)
    if site.kind in _ANSWERS and site.action.name in sweep.read:
        owes[site.action.name] = None
    reads: dict[str, None] = {}
    texts = [read for item in site.items for read in item.reads]
    texts.extend(site.template.reads if site.template else ())
    for read in texts:
        if sweep.knows(known, read.name) or read.name in owes:
            reads.setdefault(read.name)
        elif site.kind is Kind.DOCUMENT:
            owes[read.name] = None
        else:
            reads.setdefault(read.name)
            sweep.miss(read, sweep.templates)
    owed = tuple(owes)
    if site.kind is Kind.DOCUMENT:
        reads = {name: None for name in reads if name not in owes}
    if owed or reads:
        site.action = replace(site.action, owes=owed, reads=tuple(reads))
    return known | sweep.mask(owed) if owed else known


# --- facts that a parallel stage finds ------------------------------------------------------------

_WORD = lazy(r"[^\W\d_]+")
_CAMEL = lazy(r"(?<=[a-z])(?=[A-Z])")
_COMMON = words(
    "a an and are as at be been by can do for from had has have in into is it level name no not"
    " root now number of on or our out recent report result see set specific state status summary"
    " that"
    " the this time to too type update value was we were what when where which who why with yes you"
    " current new old any all present active exists found needed confirmed known likely probable"
    " suspected possible detected data details info note notes service services incident"
)
_SUFFIXES = ("ization", "isation", "ations", "ation", "ments", "ment", "ings", "ing", "ions")
_MORE_SUFFIXES = ("ion", "ies", "ed", "es", "s", "y", "e")
_SAME: tuple[frozenset[str], ...] = (
    words("cause culprit origin reason hypothesis theory suspect"),
)


def stem(word: str) -> str:
    """A word without its ending, so that ``deployment`` and ``deploys`` are one."""
    word = word.lower()
    for suffix in (*_SUFFIXES, *_MORE_SUFFIXES):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


_SAME_STEMS = tuple(frozenset(stem(word) for word in words) for words in _SAME)


def subjects(text: str) -> frozenset[str]:
    """What a text is about: the stems of its words, the common ones left out.

    Words that responders use for one thing (cause, culprit, hypothesis …) count as one.
    """
    words = (word for part in _WORD.findall(text) for word in _CAMEL.split(part))
    stems = {stem(word) for word in words if word.lower() not in _COMMON and len(word) > 2}
    for number, same in enumerate(_SAME_STEMS):
        if not stems.isdisjoint(same):
            stems.add(f"={number}")
    return frozenset(stems)


def _products(stage: StageSite) -> Iterator[tuple[frozenset[str], frozenset[str], Span]]:
    """What a stage declares to find: names owed, what they are about, and where it says so."""
    for site in stage.actions:
        owed = frozenset(site.action.owes)
        if not owed:
            continue
        if site.template is None:
            yield owed, subjects(" ".join(sorted(owed))), site.key.span
            continue
        raw = site.template.node.raw
        at = 0
        for line in raw.splitlines(keepends=True):
            named = frozenset(name for name in owed if name in line and "{{" in line)
            if named:
                text = line.rstrip()
                start = at + len(text) - len(text.lstrip())
                span = site.template.node.place(start, at + len(text))
                yield named, subjects(text), span
            at += len(line)


def _parallel_reads(
    workflow: Workflow, sweep: _Sweep
) -> Iterator[tuple[NameSite, StageSite, Span]]:
    """Facts that a guard reads and a stage beside it finds. Only matching pairs are searched."""
    if not sweep.guards:
        return
    products = [(stage, *product) for stage in workflow.stages for product in _products(stage)]
    if not products:
        return
    index: dict[str, list[int]] = {}
    for at, (_, owed, about, _) in enumerate(products):
        for key in sorted({*(f"#{name}" for name in owed), *about}):
            index.setdefault(key, []).append(at)
    stages = {stage.id: stage for stage in workflow.stages}
    lineage: dict[str, frozenset[str]] = {}
    for reader, fact in sweep.guards:
        keys = sorted({f"#{fact.name}", *subjects(fact.name)})
        for at in sorted({at for key in keys for at in index.get(key, ())}):
            finder, _, _, span = products[at]
            if finder.id == reader.id:
                continue
            if reader.id not in lineage:
                lineage[reader.id] = _lineage(reader, stages)
            if finder.id not in lineage[reader.id]:
                yield fact, finder, span
                break


def _lineage(stage: StageSite, stages: dict[str, StageSite]) -> frozenset[str]:
    """The ids of a stage's ancestors and descendants."""
    found: set[str] = {stage.id}
    waiting = [stage.id]
    while waiting:
        for need in stages[waiting.pop()].needs:
            if need not in found:
                found.add(need)
                waiting.append(need)
    descendants = {stage.id}
    for other in stages.values():
        if not descendants.isdisjoint(other.needs):
            descendants.add(other.id)
    return frozenset(found | descendants)
