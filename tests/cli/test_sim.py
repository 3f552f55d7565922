"""``armada sim``: what a drill prints, what its end means, and that it reproduces."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]


def test_without_a_spec_the_first_line_says_that_it_is_the_bundled_example(call: Command) -> None:
    """Nobody takes the example's drill for their own."""
    status, out, _ = call("sim", "--scenario", "outage")
    assert status == 0
    assert "bundled example" in out.splitlines()[0].lower()


def test_a_configured_spec_is_drilled_instead(call: Command, seed: Path, tmp_path: Path) -> None:
    """And the first line speaks of no example."""
    (tmp_path / "armada.toml").write_text('spec = "mine.md"\n')
    text = seed.read_text(encoding="utf-8").replace("name: incident-response", "name: mine")
    (tmp_path / "mine.md").write_text(text, encoding="utf-8")
    status, out, _ = call("sim")
    assert status == 0
    assert out.splitlines()[0].startswith("Drill outage of mine")


def test_the_outage_tells_the_whole_story(call: Command) -> None:
    """From the declaration to the line that replays it, in this order."""
    _, out, _ = call("sim", "--scenario", "outage")
    at = 0
    for words in (
        "DECLARED",
        "stage Triage",
        "stage Diagnose",
        "∥ Diagnose",
        "mitigate.rollback",
        "stage Fix",
        "canary",
        "deploy.verify_resolution",
        "RESOLVED",
        "deploy.monitor_stability",
        "stage Postmortem",
        "Rung 1",
        "On-call engineer",
        "Rung 4",
        "Executive",
        "Expectations:",
        "Score:",
        "Replay: armada sim --scenario outage --seed",
        "journal digest",
    ):
        assert words in out[at:], words
        at = out.index(words, at)


def test_the_replay_line_reproduces_the_drill(call: Command, seed: Path) -> None:
    """Typed again, it prints the same bytes, journal digest and all."""
    first = call("sim", seed, "--scenario", "outage", "--seed", "11", "--severity", "SEV-1")
    line = next(line for line in first.out.splitlines() if line.startswith("Replay: "))
    words = shlex.split(line.removeprefix("Replay: "))
    assert words[0] == "armada"
    assert call(*words[1:]) == first


def test_another_seed_is_another_drill(call: Command) -> None:
    """The events stay, their times differ."""
    digests = {
        json.loads(call("sim", "--seed", number, "--format", "json").out)["journal_digest"]
        for number in ("1", "2", "3")
    }
    assert len(digests) == 3


@pytest.mark.parametrize("level", ["2", "SEV-2", "P2"])
def test_the_level_is_declared_in_any_spelling(level: str, call: Command) -> None:
    """At SEV-2 nobody mitigates or deploys, so the incident is never resolved by itself."""
    status, out, _ = call("sim", "--severity", level, "--format", "json")
    data = json.loads(out)
    assert status == 1
    assert data["outcome"] == "closed-unverified"
    assert data["stages"]["mitigate"]["status"] == "omitted"
    assert "k8s-deployer" in data["stages"]["deploy"]["reason"]


def test_a_level_the_plan_lacks_is_status_2(call: Command) -> None:
    """It names the levels there are."""
    status, _, err = call("sim", "--severity", "9")
    assert status == 2
    assert "1, 2, 3, 4" in err


def test_an_unknown_scenario_names_the_nearest(call: Command) -> None:
    """And is status 2."""
    status, _, err = call("sim", "--scenario", "outrage")
    assert status == 2
    assert "did you mean 'outage'" in err


def test_a_waiting_run_is_status_4(call: Command, tmp_path: Path, shipped: Path) -> None:
    """With the decision taken out of the scenario, the run names what it waits for."""
    text = (shipped / "failed-rollback.yaml").read_text(encoding="utf-8")
    undecided = text.replace("  blocked: [skip]\n", "")
    assert undecided != text
    (tmp_path / "undecided.yaml").write_text(undecided, encoding="utf-8")
    status, out, _ = call("sim", "--scenario", "undecided.yaml")
    assert status == 4
    assert "waits for mitigate" in out


@pytest.fixture
def shipped() -> Path:
    """The folder of the scenarios that ship."""
    return Path(__file__).resolve().parents[2] / "specs/scenarios"


@pytest.mark.parametrize("text", ["", "- a list\n", "name: x\nsurprise: 1\n", "name: [\n", "\0"])
def test_a_wrong_scenario_file_ends_with_findings(text: str, call: Command, tmp_path: Path) -> None:
    """With their places, and status 1."""
    (tmp_path / "wrong.yaml").write_text(text)
    status, out, err = call("sim", "--scenario", "wrong.yaml")
    assert (status, out) == (1, "")
    assert "wrong.yaml:" in err and "error[ARM" in err


def test_a_scenario_that_cannot_be_read_is_status_2(call: Command) -> None:
    """A path is told from a name by its ending."""
    status, _, err = call("sim", "--scenario", "nowhere.yaml")
    assert status == 2
    assert "cannot read nowhere.yaml" in err


def test_every_shipped_scenario_is_listed_and_drills_the_example(
    call: Command, shipped: Path
) -> None:
    """All of them as expected, with status 0."""
    listed = json.loads(call("sim", "--list", "--format", "json").out)
    assert sorted(listed) == sorted(path.stem for path in shipped.glob("*.yaml"))
    assert all(listed.values())
    assert list(listed) == [line.split()[0] for line in call("sim", "--list").out.splitlines()]
    for name in listed:
        status, out, _ = call("sim", "--scenario", name)
        assert status == 0, out


