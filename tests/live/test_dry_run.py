"""A dry run asks the servers, and nothing else."""

from __future__ import annotations

import asyncio

import pytest
from probe import Probe, probed
from small_workflow import WORKFLOW

from armada.cli.exits import Exit
from armada.cli.views.dry_run import status, table
from armada.compiler.compile import compile_source
from armada.compiler.plan import Effect
from armada.dsl.source import SourceFile
from armada.runtime.adapters.contract import Answer, Order, Result
from armada.runtime.binding import Carrier
from armada.runtime.dry_run import RUN, Tried, try_out
from armada.runtime.host import Declaration, header_of
from armada.runtime.redaction import Redactor


class Server(Probe):
    """Says what it was told to say to a trial, and remembers which."""

    def __init__(self, answer: Answer = "ok", text: str = "fine") -> None:
        super().__init__()
        self.asked: list[Order] = []
        self.says = Result(answer, text)

    async def try_out(self, order: Order) -> Result:
        self.asked.append(order)
        return self.says


def tried(server: Probe, effect: Effect = Effect.UNSAFE, argument: str = "x") -> tuple[Tried, ...]:
    """A dry run of the small plan."""
    plan = compile_source(SourceFile("small.armada.yaml", WORKFLOW)).plan
    assert plan is not None
    bound = probed(plan, effect)
    for key, each in bound.carriers.items():
        if isinstance(each, Carrier) and each.instance == "probe":
            given = {"image": argument}
            bound.carriers[key] = Carrier("probe", "do", given, effect, None, "probe")  # type: ignore[index]
    header = header_of(bound, Declaration("ada", "small", 1), "small", 0)
    return asyncio.run(try_out(bound, header, Redactor(), server))


def test_every_change_is_tried_and_nothing_is_done() -> None:
    """In the order of the plan, under the name of a run that never is."""
    server = Server()
    found = tried(server, argument="shop:{{ incident_id }}")
    assert found[0].action == "mend.roll_back"
    assert {each.answer for each in found} == {"ok"}
    assert server.asked[0].arguments == {"image": f"shop:{RUN}"}
    assert server.orders.total() == 0 and not server.messages


def test_what_only_reads_is_not_tried() -> None:
    """It may be asked at any time."""
    server = Server()
    assert tried(server, Effect.READ) == () and not server.asked


def test_an_adapter_whose_server_cannot_be_asked_is_left_out() -> None:
    """A script has no trial run."""
    assert tried(Probe()) == ()


def test_a_name_that_nobody_has_said_yet_is_no_answer() -> None:
    """It is told which, and the server is not asked with a blank."""
    server = Server()
    found = tried(server, argument="shop:{{ chosen_version }}")
    assert {each.answer for each in found} == {"unknown"} and not server.asked
    assert "chosen_version" in found[0].text


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        (("ok", "ok"), Exit.DONE),
        ((), Exit.DONE),
        (("ok", "failed"), Exit.WAITING),
        (("unknown",), Exit.WAITING),
        (("failed", "permanent"), Exit.FINDINGS),
    ],
)
def test_the_exit_status_says_the_worst(answers: tuple[Answer, ...], wanted: Exit) -> None:
    """A refusal before a server that was not reached."""
    assert status([Tried("a", "do", "", each, "") for each in answers]) == wanted


def test_the_table_says_it_in_words() -> None:
    """On one line each, whatever the server wrote."""
    rows = table([Tried("a.b", "do", "", "permanent", "needs\npatch on deployments")]).rows
    assert rows == (("a.b", "do", "REFUSES", "needs patch on deployments"),)
