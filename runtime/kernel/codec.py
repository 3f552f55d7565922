"""States, events and commands as canonical JSON data, and back.

Sparse: a field at its default is left out, so that the state of a run that has touched ten stages
is small whatever the size of its plan. Reading what was written gives an equal value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from immutables import Map

from ...compiler.plan import canonical
from .commands import COMMANDS, Command
from .events import EVENTS, Event
from .state import (
    ActionControl,
    Control,
    ItemControl,
    Question,
    Registers,
    StageControl,
    State,
)
from .timers import Timer

_MESSAGES: dict[str, Any] = {kind.__name__: kind for kind in (*EVENTS, *COMMANDS)}


def encode(message: Event | Command) -> dict[str, Any]:
    """An event or command as data; ``kind`` is its name."""
    data = _sparse(message)
    data["kind"] = type(message).__name__
    return data


def decode(data: dict[str, Any]) -> Event | Command:
    """The event or command of such data; raises KeyError or TypeError where it is none."""
    fields = {name: _thaw(name, value) for name, value in data.items() if name != "kind"}
    return _MESSAGES[data["kind"]](**fields)


def _sparse(record: Any) -> dict[str, Any]:
    defaults = record._field_defaults
    fields = zip(record._fields, record, strict=True)
    return {n: _plain(v) for n, v in fields if n not in defaults or not _same(v, defaults[n])}


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and value == default


def _plain(value: Any) -> Any:
    if isinstance(value, (ActionControl, StageControl, ItemControl, Question)):
        return _sparse(value)
    if isinstance(value, Map):
        mapping = cast("Map[Any, Any]", value)
        return {_key(key): _plain(mapping[key]) for key in sorted(mapping)}
    if isinstance(value, tuple):
        return [_plain(each) for each in cast("tuple[Any, ...]", value)]
    return value


def _key(key: Any) -> str:
    return f"{key.kind}:{key.subject}" if isinstance(key, Timer) else key


def _thaw(name: str, value: Any) -> Any:
    if name == "timers":
        return tuple(Timer(*each) for each in value)
    if name == "timer":
        return Timer(*value)
    return _tuples(value)


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(each) for each in cast("list[Any]", value))
    return value


# --- states ---------------------------------------------------------------------------------------


def encode_state(state: State) -> dict[str, Any]:
    """A state as sparse data: ``control`` and ``registers``."""
    return {"control": _sparse(state.control), "registers": _sparse(state.registers)}


def decode_state(data: dict[str, Any]) -> State:
    """The state of such data."""
    return State(_control(data["control"]), _registers(data["registers"]))


def state_json(state: State) -> str:
    """The canonical JSON of a state."""
    return canonical(encode_state(state))


def _item(data: dict[str, Any]) -> ItemControl:
    return ItemControl(**data)


def _action(data: dict[str, Any]) -> ActionControl:
    items = tuple(_item(each) for each in data.get("items", ()))
    return ActionControl(data["status"], items, data.get("gate", ""), data.get("round", 0))


def _question(data: dict[str, Any]) -> Question:
    return Question(data["about"], data["subject"], tuple(data["to"]))


def _stage(data: dict[str, Any]) -> StageControl:
    return StageControl(**data)


_CONTROL_MAPS: dict[str, Callable[[Any], Any]] = {
    "stages": _stage,
    "actions": _action,
    "questions": _question,
    "facts": _tuples,
    "waiting": tuple,
}


def _control(data: dict[str, Any]) -> Control:
    fields: dict[str, Any] = {}
    for name, value in data.items():
        read = _CONTROL_MAPS.get(name)
        if read is None:
            fields[name] = _tuples(value)
        else:
            fields[name] = Map({key: read(each) for key, each in value.items()})
    return Control(**fields)


def _registers(data: dict[str, Any]) -> Registers:
    fields: dict[str, Any] = {}
    for name, value in data.items():
        if name == "timers":
            fields[name] = Map({Timer(*key.split(":", 1)): due for key, due in value.items()})
        elif isinstance(value, dict):
            mapping = cast("dict[str, Any]", value)
            fields[name] = Map({key: _tuples(each) for key, each in mapping.items()})
        else:
            fields[name] = _tuples(value)
    return Registers(**fields)
