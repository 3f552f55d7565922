"""The shipped example does what it says: each of its operations is carried out for real."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from seed_plan import seed_plan

from armada.dsl.source import SourceFile
from armada.runtime.adapters.contract import Adapter, Order, Result, Surroundings
from armada.runtime.adapters.registry import known_adapters, make
from armada.runtime.binding import Bound, Carrier, bind
from armada.runtime.bindings_file import read_bindings
from armada.runtime.rendering import rendered

EXAMPLE = Path(__file__).resolve().parents[2] / "specs/bindings/example.yaml"


async def carried_out(adapter: Adapter, carrier: Carrier, key: str) -> Result:
    arguments = rendered(carrier.arguments, {"incident_id": "INC-1; rm -rf $(pwd)"})
    order = Order("run", key, key, carrier.operation, arguments, carrier.effect)
    return await adapter.dispatch(replace(order, arguments=await adapter.prepare(order)))


async def everything(bound: Bound, folder: Path) -> dict[str, Result]:
    name = "agent:k8s-deployer"
    given = bound.instances[name]
    lent = Surroundings(folder, lambda text: text, lambda text: text)
    adapter = make(given.adapter, given.settings, lent)
    work = {f"{action} {slot}": each for (action, slot), each in bound.carriers.items()}
    work |= {fact: each.carrier for fact, each in bound.facts.items()}
    found = {
        what: await carried_out(adapter, carrier, f"key-{at}")
        for at, (what, carrier) in enumerate(work.items())
        if carrier.instance == name
    }
    await adapter.close()
    return found


def test_every_operation_of_the_example_is_carried_out(tmp_path: Path) -> None:
    bindings = read_bindings(SourceFile("b", EXAMPLE.read_text("utf-8"))).bindings
    bound = bind(seed_plan(), bindings, known_adapters())
    results = asyncio.run(everything(bound, tmp_path))
    answers = {what: result.answer for what, result in results.items()}
    assert answers.pop("feature_specific_issue") == "false"
    assert len(answers) == 17 and set(answers.values()) == {"ok"}
    said = results["mitigate.immediate_relief 2"].text
    assert said.strip() == "restarted for INC-1; rm -rf $(pwd)"
