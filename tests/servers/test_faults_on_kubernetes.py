"""Whole runs against a real control plane that is away, and hosts that are killed at an effect."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kubernetes_hands import shop, spec
from live_seed import hosted, run_of
from proxy import Proxy
from seed_release import bad_release, helm
from servers import TOKEN, Cluster, or_left_out, until

from armada.runtime.journal import Journal
from armada.runtime.view import RunView

Args = tuple[str, ...]
pytestmark = [pytest.mark.servers, pytest.mark.slow]
WORKFLOW = """\
name: small
coordinator: commander
agents: [commander, worker]
severities:
  - {level: SEV-1, criteria: outage, respond_within: 30 min, agents: All}
escalation:
  - "0-30 min: on-call engineer"
stages:
  - id: mend
    agent: worker
    actions:
LOOK
      - relieve:
          command: "Make room"
  - id: check
    agent: worker
    needs: [mend]
    actions:
      - verify_all:
          checks: ["It is well"]
"""
HEALTHY = "{do: kubernetes.healthy, deployment: NAME, for: 2s, within: 60s}"
SCALE = '{do: kubernetes.scale, deployment: NAME, replicas: "+2"}'
ROLLBACK = "{do: helm.rollback, release: NAME, namespace: NS, wait: 30s}"
LOOK = """\
      - look:
          checks: ["It is well"]
"""
RESTART = "{do: kubernetes.restart, deployment: NAME}"


def written(folder: Path, namespace: str, name: str, relieve: str, look: bool = True) -> Args:
    """The workflow and its bindings; the arguments of ``armada run``."""
    looked = f'  mend.look: {{"It is well": {HEALTHY.replace("2s", "6s")}}}\n'
    text = (
        "agents:\n"
        "  worker: {adapter: kubernetes, namespace: NS, timeout: 10s}\n"
        "actions:\n"
        f"{looked if look else ''}"
        f"  mend.relieve: {relieve}\n"
        f'  check.verify_all: {{"It is well": {HEALTHY}}}\n'
    )
    (folder / "small.armada.yaml").write_text(WORKFLOW.replace("LOOK\n", LOOK if look else ""))
    (folder / "bound.yaml").write_text(text.replace("NAME", name).replace("NS", namespace))
    spec_path, bound = str(folder / "small.armada.yaml"), str(folder / "bound.yaml")
    return ("run", spec_path, "--severity", "1", "--auto", "--bindings", bound)


@pytest.fixture
def proxy(kube: Cluster) -> Iterator[Proxy]:
    with or_left_out():
        found = Proxy(kube.own_port())
    yield found
    found.close()


@pytest.fixture
def through(kube: Cluster, namespace: str, tmp_path: Path, proxy: Proxy) -> str:
    """A kubeconfig that reaches the cluster through the proxy."""
    return str(replace(kube, port=proxy.port).as_user(TOKEN, namespace, tmp_path / "through"))


def finished(folder: Path, run: str, host: Any) -> RunView:
    """The run once it is over, without anybody's help but an acknowledgement."""
    host.wait(90)
    journal = Journal.open(folder / "journal.db")
    try:
        assert not journal.verify()
        view = RunView.of(journal.entries(run))
    finally:
        journal.close()
    said = (folder / "host.log").read_text("utf-8")
    assert view.status == "resolved" and host.returncode == 0, said[-4_000:]
    assert journal_locks(folder) == 0
    return view


def journal_locks(folder: Path) -> int:
    journal = Journal.open(folder / "journal.db")
    try:
        return len(journal.locks.held())
    finally:
        journal.close()


def in_journal(folder: Path, run: str, true: Callable[[RunView], bool]) -> Callable[[], bool]:
    """Whether something is so in the journal as it is now."""

    def look() -> bool:
        journal = Journal.open(folder / "journal.db", read_only=True)
        try:
            return true(RunView.of(journal.entries(run)))
        finally:
            journal.close()

    return look


def flying(view: RunView, action: str) -> bool:
    return any(each.command.action == action for each in view.issued.values())


def acted(view: RunView, action: str) -> str:
    """What came of an action."""
    return "\n".join(said.text for of, said in view.outputs.items() if of.startswith(f"{action}:"))


