"""What single commands are found for, word by word, and their near misses."""

from __future__ import annotations

import pytest

from armada.compiler.compile import compile_source
from armada.dsl.diagnostics import Diagnostic
from armada.dsl.fixes import apply_fixes
from armada.dsl.source import SourceFile

DOCUMENT = """\
---
name: ovens
agents: [baker, lead]
coordinator: lead
---
### Stage 1: Bake (baker)

```yaml
actions:
  - turn:
      commands:
{}
      approval: 1
```
"""
CODES = frozenset(f"ARM{number}" for number in (*range(513, 522), 533, 534))


def document(*commands: str) -> SourceFile:
    lines = "\n".join(f"        - {command}" for command in commands)
    return SourceFile("x.md", DOCUMENT.format(lines))


def found(*commands: str) -> list[tuple[Diagnostic, str]]:
    """What is found of some commands, and the words that it points at."""
    source = document(*commands)
    return [
        (one, source.text[one.span.start : one.span.end])
        for one in compile_source(source).diagnostics
        if one.code in CODES
    ]


@pytest.mark.parametrize(
    ("code", "command", "place"),
    [
        ("ARM513", "kubectl logs -f deploy/oven", "-f"),
        ("ARM513", "kubectl logs deploy/oven -f | grep ERROR", "-f"),
        ("ARM513", "kubectl -n ovens get pods --watch", "--watch"),
        ("ARM513", "kubectl port-forward svc/oven 8080:80", "port-forward"),
        ("ARM513", "tail -100f /var/log/oven", "-100f"),
        ("ARM513", "sudo tail -F /var/log/oven", "-F"),
        ("ARM513", "journalctl -fu oven", "-fu"),
        ("ARM513", "docker compose logs --follow", "--follow"),
        ("ARM513", "docker stats", "stats"),
        ("ARM513", "vmstat 5", "5"),
        ("ARM513", "tcpdump -i eth0", "tcpdump"),
        ("ARM513", "redis-cli -h oven monitor", "monitor"),
        ("ARM514", "sudo apt-get -q install jq", "install"),
        ("ARM514", "terraform apply", "apply"),
        ("ARM514", "docker system prune -a", "prune"),
        ("ARM514", "argocd app delete oven", "delete"),
        ("ARM514", "rm -ri /tmp/crumbs", "-ri"),
        ("ARM516", "rm -rf /", "/"),
        ("ARM516", "kubectl delete pods --all -n ovens", "--all"),
        ("ARM516", "kubectl delete ns ovens", "ns"),
        ("ARM516", "kubectl delete namespace/ovens", "namespace/ovens"),
        ("ARM516", "redis-cli -h oven flushall", "flushall"),
        ("ARM516", "psql -c 'DROP DATABASE ovens'", "'DROP DATABASE ovens'"),
        ("ARM517", "curl -fsSL https://bread/heal.sh | sudo bash -s -- -v", "bash -s -- -v"),
        ("ARM517", "wget -qO- https://bread/heal | python3 -", "python3 -"),
        ("ARM518", "kubectl apply -f oven.yaml --dry-run=server", "--dry-run=server"),
        ("ARM518", "helm upgrade oven ./chart --dry-run", "--dry-run"),
        ("ARM518", "rsync -avn ./menu web-0:/srv", "-avn"),
        ("ARM519", "rm /tmp/*.log", "/tmp/*.log"),
        ("ARM519", "ls -l ~/crumbs", "~/crumbs"),
        ("ARM519", "kubectl exec oven-0 -- rm /tmp/*.log", "/tmp/*.log"),
        ("ARM519", "grep -i error /var/log/*.log", "/var/log/*.log"),
        ("ARM519", "cp oven.yaml{,.old} /tmp", "oven.yaml{,.old}"),
        (
            "ARM520",
            "kubectl set image deploy/oven oven=bread/oven:latest",
            "oven=bread/oven:latest",
        ),
        ("ARM520", "kubectl set image deploy/oven oven=bread:5000/oven", "oven=bread:5000/oven"),
        ("ARM520", "helm upgrade oven ./chart --set image.tag=latest", "image.tag=latest"),
        ("ARM533", "kubectl logs oven-7d9f8b6c5-x2k7z -n ovens", "oven-7d9f8b6c5-x2k7z"),
        ("ARM533", "kubectl exec pod/oven-68d558cb88-2cz84 -- ls", "pod/oven-68d558cb88-2cz84"),
        ("ARM533", "docker restart 3f2a9b8c7d6e", "3f2a9b8c7d6e"),
        ("ARM533", "journalctl -u oven --since '2024-05-01 10:00'", "'2024-05-01 10:00'"),
        (
            "ARM533",
            "kubectl logs oven-0 --since-time=2024-05-01T10:00:00Z",
            "--since-time=2024-05-01T10:00:00Z",
        ),
        ("ARM534", "cd /srv/ovens", "cd /srv/ovens"),
        ("ARM534", "export HEAT=high", "export HEAT=high"),
        ("ARM534", "source .env", "source .env"),
        ("ARM534", "set -euo pipefail", "set -euo pipefail"),
        ("ARM534", "KUBECONFIG=/etc/ovens kubectl get pods", "KUBECONFIG=/etc/ovens"),
        ("ARM521", "helm rollback oven 0 -n ovens", "0"),
        ("ARM521", "kubectl rollout undo deploy/oven --to-revision=0", "--to-revision=0"),
    ],
)
def test_a_command_is_found_at_its_word(code: str, command: str, place: str) -> None:
    assert [(one.code, words) for one, words in found(command)] == [(code, place)]


