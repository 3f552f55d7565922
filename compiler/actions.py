"""From a stage's YAML to its actions.

Owns the kinds: which key makes an action what it is, what its items are, and every common key.
Approvers, proposals and the names that a document owes depend on other stages and are filled in by
``names`` and ``approvals`` once the order of the stages is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..dsl.syntax import Text, YamlMapping, YamlNode, YamlScalar, YamlSequence
from . import kinds
from .approvals import EXPIRES_MS, read_gate, read_quorum
from .commands import Command, read_command, strongest
from .conditions import guard_of
from .fields import Fields
from .kinds import BY_KIND, Form
from .plan import Action, Effect, Item, Kind, OnFailure, Retry, Rollout
from .sites import ActionSite, ApprovalSite, ItemSite, NameSite, StageSite, TemplateSite
from .templates import read_names

_ITEM_KEYS: dict[Kind, tuple[str, ...]] = {
    Kind.ASK: ("questions",),
    Kind.OBSERVE: ("queries", "commands", "command"),
    Kind.CHOOSE: ("options",),
    Kind.RUN: ("command", "commands"),
    Kind.TASK: ("constraints", "command", "commands"),
    Kind.VERIFY: ("checks",),
}
_RUNNABLE = frozenset({"command", "commands", "options"})
_ITEM_EFFECT: dict[Kind, Effect] = {
    Kind.ASK: Effect.READ,
    Kind.OBSERVE: Effect.READ,
    Kind.VERIFY: Effect.READ,
}
_EFFECTS = tuple(str(effect) for effect in Effect)
MAX_MISSPELT = 5
"""How many keys of an action are looked at for one that is misspelt."""
_KINDS = tuple(str(kind) for kind in Kind)


def read_actions(stage: StageSite, fields: Fields) -> list[ActionSite]:
    """The actions of a stage in the order of the text, its own document last."""
    if stage.block is None:
        return []
    reader = _Reader(stage, fields)
    found = [site for key, body in _entries(stage, fields) if (site := reader.read(key, body))]
    gate = stage.block.get("approval_required")
    if gate is not None and (site := reader.stage_gate(gate)):
        found.insert(0, site)
    if site := reader.stage_document():
        found.append(site)
    if found:
        outputs = fields.texts(stage.block.get("outputs"), "outputs")
        found[-1].outputs += tuple(text.value for text in outputs)
    return found


def _entries(stage: StageSite, fields: Fields) -> Iterator[tuple[YamlScalar, YamlNode]]:
    """Each action's name and body: a list of one-key maps, or one map."""
    assert stage.block is not None
    node = stage.block.get("actions")
    if node is None or (isinstance(node, YamlScalar) and node.value is None):
        return
    if isinstance(node, YamlMapping):
        yield from node
        return
    if isinstance(node, YamlScalar):
        fields.wrong(node, "actions", "a list of actions, each `name:` and its keys")
        return
    for item in node.items:
        if isinstance(item, YamlMapping) and len(item.entries) == 1:
            yield item.entries[0]
        elif isinstance(item, YamlMapping) and (named := _named(item)):
            yield named
        else:
            fields.wrong(item, "an action", "one name with its keys below it")


def _named(item: YamlMapping) -> tuple[YamlScalar, YamlNode] | None:
    """``- name: x`` beside the action's keys: the name and the other keys."""
    name = item.get("name") or item.get("id")
    if not isinstance(name, YamlScalar) or not name.raw.strip():
        return None
    rest = tuple((key, value) for key, value in item if key.raw not in ("name", "id"))
    return name, YamlMapping(rest, item.span)


