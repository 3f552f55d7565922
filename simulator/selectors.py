"""Selectors: how a scenario speaks of the parts of a plan it has never seen.

``rung 1``, ``any rollback``, ``the verifying stage``, ``unsafe actions``, ``stages at the entry``,
``kind: task``, ``agent NAME``, a name, or a name with ``*``. A selector is a phrase of ``FORMS``,
else a name: of a stage, an action, an agent or a target of the ladder. What matches nothing is for
the caller to judge; a plain name that the plan lacks is ``UnknownName``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from ..compiler.plan import Action, Effect, Kind, Plan, Stage
from .meaning import Remedy, remedy_of


@dataclass(frozen=True, slots=True)
class Selection:
    """What a selector means in a plan, in plan order.

    ``items`` narrows an action to some of its items; an action missing there is meant whole.
    """

    stages: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    items: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rungs: tuple[int, ...] = ()
    people: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """True where nothing is meant."""
        return not (self.stages or self.actions or self.rungs or self.people)


class UnknownName(LookupError):
    """A plain name that the plan lacks; ``nearest`` is what may have been meant."""

    def __init__(self, name: str, nearest: str | None) -> None:
        super().__init__(f"the plan has no {name!r}")
        self.name = name
        self.nearest = nearest


def actions_of(plan: Plan) -> Iterable[Action]:
    """Every action in plan order."""
    return (action for stage in plan.stages for action in stage.actions)


def _of_stages(stages: Iterable[Stage]) -> Selection:
    found = tuple(stages)
    actions = tuple(action.id for stage in found for action in stage.actions)
    return Selection(stages=tuple(stage.id for stage in found), actions=actions)


def _of_actions(actions: Iterable[Action]) -> Selection:
    return Selection(actions=tuple(action.id for action in actions))


def _of_rungs(plan: Plan, rungs: Iterable[int]) -> Selection:
    ladder = plan.escalation.rungs
    found = tuple(rung for rung in rungs if 0 <= rung < len(ladder))
    people = dict.fromkeys(target for rung in found for target in ladder[rung].targets)
    return Selection(rungs=found, people=tuple(people))


# --- the forms ------------------------------------------------------------------------------------

_ING: dict[str, Kind] = {
    "asking": Kind.ASK,
    "classifying": Kind.CLASSIFY,
    "notifying": Kind.NOTIFY,
    "observing": Kind.OBSERVE,
    "diagnosing": Kind.OBSERVE,
    "choosing": Kind.CHOOSE,
    "running": Kind.RUN,
    "fixing": Kind.CHANGE,
    "changing": Kind.CHANGE,
    "approving": Kind.APPROVE,
    "deploying": Kind.ROLLOUT,
    "verifying": Kind.VERIFY,
    "monitoring": Kind.MONITOR,
    "documenting": Kind.DOCUMENT,
}


def _rung(plan: Plan, match: re.Match[str]) -> Selection:
    return _of_rungs(plan, (int(match[1]) - 1,))


def _last_rung(plan: Plan, _match: re.Match[str]) -> Selection:
    return _of_rungs(plan, (len(plan.escalation.rungs) - 1,))


def _every_rung(plan: Plan, _match: re.Match[str]) -> Selection:
    return _of_rungs(plan, range(len(plan.escalation.rungs)))


def _rung_named(plan: Plan, match: re.Match[str]) -> Selection:
    name = match[1].lower()
    ladder = enumerate(plan.escalation.rungs)
    found = [at for at, rung in ladder if any(name == target.lower() for target in rung.targets)]
    if not found:
        targets = [target for rung in plan.escalation.rungs for target in rung.targets]
        raise UnknownName(match[1], _nearest(match[1], targets))
    return _of_rungs(plan, found)


def _any_remedy(plan: Plan, match: re.Match[str]) -> Selection:
    wanted = Remedy(match[1])
    actions: list[str] = []
    items: list[tuple[str, tuple[str, ...]]] = []
    for action in actions_of(plan):
        found = tuple(item.id for item in action.items if remedy_of(action, item) is wanted)
        if found and len(found) < len(action.items):
            items.append((action.id, found))
        if found or (not action.items and remedy_of(action, None) is wanted):
            actions.append(action.id)
    return Selection(actions=tuple(actions), items=tuple(items))


def _kind(plan: Plan, match: re.Match[str]) -> Selection:
    return _of_actions(a for a in actions_of(plan) if a.kind == match[1])


def _effect(plan: Plan, match: re.Match[str]) -> Selection:
    wanted = Effect(match[1] or match[2])
    return _of_actions(a for a in actions_of(plan) if a.effect is wanted)


def _gates(plan: Plan, _match: re.Match[str]) -> Selection:
    return _of_actions(a for a in actions_of(plan) if a.approval is not None)


def _every_action(plan: Plan, _match: re.Match[str]) -> Selection:
    return _of_actions(actions_of(plan))


def _every_stage(plan: Plan, _match: re.Match[str]) -> Selection:
    return _of_stages(plan.stages)


def _stage_doing(plan: Plan, match: re.Match[str]) -> Selection:
    kind = _ING[match[1]]
    return _of_stages(s for s in plan.stages if any(a.kind is kind for a in s.actions))


def _entry(plan: Plan, _match: re.Match[str]) -> Selection:
    return _of_stages(stage for stage in plan.stages if not stage.needs)


def _closing(plan: Plan, _match: re.Match[str]) -> Selection:
    return _of_stages(stage for stage in plan.stages if stage.closing)


def _parallel(plan: Plan, _match: re.Match[str]) -> Selection:
    needs: dict[tuple[str, ...], int] = {}
    for stage in plan.stages:
        needs[stage.needs] = needs.get(stage.needs, 0) + 1
    return _of_stages(s for s in plan.stages if s.needs and needs[s.needs] > 1)


def _stage_of(plan: Plan, match: re.Match[str]) -> Selection:
    inner = frozenset(select(plan, match[1]).actions)
    return _of_stages(s for s in plan.stages if any(a.id in inner for a in s.actions))


def _actions_of(plan: Plan, match: re.Match[str]) -> Selection:
    return Selection(actions=select(plan, match[1]).actions)


def _agent(plan: Plan, match: re.Match[str]) -> Selection:
    people = _people(plan)
    if match[1] not in people:
        raise UnknownName(match[1], _nearest(match[1], people))
    return Selection(people=(match[1],))


def _coordinator(plan: Plan, _match: re.Match[str]) -> Selection:
    from ..runtime.kernel.index import index_of

    return Selection(people=(index_of(plan).coordinator,))


def _approvers(plan: Plan, _match: re.Match[str]) -> Selection:
    gates = (action.approval for action in actions_of(plan) if action.approval is not None)
    return Selection(people=tuple(dict.fromkeys(who for gate in gates for who in gate.approvers)))


def _everyone(plan: Plan, _match: re.Match[str]) -> Selection:
    return Selection(people=tuple(_people(plan)))


Form = Callable[[Plan, re.Match[str]], Selection]
_REMEDIES = "|".join(remedy.value for remedy in Remedy if remedy is not Remedy.NONE)
_EFFECTS = "|".join(effect.value for effect in Effect)
_KINDS = "|".join(kind.value for kind in Kind)
FORMS: tuple[tuple[str, Form], ...] = (
    (r"rung (\d{1,3})", _rung),
    (r"rung [\"'](.{1,200})[\"']", _rung_named),
    (r"(?:the )?last rung", _last_rung),
    (r"(?:every|any) rung|all rungs", _every_rung),
    (rf"any ({_REMEDIES})", _any_remedy),
    (rf"kind:? ({_KINDS})", _kind),
    (rf"(?:actions that are ({_EFFECTS})|(?:any |every )?({_EFFECTS}) actions?)", _effect),
    (r"(?:any|every|the) (?:gate|approval)s?", _gates),
    (r"(?:every|any) action|all actions", _every_action),
    (r"(?:every|any) stage|all stages", _every_stage),
    (rf"(?:the|any) ({'|'.join(_ING)}) stages?", _stage_doing),
    (r"(?:the )?stages? at the entry", _entry),
    (r"(?:the |any )?closing stages?", _closing),
    (r"(?:the )?parallel stages?", _parallel),
    (r"(?:the )?stages? of (.{1,200})", _stage_of),
    (r"actions of (.{1,200})", _actions_of),
    (r"agent (.{1,200})", _agent),
    (r"(?:the )?coordinator", _coordinator),
    (r"(?:the )?approvers?", _approvers),
    (r"everyone|everybody|anyone", _everyone),
)
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), form) for pattern, form in FORMS)


def select(plan: Plan, text: str) -> Selection:
    """What ``text`` means in this plan; raises ``UnknownName`` for a plain name that it lacks."""
    phrase = " ".join(text.split())[:300]
    for pattern, form in _COMPILED:
        if match := pattern.fullmatch(phrase):
            return form(plan, match)
    if "*" in phrase:
        return _by_pattern(plan, phrase)
    return _by_name(plan, re.sub(r"^(?:stage|action) ", "", phrase))


def _by_pattern(plan: Plan, pattern: str) -> Selection:
    stages = tuple(s.id for s in plan.stages if fnmatchcase(s.id, pattern))
    actions = tuple(a.id for a in actions_of(plan) if fnmatchcase(a.id, pattern))
    people = tuple(name for name in _people(plan) if fnmatchcase(name, pattern))
    return Selection(stages=stages, actions=actions, people=people)


def _by_name(plan: Plan, name: str) -> Selection:
    stages = [s for s in plan.stages if name in (s.id, s.title)]
    if stages:
        return _of_stages(stages)
    actions = [a for a in actions_of(plan) if name in (a.id, a.name)]
    if actions:
        return _of_actions(actions)
    people = _people(plan)
    if name in people:
        rungs = tuple(at for at, r in enumerate(plan.escalation.rungs) if name in r.targets)
        return Selection(people=(name,), rungs=rungs)
    known = [s.id for s in plan.stages] + [a.id for a in actions_of(plan)] + list(people)
    raise UnknownName(name, _nearest(name, known))


def _people(plan: Plan) -> dict[str, None]:
    """Agents, coordinator, ladder targets and approvers, each once."""
    found = dict.fromkeys(plan.agents)
    if plan.coordinator:
        found[plan.coordinator] = None
    for stage in plan.stages:
        if stage.agent:
            found[stage.agent] = None
        for action in stage.actions:
            found.update(dict.fromkeys(action.approval.approvers if action.approval else ()))
    for rung in plan.escalation.rungs:
        found.update(dict.fromkeys(rung.targets))
    return found


def _nearest(name: str, known: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name, list(known)[:2000], 1)), None)