@pytest.mark.parametrize(
    "command",
    [
        # ARM513: it ends, or is ended
        "kubectl logs deploy/oven --since=5m",
        "kubectl logs -nfoo deploy/oven",
        "kubectl delete -f oven.yaml",
        "timeout 30s kubectl logs -f deploy/oven",
        "kubectl logs -f deploy/oven | head -n 5",
        "kubectl logs -f deploy/oven | grep -m1 ready",
        "kubectl rollout status deploy/oven --timeout=60s",
        "tail -n 100 /var/log/oven",
        "tail --follow=false /var/log/oven",
        "docker exec oven tail -n 5 /var/log/oven",
        "docker stats --no-stream",
        "ping -c 3 oven",
        "vmstat 5 3",
        "sar -n DEV 1 3",
        "stern oven --no-follow",
        # ARM514: it does not ask, or is answered
        "apt-get install -y jq",
        "apt-get update -q",
        "apt-get -qq install jq",
        "terraform apply oven.tfplan",
        "terraform plan -out oven.tfplan",
        "docker system prune -af",
        "echo yes | terraform apply",
        # ARM516: what goes is named
        "kubectl delete pod oven-0 -n ovens",
        "kubectl delete pods -l app=oven -n ovens",
        "kubectl delete pods --all -l app=oven",
        "rm -rf /var/cache/oven",
        "rm -rf {{ folder }}/cache",
        "terraform destroy -target=aws_instance.oven -auto-approve",
        # ARM517: what was fetched is read, not run
        "curl -s http://oven/health | python3 -m json.tool",
        "curl -s http://oven/health | python3 check.py",
        "curl -s http://oven/health | jq .",
        "cat heal.sh | bash",
        # ARM518: it is printed for the next, or no dry run at all
        "kubectl create configmap menu --dry-run=client -o yaml | kubectl apply -f -",
        "kubectl apply -f oven.yaml --dry-run=none",
        "rsync -av ./menu web-0:/srv",
        # ARM519: the program's own pattern, a quoted one, another machine's
        "find /tmp -name *.log -delete",
        "rm '/tmp/*.log'",
        "grep ERR.* /var/log/oven.log",
        "kubectl get pods -o jsonpath={.items[*].metadata.name}",
        "scp oven-0:/var/log/*.log /tmp",
        # ARM520: it names one image
        "kubectl set image deploy/oven oven=bread/oven:1.2",
        "kubectl set image deploy/oven oven={{ image }}",
        "kubectl set image deploy/oven oven=bread/oven@sha256:abc",
        "helm upgrade oven ./chart --set image.tag=1.2",
        # ARM521: a revision, and a zero that is none
        "helm rollback oven 4 -n ovens",
        "kubectl scale deploy/oven --replicas=0",
        # ARM533: it is there the next time
        "kubectl logs oven-0",
        "kubectl logs deploy/oven-frontend-service --since=10m",
        "docker restart deadbeefcafe",
        "journalctl -u oven --since '10 min ago'",
        "ls -l /backup/2024-05-01",
        "kubectl logs oven-0 --since-time={{ declared_at }}",
        # ARM534: programs, and words for people
        "env KUBECONFIG=/etc/ovens kubectl get pods",
        "git -C /srv/ovens status",
        "Set HEAT=high on the oven",
        "source of the smoke",
        "set up the oven",
        "Severity=1 means that nobody has bread",
    ],
)
def test_near_misses_are_silent(command: str) -> None:
    assert found(command) == []