@dataclass(slots=True)
class _Reader:
    """Reads the actions of one stage."""

    stage: StageSite
    fields: Fields
    _ids: set[str] | None = None

    def read(self, key: YamlScalar, body: YamlNode) -> ActionSite | None:
        """One action, or None where nothing says what it is."""
        if isinstance(body, (YamlScalar, YamlSequence)):
            body = self._shorthand(body)
        form = self._form(key, body)
        if form is None:
            return None
        for name, _ in body:
            if not kinds.takes(form, name.raw):
                known = form.keys
                self.fields.unknown_key(name, known, "ARM104", _of(form))
        return self._build(key, body, form)

    def _shorthand(self, body: YamlScalar | YamlSequence) -> YamlMapping:
        """An action that is only a text or a list has no key that says what it is."""
        return YamlMapping((), body.span)

    def _form(self, key: YamlScalar, body: YamlMapping) -> Form | None:
        stated = body.get("kind")
        if stated is not None:
            said = stated.raw.strip().lower() if isinstance(stated, YamlScalar) else ""
            if said in _KINDS:
                return BY_KIND[Kind(said)]
            self.fields.findings.add(
                "ARM113",
                f"'{said}' is not a kind of action",
                stated.span,
                help=self.fields.findings.suggest(said, _KINDS),
            )
            return None
        form = kinds.form_of(body)
        if form is None:
            self._no_form(key, body)
        return form

    def _no_form(self, key: YamlScalar, body: YamlMapping) -> None:
        leads = tuple(lead for known in kinds.FORMS for lead in known.lead)
        help = "give it the key that says what it does, or state its kind"
        for name, _ in body.entries[:MAX_MISSPELT]:
            lead = self.fields.findings.closest(name.raw, leads)
            if lead is not None:
                help = f"did you mean '{lead}' by '{name.raw}'?"
                break
        self.fields.findings.add(
            "ARM113",
            f"nothing says what the action '{key.raw}' does",
            key.span,
            notes=(f"one of these keys would: {', '.join(leads)}",),
            help=help,
        )

    def _id(self, name: str, tail: str | None = None) -> str:
        if self._ids is None:
            self._ids = set()
        base = f"{self.stage.id}.{tail or name.strip() or 'action'}"
        found, count = base, 1
        while found in self._ids:
            count += 1
            found = f"{base}-{count}"
        self._ids.add(found)
        return found

    def _build(self, key: YamlScalar, body: YamlMapping, form: Form) -> ActionSite:
        fields, name = self.fields, key.raw.strip()
        items = self._items(body, form.kind)
        kind = _settle(form.kind, body, items)
        form = BY_KIND[kind]
        guard = fields.guard(body.get("when") or body.get("condition"), "the condition")
        template = self._template(body.get("template") or body.get("output_template"))
        if template is None and kind is Kind.DOCUMENT:
            template = self._template(body.get("output"))
        site = ActionSite(
            action=Action("", name, kind, None, Effect.READ),
            key=key,
            span=key.span.cover(body.span),
            fields=body,
            items=tuple(_with_effect(item, kind) for item in items),
            guard=guard,
            template=template,
        )
        for lead in form.lead:
            site.lead = site.lead or body.get(lead)
        site.outputs = tuple(t.value for t in fields.texts(body.get("outputs"), "outputs"))
        if body.get("reviewers") is not None:
            site.reviewers = fields.texts(body.get("reviewers"), "reviewers")
        site.gate = read_gate(body, kind, fields)
        site.criteria = self._criteria(body) if kind is Kind.CLASSIFY else ()
        site.action = self._action(site, body, form)
        return site

    def _action(self, site: ActionSite, body: YamlMapping, form: Form) -> Action:
        fields, kind = self.fields, form.kind
        declared = fields.word(body.get("effect"), "effect", _EFFECTS)
        items = site.items
        if declared is not None:
            effect = Effect(declared)
            items = tuple(replace(one, effect=effect) if one.command else one for one in items)
            site.items = items
        else:
            effect = strongest([form.effect, *(item.effect for item in items)])
        on_failure, goto, site.goto = read_on_failure(
            body.get("on_failure"), form.on_failure, fields
        )
        timeout = fields.duration(body.get("timeout"), "timeout")
        agent = fields.text(body.get("agent"), "the agent")
        id = self._id(site.key.raw)
        return Action(
            id=id,
            name=site.key.raw.strip(),
            kind=kind,
            agent=agent.value if agent else _value(self.stage.agent),
            effect=effect,
            items=tuple(_item(at, one) for at, one in enumerate(items)),
            when=guard_of(site.guard.condition) if site.guard else None,
            retry=self._retry(body.get("retry"), effect),
            timeout_ms=form.timeout_ms if timeout is None else timeout,
            on_failure=on_failure,
            goto=goto,
            rollout=self._rollout(body) if kind is Kind.ROLLOUT else None,
            duration_ms=self._duration(body) if kind is Kind.MONITOR else 0,
            poll_ms=fields.duration(body.get("poll"), "poll") or kinds.POLL_MS,
            template=site.template.node.raw if site.template else None,
            criteria=tuple((level, text.raw.strip()) for level, _, text in site.criteria),
            labels=tuple(text.value for text in fields.texts(body.get("labels"), "labels")),
            compensate=self._compensate(body.get("compensate")),
        )

    # --- items ---

    def _items(self, body: YamlMapping, kind: Kind) -> tuple[ItemSite, ...]:
        shell = self.fields.truth(body.get("shell"), "shell") or False
        found: list[ItemSite] = []
        for name in _ITEM_KEYS.get(kind, ()):
            node = body.get(name)
            if node is None:
                continue
            for one, result in self._texts(node, name):
                command = None
                if name in _RUNNABLE:
                    command = read_command(one.raw.strip(), shell=shell)
                found.append(self._item_site(one, command, result))
        return tuple(found)

    def _texts(self, node: YamlNode, what: str) -> Iterator[tuple[YamlScalar, str | None]]:
        """The texts of a list; ``name: text`` names the result."""
        items = node.items if isinstance(node, YamlSequence) else (node,)
        for item in items:
            if isinstance(item, YamlMapping) and item.entries:
                for key, value in item:
                    yield from ((one, key.raw) for one in self.fields.scalars(value, what))
            else:
                yield from ((one, None) for one in self.fields.scalars(item, what))

    def _item_site(self, node: YamlScalar, command: Command | None, result: str | None) -> ItemSite:
        effect = command.effect if command else Effect.IDEMPOTENT
        reads = self._names(node) if "{{" in node.raw or "{%" in node.raw else ()
        return ItemSite(node.raw.strip(), node, effect, command, result, reads)

    def _names(self, node: YamlScalar) -> tuple[NameSite, ...]:
        uses, error = read_names(node.raw)
        if error is not None:
            self.fields.findings.add(
                "ARM402",
                f"the template cannot be rendered: {error.message}",
                node.place(error.start, error.end),
                help="mend the template's syntax",
            )
        return tuple(NameSite(use.name, node.place(use.start, use.end)) for use in uses)

    def _template(self, node: YamlNode | None) -> TemplateSite | None:
        if node is None:
            return None
        if not isinstance(node, YamlScalar):
            self.fields.wrong(node, "a template", "a text")
            return None
        return TemplateSite(node, self._names(node))

    def _compensate(self, node: YamlNode | None) -> Item | None:
        text = self.fields.text(node, "compensate")
        if text is None:
            return None
        command = read_command(text.value)
        return Item(
            "compensate",
            text.value,
            command.pipeline if command else (),
            command.effect if command else Effect.IDEMPOTENT,
        )

    # --- the common keys ---

    def _retry(self, node: YamlNode | None, effect: Effect) -> Retry:
        attempts = 1 if effect is Effect.UNSAFE else 3
        fields = self.fields
        if isinstance(node, YamlScalar) and isinstance(node.value, int):
            return Retry(fields.count(node, "retry", 1) or attempts)
        mapping = fields.mapping(node, "retry")
        if mapping is None:
            return Retry(attempts)
        known = ("attempts", "backoff", "jitter")
        fields.unknown_keys(mapping, known, "ARM104", "retry")
        backoff = fields.duration(mapping.get("backoff"), "backoff", least_ms=0)
        return Retry(
            fields.count(mapping.get("attempts"), "attempts", 1) or attempts,
            Retry().backoff_ms if backoff is None else backoff,
        )

    def _rollout(self, body: YamlMapping) -> Rollout:
        fields = self.fields
        strategy = fields.text(body.get("strategy"), "the strategy")
        percent_node = body.get("canary_percent")
        percent = fields.count(percent_node, "canary_percent") or 0
        if percent > 100 and percent_node is not None:
            fields.wrong(percent_node, "canary_percent", "a number from 0 to 100")
        watch = fields.duration(body.get("monitor_duration"), "monitor_duration")
        return Rollout(_value(strategy) or "", min(percent, 100), watch or 0)

    def _duration(self, body: YamlMapping) -> int:
        alerts = body.get("alerts")
        if isinstance(alerts, YamlScalar) and str(alerts.value).lower() in ("false", "disabled"):
            self.fields.wrong(alerts, "alerts", "enabled: a monitor holds while no alert fires")
        return self.fields.duration(body.get("duration"), "the duration") or 0

    def _criteria(self, body: YamlMapping) -> tuple[tuple[int, YamlScalar, YamlScalar], ...]:
        found: list[tuple[int, YamlScalar, YamlScalar]] = []
        for key, value in body:
            level = kinds.level_key(key.raw)
            if level is not None:
                scalars = self.fields.scalars(value, f"the criteria of {key.raw}")
                found.extend((level, key, one) for one in scalars[:1])
        return tuple(found)

    def stage_gate(self, node: YamlNode) -> ActionSite | None:
        """The gate that ``approval_required`` puts before a stage's actions."""
        quorum = read_quorum(node, self.fields)
        if quorum is None:
            return None
        assert self.stage.block is not None
        key = next(key for key, _ in self.stage.block.fields if key.raw == "approval_required")
        site = self._bare("approval", Kind.APPROVE, key, node)
        site.gate = ApprovalSite(quorum, node.span, None, (), EXPIRES_MS)
        return site

    def stage_document(self) -> ActionSite | None:
        """The document that a stage's own ``output`` or ``output_template`` states."""
        assert self.stage.block is not None
        for key, node in self.stage.block.fields:
            if key.raw in ("output", "output_template"):
                site = self._bare("output", Kind.DOCUMENT, key, node)
                site.template = self._template(node)
                template = site.template.node.raw if site.template else None
                site.action = replace(site.action, template=template)
                return site
        return None

    def _bare(self, tail: str, kind: Kind, key: YamlScalar, node: YamlNode) -> ActionSite:
        form = BY_KIND[kind]
        action = Action(
            self._id("", tail),
            tail,
            kind,
            _value(self.stage.agent),
            form.effect,
            timeout_ms=form.timeout_ms,
            on_failure=form.on_failure,
        )
        return ActionSite(action, key, key.span.cover(node.span), None, node)


