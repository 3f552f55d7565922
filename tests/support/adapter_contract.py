"""The tests that every adapter passes, ours and others'.

Copy this file beside your tests, or put its folder on the path, and write:

    class TestMine(AdapterContract):
        @pytest.fixture
        def case(self, tmp_path): return Case(kind=Mine, settings={…}, folder=tmp_path, order=…, …)

``order(key)`` makes an order whose effect ``count()`` counts in the outside world. Adapters that
carry only messages leave ``order`` out. Nothing here looks inside an adapter.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armada.compiler.plan import Effect, canonical
from armada.runtime.adapters.contract import (
    Adapter,
    Answer,
    Check,
    Foreseeing,
    Message,
    Operation,
    Order,
    Result,
    Surroundings,
    Use,
)
from armada.runtime.adapters.permissions import Ask

ANSWERS = get_args(Answer)
SECRET = "s3cr3t-Va1ue-0f-the-c4se"
T = TypeVar("T")


@dataclass
class Case:
    """An adapter under test, and how the test sees what it does."""

    kind: type[Adapter]
    settings: Mapping[str, Any]
    folder: Path
    order: Callable[[str], Order] | None = None
    slow: Callable[[str], Order] | None = None
    count: Callable[[], int] = lambda: 0
    told: Callable[[], int] | None = None
    secrets: Mapping[str, str] = field(default_factory=lambda: {"env:SECRET": SECRET})

    def make(self) -> Any:
        """A new instance on the same folder, as after a restart."""
        stated = self.kind.describe().settings.model_validate(dict(self.settings))
        around = Surroundings(self.folder / "adapter", self._secret, self._redacted)
        return self.kind(stated, around)  # type: ignore[call-arg]

    def _secret(self, text: str) -> str:
        if text.startswith("env:") and text not in self.secrets:
            raise LookupError(f"The environment variable of the secret {text} is not set")
        return self.secrets.get(text, text)

    def _redacted(self, text: str) -> str:
        for value in self.secrets.values():
            text = text.replace(value, "[secret]")
        return text


def run(case: Case, work: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
    """Do something with a new instance of the adapter, and close it."""

    async def whole() -> T:
        adapter = case.make()
        try:
            return await work(adapter)
        finally:
            await adapter.close()

    return asyncio.run(whole())


def message(**changes: Any) -> Message:
    """A page, with text that has to be escaped somewhere."""
    page = Message(
        "page",
        "message-1",
        "INC-1/on-call",
        "on-call",
        "Agents <down> & out",
        'First line\n"second" <line> & more',
        {"incident_id": "INC-1", "title": "Agents down", "link": "https://example.com/INC-1"},
        press='["INC-1","on-call","","page",1]',
    )
    return replace(page, **changes)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """The block takes no longer than this."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def garbage(operation: Operation) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments that have the right names at best."""
    schema = operation.arguments.model_json_schema(by_alias=True)
    names = sorted(schema.get("properties", {}))
    return st.dictionaries(st.sampled_from(names) | st.text(), JSON, max_size=5)


def answers_garbage(case: Case, operation: Operation) -> None:
    """No method raises for these arguments."""

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(garbage(operation), st.text(max_size=20))
    def check(arguments: dict[str, Any], key: str) -> None:
        order = Order("r", "c", f"g{key}", operation.name, arguments, Effect.READ, timeout_ms=3_000)

        async def work(adapter: Any) -> None:
            await adapter.prepare(order)
            keeps_to_the_types(await adapter.dispatch(order))
            assert await adapter.observe(order) in (True, False, None)
            await adapter.cancel(order.key)

        run(case, work)

    check()


def keeps_to_the_types(result: Result) -> None:
    """A result is what the host can journal."""
    assert result.answer in ANSWERS
    assert isinstance(result.text, str)
    assert all(isinstance(value, str) for value in result.values.values())
    json.loads(canonical({"detail": dict(result.detail), "facts": dict(result.facts)}))


