"""Commands that cannot run unattended, and those that only look so."""

from __future__ import annotations

import pytest

from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile

DOCUMENT = """\
---
name: ovens
agents: [baker]
---
### Stage 1: Bake (baker)

```yaml
actions:
  - turn:
      command: '{}'
      approval: 1
```
"""


def found(command: str) -> dict[str, str]:
    """What is found of a command, by code: the words it points at."""
    text = DOCUMENT.format(command)
    diagnostics = compile_source(SourceFile("x.md", text)).diagnostics
    return {
        one.code: text[one.span.start : one.span.end]
        for one in diagnostics
        if one.code in ("ARM511", "ARM512")
    }


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("kubectl delete pod <pod>", "<pod>"),
        ("kubectl delete pod <your pod name> -n ovens", "<your pod name>"),
        ("helm rollback TODO 4", "TODO"),
        ("helm rollback oven 4 -n YOUR_NAMESPACE", "YOUR_NAMESPACE"),
        ("kubectl scale deploy/change-me --replicas=2", "change-me"),
    ],
)
def test_what_was_to_be_filled_in(command: str, place: str) -> None:
    assert found(command) == {"ARM511": place}


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("kubectl edit deploy/oven", "edit"),
        ("kubectl -n ovens edit deploy/oven", "edit"),
        ("kubectl exec -it oven-0 -- sh", "-it"),
        ("kubectl exec oven-0 --stdin --tty -- sh", "--tty"),
        ("docker exec -ti oven sh", "-ti"),
        ("sudo systemctl edit ovens.service", "edit"),
        ("kubectl logs deploy/oven | less", "less"),
        ("top", "top"),
        ("crontab -e", "-e"),
    ],
)
def test_what_wants_a_terminal(command: str, place: str) -> None:
    assert found(command) == {"ARM512": place}


@pytest.mark.parametrize(
    "command",
    [
        "kubectl rollout restart deploy/todo",
        "kubectl rollout restart deploy/TODO-list",
        "kubectl logs deploy/oven --since=5m | grep TODO",
        "kubectl get pods -l app={{ app }} -o jsonpath={.items[0].metadata.name}",
        "kubectl exec oven-0 -- tar -t -f /oven.tar",
        "kubectl exec -i oven-0 -- cat /etc/ovens.conf",
        "docker exec oven ls -t",
        "kubectl get deploy/edit-me",
        "top -b -n 1",
        "kubectl rollout status deploy/oven --timeout=60s",
        "Edit the recipe with vim <carefully>",
    ],
)
def test_near_misses_are_silent(command: str) -> None:
    assert found(command) == {}
