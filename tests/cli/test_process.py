"""How a process of ``armada`` behaves in a shell: streams, colour, pipes, interruption."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ESCAPE = "\x1b["


def test_help_lists_the_verbs_by_job(armada: Callable[..., tuple[int, str, str]]) -> None:
    """Who writes a runbook and who rehearses it look for different verbs."""
    status, out, _ = armada("--help")
    assert status == 0
    assert out.index("Author") < out.index("lint") < out.index("Drill") < out.index("sim")


@pytest.mark.parametrize(
    "arguments", [(), ("lint", "--nonsense"), ("lnt",), ("sim", "--seed", "x")]
)
def test_wrong_usage_ends_with_2_and_no_traceback(
    arguments: tuple[str, ...], armada: Callable[..., tuple[int, str, str]]
) -> None:
    """The message names what was wrong."""
    status, _, err = armada(*arguments)
    assert status == 2
    assert "Traceback" not in err


def test_an_unknown_verb_names_the_nearest(armada: Callable[..., tuple[int, str, str]]) -> None:
    """A slip of the finger costs one look."""
    assert "did you mean 'lint'" in armada("lnt").err


def test_output_is_plain_when_piped_and_coloured_on_demand(
    armada: Callable[..., tuple[int, str, str]], seed: Path
) -> None:
    """NO_COLOR wins over FORCE_COLOR."""
    assert ESCAPE not in armada("lint", seed).out
    assert ESCAPE in armada("lint", seed, FORCE_COLOR="1").out
    assert ESCAPE not in armada("lint", seed, FORCE_COLOR="1", NO_COLOR="1").out
    assert ESCAPE not in armada("lint", seed, FORCE_COLOR="0").out


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_a_terminal_is_coloured(environment: dict[str, str], coloured: bool, seed: Path) -> None:
    """A real pseudo-terminal, for lint and for the tables of show."""
    for verb in ("lint", "show", "graph"):
        text = on_terminal([verb, str(seed)], environment)
        assert (ESCAPE in text) is (coloured and verb != "graph")
        assert "Traceback" not in text


def on_terminal(arguments: list[str], environment: dict[str, str]) -> str:
    """All that a command writes to a terminal of its own."""
    reader, writer = pty.openpty()
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    process = subprocess.Popen(
        [sys.executable, "-m", "armada", *arguments],
        stdout=writer,
        stderr=writer,
        env={**kept, "TERM": "xterm", **environment},
    )
    os.close(writer)
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(reader, 65_536)
        except OSError:  # how Linux reports that the other end has closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(reader)
    process.wait()
    return b"".join(chunks).decode()


@pytest.mark.parametrize(
    "environment", [{"LC_ALL": "C"}, {"LANG": "C"}, {"PYTHONIOENCODING": "ascii"}]
)
def test_output_is_utf8_in_any_locale(
    environment: dict[str, str], armada: Callable[..., tuple[int, str, str]], seed: Path
) -> None:
    """Box drawings and names of people survive."""
    status, out, err = armada("graph", seed, **environment)
    assert (status, err) == (0, "")
    assert any(ord(character) > 127 for character in out)


def test_a_reader_that_goes_away_ends_it_quietly(seed: Path) -> None:
    """As with ``armada compile … | head -1``."""
    program = f"{sys.executable} -m armada compile {seed} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode in (0, 141)


def test_a_closed_pipe_is_status_141(seed: Path) -> None:
    """As a program that dies of SIGPIPE would end."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "armada", "compile", str(seed)],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_ctrl_c_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    """The signal comes while it reads: a named pipe opens once both ends are there."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [sys.executable, "-m", "armada", "lint", str(pipe)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with pipe.open("wb"):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
