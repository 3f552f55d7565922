"""Which adapters there are, and how secrets are found."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from armada.runtime.adapters.contract import ENTRY_POINTS, Surroundings
from armada.runtime.adapters.registry import BUILT_IN, known_adapters, make
from armada.runtime.adapters.secrets import Secrets

PLUGIN = """
from armada.runtime.adapters.console import Console
from armada.runtime.adapters.contract import Description
from armada.runtime.adapters.console import Settings

class Bell(Console):
    @classmethod
    def describe(cls):
        return Description("bell", "Rings.", Settings, messages=True)

class Liar(Console):
    pass
"""
ENTRIES = """[armada.adapters]
bell = bell_plugin:Bell
broken = no_such_module_anywhere:X
liar = bell_plugin:Liar
nothing = bell_plugin:Description
shell = bell_plugin:Bell
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A distribution with entry points, good and bad ones, on the path."""
    (tmp_path / "bell_plugin.py").write_text(PLUGIN)
    info = tmp_path / "bell-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bell\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(tmp_path)
    known_adapters.cache_clear()
    yield
    known_adapters.cache_clear()
    sys.modules.pop("bell_plugin", None)


def around(folder: Path) -> Surroundings:
    return Surroundings(folder, lambda text: text, lambda text: text)


def test_the_built_in_adapters_are_there_and_say_so() -> None:
    """Under the names by which they describe themselves, and as entry points."""
    import tomllib

    known = known_adapters()
    assert set(BUILT_IN) <= set(known)
    assert all(known[name].describe().name == name for name in BUILT_IN)
    root = Path(__file__).resolve().parents[3]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"][ENTRY_POINTS] == {
        name: f"armada.runtime.adapters{module}:{title}"
        for name, (module, title) in BUILT_IN.items()
    }


def test_plugins_join_and_bad_ones_are_told(plugins: None, tmp_path: Path) -> None:
    """What cannot be imported is named, what wants a built-in's name does not get it."""
    known = known_adapters()
    assert (
        list(known) == [*BUILT_IN, "bell"] and "bell" in known and len(known) == len(BUILT_IN) + 1
    )
    assert known["shell"].__module__ == "armada.runtime.adapters.shell"
    assert set(known.troubles) == {"broken", "liar", "nothing", "shell"}
    assert "no_such_module_anywhere" in known.troubles["broken"]
    assert "built in" in known.troubles["shell"]
    assert asyncio.run(make("bell", {}, around(tmp_path)).check())
    with pytest.raises(ValueError, match="'broken' cannot be used"):
        make("broken", {}, around(tmp_path))


def test_settings_are_checked(tmp_path: Path) -> None:
    """In a sentence that names the setting and does not repeat its value."""
    with pytest.raises(ValueError, match=r"no adapter 'fax'; there are alertmanager, console"):
        make("fax", {}, around(tmp_path))
    with pytest.raises(ValueError, match=r"'webhook'.*'url' is missing"):
        make("webhook", {}, around(tmp_path))
    with pytest.raises(ValueError, match=r"'shell'.*'max_output' is no size") as caught:
        make("shell", {"max_output": "hunter2"}, around(tmp_path))
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ValueError, match="exactly one of url and token"):
        make("slack", {}, around(tmp_path))


def test_listing_names_imports_no_adapter() -> None:
    """Only what is asked for is loaded, and httpx not before the first request."""
    program = (
        "import sys; from armada.runtime.adapters.registry import known_adapters as k;"
        "assert 'shell' in list(k());"
        "assert not any('adapters.shell' in m for m in sys.modules);"
        "k()['http']; assert 'httpx' not in sys.modules;"
        "assert 'armada.runtime.adapters.slack' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_httpx_it_is_said_what_to_install(tmp_path: Path) -> None:
    """As a check that fails, and as an answer."""
    program = """
import asyncio, sys, pathlib
sys.modules["httpx"] = None
from armada.runtime.adapters.contract import Order, Surroundings
from armada.runtime.adapters.registry import make
from armada.compiler.plan import Effect
http = make("http", {}, Surroundings(pathlib.Path(sys.argv[1]), lambda t: t, lambda t: t))
order = Order("r", "c", "k", "get", {"url": "http://127.0.0.1:1/"}, Effect.READ)
print(asyncio.run(http.check()), asyncio.run(http.dispatch(order)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("pip install 'armada[http]'") == 2
    assert "ok=False" in done.stdout and "answer='permanent'" in done.stdout


# --- secrets ---


def test_secrets_are_found_and_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The redactor has each before anyone else."""
    seen: list[str] = []
    secrets = Secrets(seen.append, tmp_path).resolve
    monkeypatch.setenv("MY_TOKEN", "v1")
    (tmp_path / "key").write_text("v2\n")
    assert secrets("env:MY_TOKEN") == "v1"
    assert secrets("file:key") == secrets(f"file:{tmp_path}/key") == "v2"
    assert secrets("plain text") == "plain text"
    assert seen == ["v1", "v2", "v2"]


def test_only_what_the_bindings_state_is_a_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A title that looks like one is a title."""
    monkeypatch.setenv("MY_TOKEN", "v1")
    secrets = Secrets(lambda value: None, tmp_path, {"env:MY_TOKEN"}).resolve
    assert secrets("env:MY_TOKEN") == "v1"
    assert secrets("env:HOME") == "env:HOME"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:NOT_SET_ANYWHERE", "is not set"),
        ("env:", "is not set"),
        ("env:EMPTY", "is empty"),
        ("env:A\0B", "is not set"),
        ("file:", "names no file"),
        ("file:none", "cannot be read"),
        ("file:folder", "cannot be read"),
        ("file:pipe", "cannot be read"),
        ("file:large", "is larger than"),
        ("file:binary", "is not UTF-8"),
        ("file:../outside", "leads out of"),
        ("file:link", "leads out of"),
        ("file:a\0b", "names no file"),
    ],
)
def test_a_secret_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, said: str
) -> None:
    """The sentence names the reference, never a value."""
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "large").write_text("hunter2" * 20_000)
    (root / "binary").write_bytes(b"hunter2\xff")
    (tmp_path / "outside").write_text("hunter2")
    (root / "link").symlink_to(tmp_path / "outside")
    os.mkfifo(root / "pipe")
    monkeypatch.setenv("EMPTY", "")
    with pytest.raises(LookupError, match=said) as caught:
        Secrets(lambda value: None, root).resolve(reference)
    assert "hunter2" not in str(caught.value)


def test_a_relative_file_needs_a_place(tmp_path: Path) -> None:
    """Where there is no bindings file, the whole path is asked for."""
    with pytest.raises(LookupError, match="write the whole path"):
        Secrets(lambda value: None, None).resolve("file:key")
