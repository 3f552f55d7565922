"""Checking one binding: its adapter, operation, settings, arguments and templates.

Owns the comparison with what an adapter says of itself. A finding about an argument names it and
never repeats its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..compiler.commands import strongest
from ..compiler.plan import Action, Effect, Kind, Plan
from ..compiler.templates import RUN_NAMES, escapes, read_names
from ..dsl.clear_text import is_reference, looks_secret, marked_secret, named_secret
from ..dsl.diagnostics import Diagnostic
from ..dsl.source import Span
from ..dsl.syntax import YamlMapping, YamlScalar
from ..dsl.yaml_model import Path, key_place, nearest_or_all, place, words_of
from .binding import HUMAN, PROSE_KINDS, instance_of
from .bindings_file import FORM, text_nodes
from .kernel.items import effect_of
from .slots import actions_of, item_of

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .adapters.contract import Adapter, Operation
    from .bindings import Bindings, Connection, Operate, Reading

OWN_KEYS = ("do", "agent", "timeout", "valid", "value")


def known_adapter(adapters: Mapping[str, type[Adapter]], name: str) -> type[Adapter] | None:
    """The adapter of this name, None where there is none or it cannot be used."""
    try:
        return adapters[name]
    except KeyError:
        return None


class OperationCheck:
    """The bindings of one file, one at a time; findings go to ``found``."""

    def __init__(
        self,
        node: YamlMapping,
        bindings: Bindings,
        plan: Plan,
        adapters: Mapping[str, type[Adapter]],
        found: list[Diagnostic],
    ) -> None:
        self.node = node
        self.bindings = bindings
        self.adapters = adapters
        self.found = found
        self.names = {
            *RUN_NAMES,
            *(entry.name for entry in plan.inputs),
            *(name for action in actions_of(plan) for name in action.owes),
            *plan.unsupplied,
            *bindings.facts,
        }

    def add(
        self,
        code: str,
        span: Span,
        message: str,
        help: str = "",
        label: str = "",
        *,
        secret: bool = False,
    ) -> None:
        self.found.append(FORM.report(code, span, message, help, label, secret=secret))

    # --- operations ---

    def operation(self, given: Operate, path: Path, action: Action, slot: str) -> Operation | None:
        """An operation that carries out a slot of an action; None where there is none."""
        operation = self._resolved(given, path, action.agent)
        if operation is not None and not takes_effect_of_operation(action, slot):
            allowed = effect_of(action, slot)
            if strongest((allowed, operation.effect)) is not allowed:
                self._too_strong(given, path, operation, allowed)
        self._arguments(given, path, operation)
        return operation

    def fact(self, given: Reading, path: Path) -> None:
        """An operation that reads a fact."""
        operation = self._resolved(given, path, None)
        if operation is not None and operation.effect is not Effect.READ:
            message = f"{given.do} is {operation.effect}, and a fact is only read"
            span = place(self.node, (*path, "do")).span
            self.add("ARM618", span, message, self._weaker(given.adapter, Effect.READ))
        self._arguments(given, path, operation)

    def _resolved(self, given: Operate, path: Path, agent: str | None) -> Operation | None:
        do = place(self.node, (*path, "do"))
        cut = len(given.adapter)
        first = do.place(0, cut) if isinstance(do, YamlScalar) else do.span
        last = do.place(cut + 1, len(given.do)) if isinstance(do, YamlScalar) else do.span
        adapter = self._adapter(given.adapter, first)
        if adapter is None:
            return None
        known = adapter.describe().operations
        operation = adapter.describe().operation(given.operation)
        if operation is None:
            message = f"{given.adapter} has no operation {given.operation!r}"
            help_line = nearest_or_all(given.operation, [each.name for each in known])
            if not known:
                help_line = "bind something else: it only carries messages"
            self.add("ARM615", last, message, help_line)
        self._whose(given, path, agent, first)
        return operation

    def _adapter(self, name: str, span: Span) -> type[Adapter] | None:
        adapter = known_adapter(self.adapters, name)
        if adapter is None and name == HUMAN:
            message = "people are given no operations"
            self.add(
                "ARM625", span, message, "remove the binding: people do what nothing else does"
            )
        elif adapter is None:
            known = sorted({*self.adapters, HUMAN})
            self.add("ARM614", span, f"no adapter {name!r}", nearest_or_all(name, known))
        return adapter

    def _whose(self, given: Operate, path: Path, agent: str | None, span: Span) -> None:
        """Whose settings the operation uses must be clear, and there must be enough of them."""
        having = [n for n, each in self.bindings.agents.items() if each.adapter == given.adapter]
        instance = instance_of(given, agent, self.bindings)
        if given.agent is not None and given.agent not in having:
            message = f"the agent {given.agent!r} has no adapter {given.adapter!r}"
            help_line = nearest_or_all(given.agent, having) if having else "remove `agent:`"
            self.add("ARM613", place(self.node, (*path, "agent")).span, message, help_line)
        elif instance is None:
            message = f"{' and '.join(having)} have settings for {given.adapter!r}"
            self.add("ARM626", span, message, f"add `agent: {having[0]}` or another of them")
        elif not having:
            adapter = self.adapters[given.adapter]
            if _problems(adapter.describe().settings, {}):
                message = f"the adapter {given.adapter!r} needs settings"
                self.add("ARM616", span, message, "give it to an agent under agents:")

    def _too_strong(
        self, given: Operate, path: Path, operation: Operation, allowed: Effect
    ) -> None:
        span = place(self.node, (*path, "do")).span
        message = f"{given.do} is {operation.effect}, and the action only {_WORDS[allowed]}"
        self.add("ARM617", span, message, self._weaker(given.adapter, allowed))

    def _weaker(self, adapter: str, allowed: Effect) -> str:
        """Which operations of the adapter would do."""
        fit = [
            f"{adapter}.{each.name}"
            for each in self.adapters[adapter].describe().operations
            if strongest((allowed, each.effect)) is allowed
        ]
        return f"use {' or '.join(fit)}" if fit else f"bind an operation that is {allowed}"

    # --- settings and arguments ---

    def settings(self, given: Connection, path: Path) -> None:
        """An adapter with what it is given."""
        span = place(self.node, (*path, "adapter")).span
        schema: dict[str, Any] = {}
        if given.adapter == HUMAN:
            for name in given.settings:
                message = f"people take no setting {name!r}"
                self.add("ARM616", key_place(self.node, (*path, name)), message, "remove it")
        elif (adapter := self._adapter(given.adapter, span)) is not None:
            model = adapter.describe().settings
            schema = model.model_json_schema()
            self._fits(model, given.settings, path, span, given.adapter)
        self._secrets(path, ("adapter", "channel"), schema)

    def _arguments(self, given: Operate, path: Path, operation: Operation | None) -> None:
        schema: dict[str, Any] = {}
        if operation is not None:
            schema = operation.arguments.model_json_schema()
            span = place(self.node, (*path, "do")).span
            self._fits(operation.arguments, given.arguments, path, span, given.do)
        self._secrets(path, OWN_KEYS, schema)
        for node, where in self._texts(path, OWN_KEYS):
            self._template(node, ".".join(map(str, where)))

    def _fits(
        self, model: type[BaseModel], given: Mapping[str, Any], path: Path, span: Span, what: str
    ) -> None:
        known = [field.alias or name for name, field in model.model_fields.items()]
        for problem in _problems(model, given):
            where: Path = problem["loc"]
            name = ".".join(str(part) for part in where)
            if problem["type"] == "extra_forbidden" and len(where) == 1:
                help_line = nearest_or_all(name, known) if known else "remove it"
                message = f"{what} takes no {name!r}"
                self.add("ARM616", key_place(self.node, (*path, *where)), message, help_line)
            elif problem["type"] == "missing":
                below = place(self.node, (*path, *where[:-1])).span if where[1:] else span
                self.add("ARM616", below, f"{what} needs {name!r}", f"add `{name}:`")
            else:
                at = place(self.node, (*path, *where)).span if where else span
                message = f"{what}: {name + ': ' if name else ''}{_lower(words_of(problem))}"
                self.add("ARM616", at, message[:2000], _help_for(problem))

    def _texts(self, path: Path, without: tuple[str, ...]) -> list[tuple[YamlScalar, Path]]:
        node = place(self.node, path)
        if not isinstance(node, YamlMapping):
            return []
        return [(n, where) for n, where in text_nodes(node) if where and where[0] not in without]

    def _secrets(self, path: Path, without: tuple[str, ...], schema: Mapping[str, Any]) -> None:
        for node, where in self._texts(path, without):
            key = next((part for part in reversed(where) if isinstance(part, str)), "")
            like = looks_secret(node.raw)
            held = named_secret(key) or (len(where) == 1 and marked_secret(schema, key))
            if like or (held and node.raw and not is_reference(node.raw) and "{{" not in node.raw):
                message = f"{key!r} {f'looks like {like}' if like else 'is a secret'} in clear"
                help_line = f"keep it elsewhere: write env:{_variable(key)} or file:PATH"
                where_else = "in every copy of this file"
                self.add("ARM619", node.span, message, help_line, where_else, secret=True)

    def _template(self, node: YamlScalar, name: str) -> None:
        for escape in escapes(node.raw):
            span = node.place(escape.start, escape.end)
            help_line = "use the names of values and nothing inside them"
            self.add("ARM624", span, escape.message, help_line, "no template gets this")
        uses, error = read_names(node.raw)
        if error is not None:
            span = node.place(error.start, error.end)
            message = f"{name!r} cannot be filled in: {error.message}"
            self.add("ARM623", span, message, "mend the template's syntax")
        for use in uses:
            root = use.name.partition(".")[0]
            if use.name not in self.names and root not in self.names:
                help_line = nearest_or_all(use.name, sorted(self.names))
                if help_line.startswith("use one of"):
                    help_line = "name it in the document's `inputs:`"
                span = node.place(use.start, use.end)
                self.add("ARM623", span, f"nobody supplies {use.name!r}", help_line)


_WORDS = {Effect.READ: "reads", Effect.IDEMPOTENT: "does what may be done again"}


def takes_effect_of_operation(action: Action, slot: str) -> bool:
    """Whether a slot is prose, whose effect is that of what carries it out."""
    item = item_of(action, slot)
    if slot == "do":
        return action.kind in PROSE_KINDS
    if item is None or item.pipeline:
        return False
    return slot == "compensate" or action.kind in (Kind.CHOOSE, Kind.RUN)


def _problems(model: type[BaseModel], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    from pydantic import ValidationError

    try:
        model.model_validate(dict(given))
    except ValidationError as error:
        return [dict(each) for each in error.errors(include_url=False, include_input=False)]
    return []


def _help_for(problem: Mapping[str, Any]) -> str:
    return "put it in quotes" if problem["type"] == "string_type" else "see docs/bindings.md"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _variable(key: str) -> str:
    name = "".join(c if c.isalnum() and c.isascii() else "_" for c in key).upper()
    return name if name[:1].isalpha() else "SECRET"