def _value(text: Text | None) -> str | None:
    return text.value if text is not None else None


def _of(form: Form) -> str:
    article = "an" if form.kind.value[0] in "aeiou" else "a"
    return f"{article} {form.kind} action"


def _settle(kind: Kind, body: YamlMapping, items: tuple[ItemSite, ...]) -> Kind:
    """``commands`` that only read or are all prose observe; prose under ``command`` is a task."""
    if kind is not Kind.RUN or body.get("kind") is not None or not items:
        return kind
    prose = all(item.command is None for item in items)
    if body.get("command") is not None:
        return Kind.TASK if prose else Kind.RUN
    reads = all(item.command is None or item.command.effect is Effect.READ for item in items)
    return Kind.OBSERVE if reads else Kind.RUN


def _with_effect(item: ItemSite, kind: Kind) -> ItemSite:
    if item.command is not None:
        return item
    return replace(item, effect=_ITEM_EFFECT.get(kind, Effect.IDEMPOTENT))


def _item(at: int, site: ItemSite) -> Item:
    pipeline = site.command.pipeline if site.command else ()
    return Item(str(at + 1), site.text, pipeline, site.effect)


def read_on_failure(
    node: YamlNode | None, default: OnFailure, fields: Fields
) -> tuple[OnFailure, str | None, YamlScalar | None]:
    """What failure means, the stage to go to as written, and its place."""
    target = node.get("goto") if isinstance(node, YamlMapping) else None
    if isinstance(target, YamlScalar):
        return OnFailure.GOTO, target.raw.strip(), target
    if isinstance(node, YamlScalar) and node.raw.strip().lower().startswith("goto"):
        return OnFailure.GOTO, node.raw.strip()[4:].lstrip(" :"), node
    known = tuple(str(one) for one in OnFailure if one is not OnFailure.GOTO)
    said = fields.word(node, "on_failure", (*known, "goto: STAGE"))
    return (OnFailure(said) if said in known else default), None, None
