"""Commands: what is runnable, as which words, and what it does to the world."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armada.compiler.commands import read_command, split
from armada.compiler.effects import failing_form, unpinned_rollback
from armada.compiler.plan import Effect

READ = """
kubectl get pods -n shop
kubectl -n shop logs deploy/api --tail 50 | grep ERROR | sort | uniq -c
kubectl rollout status deploy/api
helm history shop
git log -n 5
curl -s https://status.example.org/health
systemctl status nginx
aws ec2 describe-instances --region eu-west-1
sudo journalctl -u nginx --since today
find /var/log -name '*.log'
sudo timeout 30s nice -n 5 kubectl get pods
""".strip().splitlines()
UNSAFE = """
kubectl delete pod api-0
kubectl -n get delete pod api-0
kubectl rollout restart deploy/api
helm rollback shop 3
git push origin main
curl -X POST https://example.org/restart
systemctl restart nginx
aws ec2 terminate-instances --instance-ids i-1
kubectl get pods | xargs kubectl delete
find /var/log -name '*.log' -delete
sudo nice -n 5 timeout 30 kubectl delete pod api-0
./mend.sh
unheard-of --really
""".strip().splitlines()
PROSE = """
Check application logs for exceptions
Disable problematic feature
Identify slow/failing spans
find the failing pods
top consumers of memory, if any
kill the noisy neighbour
Kubernetes dashboard: look at restarts
make sure that nobody deploys
""".strip().splitlines()


@pytest.mark.parametrize("line", READ)
def test_what_is_known_to_read(line: str) -> None:
    command = read_command(line)
    assert command is not None and command.effect is Effect.READ


@pytest.mark.parametrize("line", UNSAFE)
def test_what_is_not_known_to_read_is_unsafe(line: str) -> None:
    command = read_command(line)
    assert command is not None and command.effect is Effect.UNSAFE


@pytest.mark.parametrize("line", PROSE)
def test_prose_is_no_command(line: str) -> None:
    assert read_command(line) is None


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)))
def test_words_that_a_shell_would_quote_come_back(words: list[str]) -> None:
    processes, trouble = split(shlex.join(words))
    assert [word.text for word in processes[0]] == words
    assert trouble is None or not words


@given(st.text(st.sampled_from("ab '\"\\-=./"), max_size=12))
def test_words_are_those_of_posix(line: str) -> None:
    try:
        expected = shlex.split(line)
    except ValueError:
        return
    processes, _ = split(line)
    assert [word.text for word in processes[0]] == expected


@pytest.mark.parametrize(
    "line", ["a && b", "ab; c", "a > f", "a $HOME", "a `b`", "a 'b", "a |", "a &"]
)
def test_what_needs_a_shell_is_placed(line: str) -> None:
    _, trouble = split(line)
    assert trouble is not None and trouble[0] >= 2


def test_a_name_in_braces_is_one_word() -> None:
    processes, trouble = split("kubectl logs {{ pod }} -n shop")
    assert [word.text for word in processes[0]] == ["kubectl", "logs", "{{pod}}", "-n", "shop"]
    assert trouble is None


@pytest.mark.parametrize(
    "line",
    ["kubectl logs", "kubectl logs -n agents --since=30m", "kubectl -n x logs --tail 5 -c web -f"],
)
def test_logs_of_nothing_fail(line: str) -> None:
    assert failing_form(line.split()) is not None


@pytest.mark.parametrize(
    "line",
    [
        "kubectl logs api-0 -n x",
        "kubectl logs -f api-0",
        "kubectl logs -lapp=api",
        "kubectl logs --selector=app=api",
        "kubectl -n logs get pods",
        "helm rollback shop",
    ],
)
def test_logs_of_something_do_not(line: str) -> None:
    assert failing_form(line.split()) is None


def test_a_rollback_without_revision() -> None:
    assert unpinned_rollback("helm rollback shop -n x".split()) is not None
    assert unpinned_rollback("helm -n x rollback shop 4".split()) is None
    assert unpinned_rollback("kubectl rollout undo deploy/api".split()) is not None
    assert unpinned_rollback("kubectl rollout undo deploy/api --to-revision=4".split()) is None


def test_a_program_in_ten_thousand_others_is_read_all_the_same() -> None:
    """What wraps a command is taken off one after another, however much there is of it."""
    command = read_command("sudo " * 10_000 + "kubectl get pods")
    assert command is not None and command.effect is Effect.READ