def test_the_journal_is_written_and_has_the_digest_that_is_shown(
    call: Command, tmp_path: Path
) -> None:
    """The digest is the hash of its last line."""
    data = json.loads(call("sim", "--journal", "j.jsonl", "--format", "json").out)
    last = (tmp_path / "j.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    assert hashlib.sha256(last.encode()).hexdigest() == data["journal_digest"]


def test_trace_prints_the_journal_instead_of_the_timeline(call: Command, tmp_path: Path) -> None:
    """One line an entry; as JSON, the entries are in the answer."""
    _, out, _ = call("sim", "--trace", "--journal", "j.jsonl")
    entries = (tmp_path / "j.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum(" ms  " in line for line in out.splitlines()) == len(entries)
    data = json.loads(call("sim", "--trace", "--format", "json").out)
    assert len(data["journal"]) == len(entries)


def test_speed_paces_the_output_and_changes_none_of_it(call: Command) -> None:
    """At a very high speed there is nothing to wait for."""
    assert call("sim", "--speed", "100000000") == call("sim")


def test_determinism_is_checked_in_fresh_processes(call: Command) -> None:
    """Two of them, with different hash seeds."""
    status, out, _ = call("sim", "--check-determinism")
    assert status == 0
    assert out.startswith("deterministic")


def test_fresh_processes_print_the_same_under_any_hash_seed(armada: Command) -> None:
    """Not only the journal: every byte."""
    first, second = (armada("sim", PYTHONHASHSEED=number) for number in ("1", "2"))
    assert first == second
    assert first.status == 0


def test_a_new_document_drills_to_its_resolution(call: Command) -> None:
    """What ``armada new`` writes is resolved in the outage, without a failed expectation."""
    call("new", "checkout-outage")
    status, out, _ = call("sim", "checkout-outage.md", "--scenario", "outage")
    assert status == 0, out
    assert "Outcome: resolved" in out


@pytest.mark.parametrize("place", ["30", "57:before", "120:after", "180:after"])
def test_a_new_process_goes_on_from_the_journal_of_one_that_died(
    armada: Command, place: str, tmp_path: Path
) -> None:
    """From its bytes alone: the same outcome as without a crash, and every effect once."""
    whole = json.loads(armada("sim", "--format", "json").out)
    died = armada("sim", "--crash-at", place, "--journal", "run.jsonl")
    assert died.status == 4
    assert "armada sim --resume run.jsonl" in died.out
    after = armada("sim", "--resume", "run.jsonl", "--format", "json")
    assert after.status == 0, after.out
    found = json.loads(after.out)
    assert found["outcome"] == whole["outcome"] == "resolved"
    assert found["stages"] == whole["stages"]
    assert set(found["effects"].values()) == {1}
    assert dispatched(found) == dispatched(whole)


def dispatched(drilled: dict[str, dict[str, int]]) -> set[str]:
    """The effects of actions; notices are named by their place in the journal."""
    return {key for key in drilled["effects"] if not key.startswith("notice:")}


def test_a_crash_without_a_journal_and_a_journal_that_is_none_are_usage(
    call: Command, tmp_path: Path
) -> None:
    """Status 2 and a sentence, whatever is wrong with them."""
    assert call("sim", "--crash-at", "3").status == 2
    assert call("sim", "--crash-at", "3:during", "--journal", "j").status == 2
    (tmp_path / "bad.jsonl").write_text("no journal\n")
    status, _, err = call("sim", "--resume", "bad.jsonl")
    assert status == 2
    assert "no journal to go on from" in err


STATED = "expectations:\n  - acknowledged within 15m\n  - resolved within 1s\n"


@pytest.mark.parametrize("form", ["md", "armada.yaml"])
def test_what_a_document_expects_of_its_drills_is_judged_beside_the_scenario(
    call: Command, form: str, tmp_path: Path
) -> None:
    """In each scenario; the plan and its digest are the same without it."""
    stages = "stages:\n  - id: look\n    agent: ada\n    actions: [{see: {checks: [It works]}}]\n"
    bare = f"name: own\ncoordinator: ada\nagents: [ada]\n{stages}"
    if form == "md":
        heading = (
            "### Stage 1: Look (ada)\n\n```yaml\nactions: [{see: {checks: [It works]}}]\n```\n"
        )
        bare = f"---\nname: own\ncoordinator: ada\nagents: [ada]\n---\n{heading}"
    path = tmp_path / f"own.{form}"
    path.write_text(bare, encoding="utf-8")
    digest = call("compile", "--digest", path.name)[1]
    path.write_text(bare.replace("name: own\n", f"name: own\n{STATED}"), encoding="utf-8")
    assert call("compile", "--digest", path.name)[1] == digest
    status, out, _ = call("sim", path.name, "--scenario", "planned-work", "--format", "json")
    judged = {each["expect"]: each["judgement"] for each in json.loads(out)["expectations"]}
    assert status == 1 and judged["resolved within 1s"] == "failed"
    assert "acknowledged within 15m" in judged and len(judged) > 2


def test_an_expectation_of_a_document_that_cannot_be_read_is_found(
    call: Command, seed: Path, tmp_path: Path
) -> None:
    """By lint and by sim, at its characters; a run does not depend on it."""
    text = seed.read_text(encoding="utf-8")
    stated = 'expectations: [soon over, rung "Nobody" never]\n'
    (tmp_path / "mine.md").write_text(text.replace("---\n", f"---\n{stated}", 1), encoding="utf-8")
    status, out, _ = call("lint", "mine.md", "--select", "ARM6")
    assert (status, out.count("error[")) == (1, 2)
    assert "mine.md:2:16: error[ARM605]" in out and "mine.md:2:27: error[ARM603]" in out
    status, _, err = call("sim", "mine.md")
    assert status == 1 and "mine.md cannot be drilled: 2 errors" in err
    assert call("compile", "mine.md")[0] == 0