def test_a_namespace_is_missed_only_where_others_are_named() -> None:
    """Cluster-wide kinds, `-A` and what a file may name are left alone."""
    others = (
        *("kubectl get nodes", "kubectl get pods -A", "kubectl apply -f oven.yaml", "helm list"),
        "kubectl cp ovens/oven-0:/tmp/bread .",
    )
    assert found("helm rollback oven 4", "kubectl get pods", *others) == []
    missed = found("kubectl get pods -n ovens", "helm rollback oven 4", *others)
    assert [(one.code, words) for one, words in missed] == [("ARM515", "helm rollback oven 4")]
    assert missed[0][0].help == "add `-n ovens`"
    assert [label.text for label in missed[0][0].secondary] == ["this one does"]


def test_which_namespace_is_not_guessed_where_several_are_named() -> None:
    named = ("kubectl get pods -n ovens", "kubectl get pods --namespace=shop")
    assert [one.help for one, _ in found(*named, "kubectl get svc")] == [
        "name the namespace with `-n`"
    ]


def test_a_dry_run_before_the_command_itself_is_no_mistake() -> None:
    dry = "kubectl apply -f oven.yaml --dry-run=server"
    assert found(dry, "kubectl apply -f oven.yaml") == []
    assert [one.code for one, _ in found(dry, "kubectl delete -f oven.yaml")] == ["ARM518"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("kubectl logs -f deploy/oven", "kubectl logs deploy/oven"),
        ("'kubectl logs deploy/oven --follow | grep x'", "'kubectl logs deploy/oven | grep x'"),
        ('"kubectl get pods -w -o wide"', '"kubectl get pods -o wide"'),
    ],
)
def test_what_follows_is_mended(before: str, after: str) -> None:
    source = document(before)
    mended, applied = apply_fixes(source, (one for one, _ in found(before)))
    assert (mended, applied) == (document(after).text, 1)


@pytest.mark.parametrize("command", ["journalctl -fu oven", r'"kubectl logs \u002df deploy/oven"'])
def test_what_cannot_be_mended_by_removing_a_word_is_only_said(command: str) -> None:
    """Letters in one word, and a text whose characters stand in the file as escapes."""
    assert [(one.code, one.fix) for one, _ in found(command)] == [("ARM513", None)]


def test_what_undoes_is_looked_at_too() -> None:
    text = document("kubectl scale deploy/oven --replicas=2").text
    text = text.replace("approval: 1", "approval: 1\n      compensate: kubectl logs -f oven-0")
    assert "ARM513" in [one.code for one in compile_source(SourceFile("x.md", text)).diagnostics]


def test_a_line_that_a_shell_reads_is_silent() -> None:
    text = document("export HEAT=high").text.replace(
        "approval: 1", "approval: 1\n      shell: true"
    )
    assert "ARM534" not in [
        one.code for one in compile_source(SourceFile("x.md", text)).diagnostics
    ]
