"""Which adapters there are: the built-in ones, and plug-ins that joined by their entry point.

A module is imported when its adapter is asked for. A plug-in that cannot be imported, or that has
a built-in's name, is no adapter: it is reported in ``troubles``, and everything else works.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from .contract import ENTRY_POINTS, Adapter, Description

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from .contract import Surroundings

BUILT_IN: Mapping[str, tuple[str, str]] = {
    "alertmanager": (".alertmanager", "Alertmanager"),
    "console": (".console", "Console"),
    "github": (".github", "Github"),
    "helm": (".helm", "Helm"),
    "http": (".http", "Http"),
    "kubernetes": (".kubernetes", "Kubernetes"),
    "pagerduty": (".pagerduty", "PagerDuty"),
    "prometheus": (".prometheus", "Prometheus"),
    "shell": (".shell", "Shell"),
    "slack": (".slack", "Slack"),
    "webhook": (".webhook", "Webhook"),
}
"""Every adapter of our own by name: its module here, and the class."""

_METHODS = ("describe", "check", "prepare", "dispatch", "observe", "cancel", "send", "close")


class Known(Mapping[str, type[Adapter]]):
    """The adapters by name, built-in ones first. Looking one up imports it.

    ``troubles`` has a sentence for each plug-in that is no adapter.
    """

    def __init__(self, plugins: Mapping[str, EntryPoint], troubles: Mapping[str, str]) -> None:
        self._plugins = dict(plugins)
        self._troubles = dict(troubles)
        self._loaded: dict[str, type[Adapter]] = {}

    def __getitem__(self, name: str) -> type[Adapter]:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        yield from BUILT_IN
        yield from (name for name in sorted(self._plugins) if self._usable(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def troubles(self) -> Mapping[str, str]:
        """Why a plug-in is not to be had, by its name; imports every plug-in to find out."""
        for name in self._plugins:
            self._usable(name)
        return dict(self._troubles)

    def _usable(self, name: str) -> bool:
        try:
            self[name]
        except KeyError:
            return False
        return True

    def _load(self, name: str) -> type[Adapter]:
        if name in BUILT_IN:
            module, title = BUILT_IN[name]
            return cast("type[Adapter]", getattr(import_module(module, __package__), title))
        if name not in self._plugins or name in self._troubles:
            raise KeyError(name)
        try:
            found = _plugin(self._plugins[name])
        except Exception as error:  # a plug-in may do anything while it is imported
            self._troubles[name] = f"The adapter {name!r} cannot be used: {_said(error)}"
            raise KeyError(name) from None
        return found


def _plugin(entry: EntryPoint) -> type[Adapter]:
    found: Any = entry.load()
    missing = [each for each in _METHODS if not callable(getattr(found, each, None))]
    if not isinstance(found, type) or missing:
        raise TypeError(f"{entry.value} is no adapter class; it lacks {', '.join(missing) or '-'}")
    description: Any = cast("type[Adapter]", found).describe()
    if not isinstance(description, Description) or description.name != entry.name:
        raise TypeError(f"{entry.value} does not describe itself as {entry.name!r}")
    return cast("type[Adapter]", found)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


@cache
def known_adapters() -> Known:
    """All adapters of this installation; their modules are not imported yet."""
    from importlib.metadata import entry_points

    plugins: dict[str, EntryPoint] = {}
    troubles: dict[str, str] = {}
    for entry in entry_points(group=ENTRY_POINTS):
        if entry.name in BUILT_IN:
            module, title = BUILT_IN[entry.name]
            if entry.value != f"{__package__}{module}:{title}":
                troubles[entry.name] = (
                    f"{entry.value} wants to be the adapter {entry.name!r}, which is built in;"
                    " the built-in one is used"
                )
        elif entry.name in plugins and plugins[entry.name].value != entry.value:
            troubles[entry.name] = (
                f"Both {plugins[entry.name].value} and {entry.value} want to be the adapter"
                f" {entry.name!r}; neither is used"
            )
        else:
            plugins[entry.name] = entry
    return Known(plugins, troubles)


def make(name: str, settings: Mapping[str, Any], surroundings: Surroundings) -> Adapter:
    """The adapter of this name with these settings; raises ValueError with a sentence."""
    from .arguments import validated

    known = known_adapters()
    try:
        kind = known[name]
    except KeyError:
        told = known.troubles.get(name)
        raise ValueError(
            told or f"There is no adapter {name!r}; there are {', '.join(known)}"
        ) from None
    stated = validated(kind.describe().settings, settings, f"Settings of the adapter {name!r}")
    return cast("Any", kind)(stated, surroundings)
