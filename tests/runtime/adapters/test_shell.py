"""What becomes of an order for processes: exit codes, pipelines, limits, surroundings."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shell_orders import order, python, shell

from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order, Result, Surroundings
from armada.runtime.adapters.shell import Shell
from armada.runtime.adapters.shell_folders import KEYS_KEPT_S, TEXTS_KEPT_S, Folders
from armada.runtime.adapters.shell_supervisor import RESULT, Kept, read_json

BOTH = pytest.mark.parametrize("effect", [Effect.READ, Effect.UNSAFE], ids=["here", "apart"])


def done(folder: Path, given: Order, **stated: Any) -> Result:
    """The answer of an adapter with these settings."""

    async def work() -> Result:
        adapter = shell(folder / "adapter", **stated)
        try:
            return await adapter.dispatch(given)
        finally:
            await adapter.close()

    return asyncio.run(work())


# --- arguments are arguments ---

ECHO = "import os, sys, json; print(json.dumps([os.fsencode(each).hex() for each in sys.argv[1:]]))"
HOSTILE = [
    "; rm -rf /",
    "$(touch /nowhere/x)",
    "`id`",
    "'\"",
    "a\nb\r\n",
    "--help",
    "-",
    "",
    "~/*?[a]{b,c}",
    "$HOME",
    "&& || | > <",
    "\\",
    "é 🚒 \u202e",
    "\udcff",
]


def received(folder: Path, arguments: Sequence[str], effect: Effect, key: str) -> list[bytes]:
    result = done(folder, order(key, effect=effect, argv=[*python(ECHO), *arguments]))
    assert result.answer == "ok", result
    return [bytes.fromhex(each) for each in json.loads(result.values["output"])]


@BOTH
def test_hostile_text_arrives_as_it_is(tmp_path: Path, effect: Effect) -> None:
    """Each value is one argument, byte for byte."""
    expected = [text.encode("utf-8", "surrogateescape") for text in HOSTILE]
    assert received(tmp_path, HOSTILE, effect, "k") == expected


ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.lists(ANY_TEXT | st.sampled_from(HOSTILE), max_size=6))
@example(["-c", "import os; os.abort()"])
def test_any_text_arrives_as_it_is(tmp_path: Path, arguments: list[str]) -> None:
    """There is no text that is seen as more than one argument, or as anything else."""
    expected = [text.encode("utf-8", "surrogateescape") for text in arguments]
    assert received(tmp_path, arguments, Effect.READ, "k") == expected


@BOTH
def test_hostile_text_in_variables_and_input_arrives(tmp_path: Path, effect: Effect) -> None:
    """So does what is not an argument."""
    program = "import os, sys; sys.stdout.write(os.environ['V'] + sys.stdin.read())"
    for number, text in enumerate(HOSTILE[:-1]):
        given_ = order(
            f"k{number}", effect=effect, argv=python(program), env={"V": text}, stdin=text
        )
        result = done(tmp_path, given_)
        assert result.values["output"].rstrip("\n").replace("\r\n", "\n") == (
            (text + text).rstrip("\n").replace("\r\n", "\n")
        )


@BOTH
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"argv": ["echo", "a\0b"]}, "NUL"),
        ({"argv": ["echo", "\ud800"]}, "half a character"),
        ({"argv": ["echo"], "env": {"A": "\0"}}, "NUL"),
        ({"argv": ["echo"], "stdin": "\ud800"}, "half a character"),
        ({"argv": ["no-such-program-here"]}, "'no-such-program-here' was not found"),
        ({"argv": ["/dev/null"]}, "may not be run"),
        ({"argv": ["echo"], "cwd": "/no/such/folder"}, "/no/such/folder is not there"),
        ({"argv": ["echo"], "cwd": "\0"}, ""),
        ({"pipeline": [["echo"], ["no-such-program-here"]]}, "was not found"),
        ({"argv": ["echo", "x" * 3_000_000]}, "could not be started"),
        ({"argv": []}, "argv"),
        ({"argv": [""]}, "no program"),
        ({}, "exactly one of argv and pipeline"),
        ({"argv": ["a"], "pipeline": [["a"]]}, "exactly one of argv and pipeline"),
        ({"argv": "echo hello"}, "argv"),
        ({"argv": ["echo"], "timeout": "soon"}, "no duration"),
        ({"argv": ["echo"], "env": {"A B": ""}}, "env"),
        ({"argv": ["echo"], "shell": True}, "'shell' is not known"),
        ({"argv": ["echo"], "env": {"A": "env:NOT_SET_ANYWHERE"}}, "env:NOT_SET_ANYWHERE"),
    ],
)
def test_what_cannot_be_started_says_why(
    tmp_path: Path, arguments: dict[str, Any], said: str, effect: Effect
) -> None:
    """Nothing has run, and it makes no sense to try again."""

    async def work() -> tuple[Result, bool | None]:
        kept = Surroundings(tmp_path, missing, lambda text: text)
        adapter = Shell(Shell.describe().settings(), kept)  # type: ignore[arg-type]
        result = await adapter.dispatch(order("k", effect=effect, **arguments))
        observed = await adapter.observe(order("k", effect=effect, **arguments))
        await adapter.close()
        return result, observed

    result, observed = asyncio.run(work())
    assert result.answer == "permanent" and said in result.text and observed is False


def missing(reference: str) -> str:
    raise LookupError(f"The environment variable of the secret {reference} is not set")


# --- how it ends ---


@pytest.mark.parametrize(
    ("effect", "operation", "code", "more", "answer"),
    [
        (Effect.READ, "run", 0, {}, "ok"),
        (Effect.READ, "run", 3, {}, "failed"),
        (Effect.IDEMPOTENT, "run", 3, {}, "failed"),
        (Effect.UNSAFE, "run", 3, {}, "permanent"),
        (Effect.UNSAFE, "apply", 3, {}, "failed"),
        (Effect.UNSAFE, "read", 3, {}, "failed"),
        (Effect.READ, "check", 0, {}, "ok"),
        (Effect.READ, "check", 1, {}, "false"),
        (Effect.READ, "check", 2, {}, "failed"),
        (Effect.READ, "run", 1, {"false_on": [1, 2]}, "false"),
        (Effect.READ, "run", 0, {"false_on": [0]}, "false"),
        (Effect.UNSAFE, "run", 4, {"expect": {"ok": [4], "false": [0]}}, "ok"),
        (Effect.UNSAFE, "run", 0, {"expect": {"ok": [4], "false": [0]}}, "false"),
    ],
)
def test_exit_codes(
    tmp_path: Path, effect: Effect, operation: str, code: int, more: dict[str, Any], answer: str
) -> None:
    """An exit code is an answer where it is expected; else it depends on what may be repeated."""
    program = python(f"import sys; print('said'); sys.exit({code})")
    result = done(tmp_path, order("k", operation, effect, argv=program, **more))
    assert result.answer == answer
    assert result.detail["exit"] == code
    if answer in ("ok", "false"):
        assert result.values == {"output": "said", "exit_code": str(code)}
    else:
        assert result.text == f"It ended with exit code {code}\nsaid"


@BOTH
def test_pipelines_fail_as_with_pipefail(tmp_path: Path, effect: Effect) -> None:
    """The last code that is not 0 counts; that nobody reads on is no failure."""
    yes = done(tmp_path, order("a", effect=effect, pipeline=[["yes"], ["head", "-n", "2"]]))
    assert (yes.answer, yes.values["output"]) == ("ok", "y\ny")
    broken = done(tmp_path, order("b", effect=effect, pipeline=[["false"], ["true"]]))
    assert broken.answer == {Effect.READ: "failed", Effect.UNSAFE: "permanent"}[effect]
    assert broken.detail["exits"] == [1, 0]
    three = [["printf", "b\\na\\nc\\n"], ["sort"], ["head", "-n", "1"]]
    assert done(tmp_path, order("c", effect=effect, pipeline=three)).values["output"] == "a"


@pytest.mark.parametrize("effect", [Effect.READ, Effect.UNSAFE])
def test_a_process_that_a_signal_ends(tmp_path: Path, effect: Effect) -> None:
    """It was stopped in the middle: an unsafe one may have done half of it."""
    program = python("import os; os.kill(os.getpid(), 9)")
    result = done(tmp_path, order("k", effect=effect, argv=program))
    assert result.answer == {Effect.READ: "failed", Effect.UNSAFE: "unknown"}[effect]
    assert "SIGKILL" in result.text


@BOTH
def test_a_timeout_ends_the_whole_group(tmp_path: Path, effect: Effect) -> None:
    """Also what the process has started itself, and what does not listen to SIGTERM."""
    program = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "child = subprocess.Popen(['sleep', '300']);"
        f"open({str(tmp_path / 'pids')!r}, 'w').write(str(child.pid)); time.sleep(300)"
    )
    began = time.monotonic()
    given_ = Order("r", "c", "k", "run", {"argv": python(program)}, effect, timeout_ms=2_500)
    result = done(tmp_path, given_)
    assert time.monotonic() - began < 4.0
    assert result.answer == {Effect.READ: "failed", Effect.UNSAFE: "unknown"}[effect]
    assert "longer than it may" in result.text
    child = int((tmp_path / "pids").read_text())
    time.sleep(0.1)
    assert not Path(f"/proc/{child}").exists() or b"Z" in Path(f"/proc/{child}/stat").read_bytes()


@BOTH
def test_something_left_in_the_background_does_not_hold_it_up(
    tmp_path: Path, effect: Effect
) -> None:
    """A pipe that a daemon keeps open is not waited for."""
    program = "import subprocess; subprocess.Popen(['sleep', '4']); print('started')"
    began = time.monotonic()
    result = done(tmp_path, order("k", effect=effect, argv=python(program)))
    assert (result.answer, result.values["output"]) == ("ok", "started")
    assert time.monotonic() - began < 3.0


# --- limits and surroundings ---


@BOTH
def test_long_output_keeps_its_head_and_tail(tmp_path: Path, effect: Effect) -> None:
    """It says how much it let go."""
    program = python("print('A' * 100 + 'B' * 3_000_000 + 'C' * 99)")
    result = done(tmp_path, order("k", effect=effect, argv=program), max_output="1KiB")
    output = result.values["output"]
    assert output.startswith("A" * 100) and output.endswith("C" * 99)
    assert result.detail["dropped"] == 3_000_200 - 1024
    assert f"… {3_000_200 - 1024} bytes left out …" in output


@given(st.binary(max_size=60), st.integers(1, 30), st.lists(st.integers(0, 60), max_size=4))
def test_what_is_kept_is_the_head_and_the_tail(data: bytes, limit: int, cuts: list[int]) -> None:
    """However it comes in pieces."""
    kept = Kept(limit)
    edges = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    for start, end in pairwise(edges):
        kept.add(data[start:end])
    assert kept.dropped == max(0, len(data) - limit)
    assert bytes(kept.head) == data[: limit - limit // 2]
    assert len(kept.head) + len(kept.tail) == min(limit, len(data))
    assert data.endswith(bytes(kept.tail))


@given(st.integers(0, 40), st.integers(4, 40))
def test_a_secret_that_the_gap_cuts_is_not_shown_in_part(place: int, limit: int) -> None:
    """Neither its beginning before the gap nor its end after it."""
    kept = Kept(limit)
    kept.add(b"." * place + b"SECRETSECRE7" + b"." * (50 - place))
    text = kept.text([b"SECRETSECRE7"])
    assert "S" not in text.replace("[secret]", "")
    assert not any(part in text for part in ("SECRE", "RE7", "E7"))


@BOTH
def test_only_listed_variables_are_passed_on(
    tmp_path: Path, effect: Effect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token in Armada's environment is not everybody's."""
    monkeypatch.setenv("AWS_TOKEN", "not for you")
    monkeypatch.setenv("REGION", "north")
    program = python("import os, json; print(json.dumps(dict(os.environ)))")
    given_ = order("k", effect=effect, argv=program, env={"MINE": "1"})
    seen = json.loads(done(tmp_path, given_, env=["REGION"]).values["output"])
    seen.pop("LC_CTYPE", None)  # Python's own, where no locale is set
    passed = {"PATH", "HOME", "LANG", "LC_ALL", "TZ"} & os.environ.keys()
    assert seen.keys() == passed | {"REGION", "MINE"}