def test_a_run_goes_on_when_its_api_server_is_back(
    kube: Cluster, namespace: str, tmp_path: Path
) -> None:
    """Killed in the middle of a look, and away for longer than a request may take."""
    shop(kube, namespace)
    before = spec(kube, namespace)["metadata"]["generation"]
    args = written(tmp_path, namespace, "shop", SCALE)
    with hosted(tmp_path, *args, KUBECONFIG=str(kube.kubeconfig)) as host:
        run = run_of(tmp_path / "journal.db")
        until(in_journal(tmp_path, run, lambda view: flying(view, "mend.look")), "the look")
        time.sleep(3)
        with or_left_out(), kube.without_api():
            time.sleep(12)
        view = finished(tmp_path, run, host)
    found = spec(kube, namespace)
    assert found["spec"]["replicas"] == 5
    assert found["metadata"]["generation"] == before + 1
    assert "out of sight" in acted(view, "mend.look")


def test_a_change_that_meets_no_api_server_is_made_once_when_it_is_back(
    kube: Cluster, namespace: str, tmp_path: Path, through: str, proxy: Proxy
) -> None:
    """The kernel tries again; nothing is done twice."""
    shop(kube, namespace)
    before = spec(kube, namespace)["metadata"]["generation"]
    args = written(tmp_path, namespace, "shop", SCALE, look=False)
    with hosted(tmp_path, *args, KUBECONFIG=through) as host, proxy.away():
        run = run_of(tmp_path / "journal.db")
        time.sleep(12)
        proxy.back()
        finished(tmp_path, run, host)
    found = spec(kube, namespace)
    assert found["spec"]["replicas"] == 5
    assert found["metadata"]["generation"] == before + 1


@pytest.mark.parametrize("relieve", [SCALE, RESTART], ids=["idempotent", "unsafe"])
def test_kill_9_right_after_a_change_and_before_its_record(
    kube: Cluster, namespace: str, tmp_path: Path, through: str, proxy: Proxy, relieve: str
) -> None:
    """Who resumes sees on the object that it was made, and does not make it again."""
    shop(kube, namespace)
    before = spec(kube, namespace)["metadata"]["generation"]
    args = written(tmp_path, namespace, "shop", relieve, look=False)
    with hosted(tmp_path, *args, KUBECONFIG=through) as host:
        run = run_of(tmp_path / "journal.db")
        until(in_journal(tmp_path, run, lambda view: flying(view, "mend.relieve")), "the order")
        proxy.late_s = 1.0
        until(lambda: spec(kube, namespace)["metadata"]["generation"] > before, "the change")
        host.send_signal(signal.SIGKILL)
        host.wait(10)
    assert in_journal(tmp_path, run, lambda view: flying(view, "mend.relieve"))()
    assert journal_locks(tmp_path) == 1
    proxy.late_s = 0.0
    with hosted(tmp_path, "resume", KUBECONFIG=through) as host:
        view = finished(tmp_path, run, host)
    found = spec(kube, namespace)
    assert found["metadata"]["generation"] == before + 1
    assert len(json.loads(found["metadata"]["annotations"]["armada.dev/done"])) == 1
    assert "done before" in acted(view, "mend.relieve")


@pytest.mark.parametrize("ended", [False, True], ids=["helm still runs", "helm has ended"])
def test_kill_9_after_a_rollback_and_before_its_record(
    kube: Cluster, namespace: str, tmp_path: Path, ended: bool
) -> None:
    """Helm goes on by itself; who resumes waits for it, and rolls nothing back a second time."""
    with or_left_out():
        bad_release(kube, namespace, tmp_path)
    args = written(tmp_path, namespace, "golden-armada", ROLLBACK, look=False)
    given = {"KUBECONFIG": str(kube.kubeconfig)}
    with hosted(tmp_path, *args, **given) as host:
        run = run_of(tmp_path / "journal.db")
        until(lambda: bool(helms(host.pid)), "helm")
        host.send_signal(signal.SIGSTOP)  # nothing can be written down from here on
        (child,) = helms(host.pid)
        if ended:
            until(lambda: state(child) == "Z", "the end of helm", 60)
        host.send_signal(signal.SIGKILL)
        host.wait(10)
    assert in_journal(tmp_path, run, lambda view: flying(view, "mend.relieve"))()
    with hosted(tmp_path, "resume", **given) as host:
        finished(tmp_path, run, host)
    history = json.loads(helm(kube, namespace, "history", "golden-armada", "--output", "json"))
    assert [each["revision"] for each in history] == [1, 2, 3]
    assert history[-1]["description"] == "Rollback to 1" and history[-1]["status"] == "deployed"


def helms(parent: int) -> list[int]:
    """The children of a process that are a ``helm rollback``."""
    found: list[int] = []
    for each in Path("/proc").iterdir():
        try:
            words = (each / "cmdline").read_bytes().split(b"\0")
            stat = (each / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if b"rollback" in words and int(stat[1]) == parent:
            found.append(int(each.name))
    return found


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