class AdapterContract:
    """What every adapter has to keep to; ``case`` is a fixture of the class that inherits."""

    def test_it_describes_itself(self, case: Case) -> None:
        """Its words are there, its names are usable in a binding, its models have a schema."""
        description = case.kind.describe()
        assert description.name.isidentifier() and description.summary.endswith(".")
        assert description.settings.model_config.get("extra") == "forbid"
        names = [operation.name for operation in description.operations]
        assert len(set(names)) == len(names)
        for operation in description.operations:
            assert operation.name.isidentifier() and operation.summary.endswith(".")
            assert operation.effect in Effect
            assert operation.arguments.model_config.get("extra") == "forbid"
            for each in operation.arguments.model_json_schema(by_alias=True)["properties"].values():
                assert each["description"]
        assert bool(names) or description.messages

    def test_describing_is_cheap(self, case: Case) -> None:
        """The host asks for it wherever a name is looked up."""
        with within(0.5):
            for _ in range(100):
                case.kind.describe()

    def test_an_operation_it_has_not_is_permanent(self, case: Case) -> None:
        """The answer names the operation."""
        order = Order("r", "c", "unknown-1", "fly", {}, Effect.UNSAFE, timeout_ms=5_000)
        result = run(case, lambda adapter: adapter.dispatch(order))
        assert result.answer == "permanent" and "fly" in result.text

    def test_garbage_is_answered(self, case: Case) -> None:
        """Whatever the arguments, no method raises, and nothing happens in the world."""
        before = case.count()
        for operation in case.kind.describe().operations:
            answers_garbage(case, operation)
        assert case.count() == before

    def test_preparing_twice_changes_nothing_more(self, case: Case) -> None:
        """What is prepared is absolute, and canonical JSON: its digest is what is approved."""
        if case.order is None:
            return
        order = case.order("prepare-1")
        first = run(case, lambda adapter: adapter.prepare(order))
        again = replace(order, arguments=first)
        assert canonical(dict(first)) == canonical(
            dict(run(case, lambda adapter: adapter.prepare(again)))
        )
        assert case.count() == 0

    def test_one_key_takes_effect_once(self, case: Case) -> None:
        """Given at the same time, again, and to the adapter of the next process."""
        if case.order is None:
            return
        order = case.order("once-1")

        async def twice(adapter: Any) -> list[Result]:
            both = await asyncio.gather(adapter.dispatch(order), adapter.dispatch(order))
            return [*both, await adapter.dispatch(order)]

        results = run(case, twice)
        results.append(run(case, lambda adapter: adapter.dispatch(order)))
        assert case.count() == 1
        assert {result.answer for result in results} <= {"ok", "unknown"}
        assert any(result.answer == "ok" for result in results)
        for result in results:
            keeps_to_the_types(result)

    def test_it_says_what_happened(self, case: Case) -> None:
        """Never given: False, or cannot tell. Done: True, or cannot tell, and not done again."""
        if case.order is None:
            return
        done, never = case.order("observe-done"), case.order("observe-never")
        assert run(case, lambda adapter: adapter.dispatch(done)).answer == "ok"
        assert run(case, lambda adapter: adapter.observe(done)) in (True, None)
        assert run(case, lambda adapter: adapter.observe(never)) in (False, None)
        assert case.count() == 1

    def test_it_answers_in_time(self, case: Case) -> None:
        """An order that takes too long is answered, and not with a success."""
        if case.slow is None:
            return
        order = replace(case.slow("slow-1"), timeout_ms=1_000)
        with within(4.0):
            result = run(case, lambda adapter: adapter.dispatch(order))
        assert result.answer in ("failed", "unknown") and result.text
        if order.effect is Effect.UNSAFE:
            assert result.answer == "unknown"
            assert run(case, lambda adapter: adapter.observe(order)) in (True, None)

    def test_cancelling_stops_it(self, case: Case) -> None:
        """And cancelling what is not there, or is over, is nothing."""
        if case.slow is None:
            return
        order = replace(case.slow("cancel-1"), timeout_ms=20_000)

        async def work(adapter: Any) -> Result:
            await adapter.cancel("never-heard-of")
            running = asyncio.ensure_future(adapter.dispatch(order))
            await asyncio.sleep(0.5)
            await adapter.cancel(order.key)
            result = await running
            await adapter.cancel(order.key)
            return result

        with within(6.0):
            result = run(case, work)
        assert result.answer in ("failed", "unknown")

    def test_secrets_stay_inside(self, case: Case) -> None:
        """Neither an answer nor a check nor a file of the adapter shows one."""

        async def work(adapter: Any) -> str:
            said: list[Any] = [await adapter.check()]
            if case.order is not None:
                said.append(await adapter.dispatch(case.order("secret-1")))
            said.append(await adapter.send(message()))
            return repr(said)

        assert SECRET not in run(case, work)
        for path in case.folder.rglob("*"):
            if path.is_file() and "adapter" in path.relative_to(case.folder).parts:
                assert SECRET.encode() not in path.read_bytes()

    def test_it_can_be_checked(self, case: Case) -> None:
        """What is found out is said in words, with what to do where it is not right."""
        checks = run(case, lambda adapter: adapter.check())
        assert checks and all(isinstance(check, Check) and check.what for check in checks)
        assert all(check.ok or check.help for check in checks)
        assert all(check.ok for check in checks)
        assert case.count() == 0

    def test_it_says_what_it_needs(self, case: Case) -> None:
        """Of an order, from its settings and arguments; nothing is asked for that."""
        if case.order is None:
            return
        order = case.order("needs-1")
        operation = case.kind.describe().operation(order.operation)
        assert operation is not None
        if operation.needs is None:
            return
        settings = case.kind.describe().settings.model_validate(dict(case.settings))
        given = operation.arguments.model_validate(dict(order.arguments))
        needs = operation.needs(Ask(settings, given))
        assert needs.access or needs.words or needs.unknown
        assert all(each and "\n" not in each for each in (*needs.words, *needs.unknown))
        assert SECRET not in repr(needs)

    def test_it_can_be_asked_beforehand(self, case: Case) -> None:
        """What will be asked of it is looked at, in words, and nothing happens; garbage is data."""
        uses = [Use("x", each.name, {"y": 1}) for each in case.kind.describe().operations]
        if case.order is not None:
            order = case.order("foresee-1")
            uses.insert(0, Use("mend.roll_back", order.operation, order.arguments))

        async def work(adapter: Any) -> list[Check]:
            if not isinstance(adapter, Foreseeing):
                return []
            each_alone = [await adapter.foresee((use,)) for use in uses]
            together = (await adapter.foresee(tuple(uses)), await adapter.foresee(()))
            return [check for checks in (*each_alone, *together) for check in checks]

        checks = run(case, work)
        assert all(isinstance(check, Check) and check.what for check in checks)
        assert all(check.ok or check.help for check in checks)
        assert SECRET not in repr(checks) and case.count() == 0

    def test_messages(self, case: Case) -> None:
        """It carries them, or says for good that it does not."""
        result = run(case, lambda adapter: adapter.send(message()))
        keeps_to_the_types(result)
        if case.told is None:
            assert result.answer == "permanent"
        else:
            assert result.answer == "ok" and case.told() == 1

    @pytest.mark.parametrize("kind", ["page", "notice", "question", "approval", "task", "resolved"])
    def test_any_text_can_be_sent(self, case: Case, kind: Any) -> None:
        """Long, empty, with control characters and half characters: told or refused, not raised."""
        if case.told is None:
            return
        for number, text in enumerate(
            ("", "x" * 20_000, "\x00\x1b[2J\u202e\ud800 é 🚒", "&<>" * 2_000)
        ):
            letter = message(kind=kind, key=f"any-{number}", subject=text, body=text, thread=text)
            keeps_to_the_types(run(case, lambda adapter, it=letter: adapter.send(it)))