@BOTH
def test_the_working_directory(tmp_path: Path, effect: Effect) -> None:
    """The setting's, and an order's own relative to it; ``prepare`` makes it whole."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    given_ = order("k", effect=effect, argv=["pwd"], cwd="b")
    result = done(tmp_path, given_, cwd=str(tmp_path / "a"))
    assert result.values["output"] == str(tmp_path / "a" / "b")
    prepared = asyncio.run(shell(tmp_path, cwd=str(tmp_path / "a")).prepare(given_))
    assert prepared == {"argv": ["pwd"], "cwd": str(tmp_path / "a" / "b")}


def test_neither_input_nor_variables_are_written_down(tmp_path: Path) -> None:
    """The folder holds the claim and the result, nothing of the job."""
    given_ = order(
        "k", effect=Effect.UNSAFE, argv=["true"], env={"A": "hidden-1"}, stdin="hidden-2"
    )
    assert done(tmp_path, given_).answer == "ok"
    files = [path for path in (tmp_path / "adapter").rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"asked", "claim", RESULT}
    assert not any(b"hidden" in path.read_bytes() for path in files)
    assert all(path.stat().st_mode & 0o077 == 0 for path in [*files, *(p.parent for p in files)])


def test_input_that_nobody_reads_is_no_trouble(tmp_path: Path) -> None:
    """Nor is much of it that is read."""
    much = "0123456789abcdef" * 100_000
    assert done(tmp_path, order("k", argv=["true"], stdin=much)).answer == "ok"
    counting = python("import sys; print(len(sys.stdin.read()))")
    result = done(tmp_path, order("l", effect=Effect.UNSAFE, argv=counting, stdin=much))
    assert result.values["output"] == str(len(much))


def test_old_results_are_let_go_and_keys_are_kept(tmp_path: Path) -> None:
    """A week later its output is gone; that it ran is not, so that it does not run again."""
    given_ = order("k", effect=Effect.UNSAFE, argv=["echo", "hello"])
    assert done(tmp_path, given_).text == "hello"
    (path,) = (tmp_path / "adapter").glob(f"*/{RESULT}")
    week_ago = time.time() - TEXTS_KEPT_S - 60
    os.utime(path, (week_ago, week_ago))
    Folders(tmp_path / "adapter").prune(time.time())
    again = done(tmp_path, given_)
    assert (again.answer, again.text, again.detail["exit"]) == ("ok", "", 0)
    assert "hello" not in json.dumps(read_json(str(path)))
    year_ago = time.time() - KEYS_KEPT_S - 60
    os.utime(path, (year_ago, year_ago))
    Folders(tmp_path / "adapter").prune(time.time())
    assert not path.parent.exists()


def test_a_message_that_was_not_taken_is_sent_again(tmp_path: Path) -> None:
    """One that was is not."""
    from adapter_contract import message

    program = (
        "import os, sys; p = sys.argv[1]; n = os.path.getsize(p) if os.path.exists(p) else 0;"
        "open(p, 'a').write('x'); sys.exit(n == 0)"
    )
    mark = tmp_path / "mark"

    async def work() -> list[str]:
        adapter = shell(tmp_path / "adapter", message=[*python(program), str(mark)])
        said = [(await adapter.send(message())).answer for _ in range(3)]
        await adapter.close()
        return said

    assert asyncio.run(work()) == ["failed", "ok", "ok"]
    assert mark.read_text() == "xx"
