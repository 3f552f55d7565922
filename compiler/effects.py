"""What programs do to the world: a table of what is known to read, and forms known to fail.

A verb is looked up by program; everything that is not in the table is UNSAFE. Options that take a
value are listed, so that a namespace is never mistaken for a verb or a pod.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..dsl.patterns import lazy
from .lexicon import words
from .plan import Effect

_KUBECTL_GLOBAL = words(
    "-n --namespace --context --cluster --kubeconfig -s --server --user --token --as --as-group"
    " --as-uid --request-timeout --cache-dir --certificate-authority --client-certificate"
    " --client-key --tls-server-name --password --username --profile --profile-output -v"
    " --vmodule -l --selector -c --container --field-selector"
)
_KUBECTL_OUTPUT = _KUBECTL_GLOBAL | words("-o --output -f --filename -k --kustomize")
_KUBECTL_LOGS = _KUBECTL_GLOBAL | words(
    "--since --since-time --tail --limit-bytes --max-log-requests --pod-running-timeout"
)
_HELM = words(
    "-n --namespace --kube-context --kubeconfig --timeout --history-max --kube-token"
    " --kube-apiserver --kube-ca-file --kube-as-user --kube-as-group --description --burst-limit"
    " --qps --registry-config --repository-cache --repository-config --kube-tls-server-name -o"
    " --output -f --values --set --set-string --set-file --set-json --version --repo --max"
    " --revision --username --password --ca-file --cert-file --key-file"
)
_VALUE_OPTIONS: dict[str, frozenset[str]] = {
    "kubectl": _KUBECTL_OUTPUT,
    "kubectl logs": _KUBECTL_LOGS,
    "oc": _KUBECTL_OUTPUT,
    "oc logs": _KUBECTL_LOGS,
    "helm": _HELM,
    "git": words("-C -c --git-dir --work-tree"),
    "docker": words("-H --host -c --context --config -l --log-level -n --tail --since"),
    "aws": words("--region --profile --output --query --endpoint-url"),
    "gcloud": words("--project --account --format --zone --region --configuration"),
    "az": words("--subscription -o --output --query"),
    "systemctl": words("-H --host -n --lines -t --type -p --property"),
    "argocd": words("--server --auth-token --grpc-web-root-path -o --output"),
    "flux": words("-n --namespace --context --kubeconfig"),
    "terraform": words("-chdir"),
    "istioctl": words("-n --namespace --context --kubeconfig -i --istioNamespace"),
}

_KUBECTL_VERBS = words(
    "get logs describe top explain api-resources api-versions version cluster-info events diff wait"
)
_KUBECTL_READS = _KUBECTL_VERBS | {
    "rollout status",
    "rollout history",
    "auth can-i",
    "auth whoami",
    "config view",
    "config get-contexts",
    "config current-context",
}
_READS: dict[str, frozenset[str]] = {
    "kubectl": _KUBECTL_READS,
    "oc": _KUBECTL_READS | {"status", "whoami"},
    "helm": words("list ls status history hist get show search template lint version env"),
    "git": words("log show diff status blame rev-parse describe shortlog grep ls-files"),
    "docker": words("ps logs inspect images stats top version info events port diff"),
    "systemctl": words("status is-active is-failed is-enabled list-units show cat"),
    "argocd": frozenset({"app get", "app list", "app history", "app diff", "app logs", "version"}),
    "flux": words("get logs stats tree version check events"),
    "terraform": words("show output validate version providers graph"),
    "istioctl": words("proxy-status ps analyze version"),
    "gcloud": frozenset(),
    "az": frozenset(),
    "aws": frozenset({"s3 ls", "logs tail", "logs filter-log-events", "sts get-caller-identity"}),
    "promtool": frozenset({"query", "check"}),
}
_CLOUD_READ = lazy(r"(?:describe|list|get|show|read|head)(?:-|$)")
_CLOUDS = frozenset({"aws", "gcloud", "az"})

_READERS = words(
    "grep egrep fgrep zgrep rg ag jq head tail cat zcat wc cut tr column less more nl echo printf"
    " hostname uptime df du free ps top htop ls pwd whoami id dig nslookup host ping traceroute mtr"
    " netstat ss lsof stat true false sleep test journalctl dmesg vmstat iostat sar nproc uname"
    " which diff cmp comm fold paste rev tac base64 sha256sum md5sum jless stern k9s kubectx"
    " pgrep last w who"
)
_OTHERS = words(
    "argo ansible ansible-playbook awk bash cargo consul crontab curl cut date dd deno df docker"
    " docker-compose etcdctl file find fly flyctl go gunzip gzip heroku http https iptables kill"
    " killall kustomize make mongo mongosh mount mv cp rm mkdir mysql mysqldump nc ncat node nomad"
    " npm"
    " npx openssl packer patch pd perl pg_dump pip pkill podman psql pulumi python python3"
    " rabbitmqctl"
    " redis-cli rsync ruby scp sed service sh skaffold sort split sqlite3 ssh su sudo supervisorctl"
    " systemd-run tar tc tcpdump tee time timeout touch umount uniq vault velero watch wget xargs"
    " yarn"
    " yq zsh env nice nohup open sysctl swapoff swapon reboot shutdown chmod chown ln link install"
    " eksctl kops kubeadm minikube kind k3d linkerd cilium calicoctl pagerduty opsgenie gh glab hub"
    " vercel netlify cf nats kafka-topics kafka-console-consumer cqlsh"
)
PROGRAMS: frozenset[str] = frozenset(_READS) | _READERS | _OTHERS
"""The programs whose names make a line a command."""


def operands(argv: Sequence[str], table: str | None = None) -> list[int]:
    """The indexes of the words that are neither options nor their values, the program left out."""
    values = _VALUE_OPTIONS.get(table or (argv[0] if argv else ""), frozenset[str]())
    found: list[int] = []
    index = 1
    while index < len(argv):
        word = argv[index]
        if word == "--":
            found.extend(range(index + 1, len(argv)))
            break
        if word.startswith("-") and len(word) > 1:
            index += 1 if word in values else 0
        else:
            found.append(index)
        index += 1
    return found


def verb(argv: Sequence[str]) -> tuple[str, ...]:
    """The operands of a command, lower-case verbs first: ``kubectl -n x get pods`` → get, pods."""
    return tuple(argv[index] for index in operands(argv))


def process_effect(argv: Sequence[str]) -> Effect:
    """What one process does; UNSAFE unless it is known to read."""
    at = 0
    while at < len(argv) and argv[at].rsplit("/", 1)[-1] in _WRAPPERS:
        at = _wrapped_at(argv, at + 1)
    return _program_effect(argv[at:])


def _program_effect(argv: Sequence[str]) -> Effect:
    if not argv:
        return Effect.READ
    program = argv[0].rsplit("/", 1)[-1]
    if program in _READERS:
        return Effect.READ
    if program in _READS:
        return Effect.READ if _reads(program, [program, *argv[1:]]) else Effect.UNSAFE
    check = _SPECIAL.get(program)
    return Effect.READ if check is not None and check(list(argv[1:])) else Effect.UNSAFE


def _reads(program: str, argv: Sequence[str]) -> bool:
    words = verb(argv)
    if not words:
        return len(argv) == 1 or argv[1] in ("--version", "--help", "-h", "version")
    known = _READS[program]
    if words[0] in known or " ".join(words[:2]) in known:
        return True
    return program in _CLOUDS and any(_CLOUD_READ.match(word) for word in words[1:5])


def _curl_reads(words: list[str]) -> bool:
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        if word in ("-X", "--request") and following.upper() not in ("GET", "HEAD"):
            return False
        if word in ("-o", "--output") and following != "/dev/null":
            return False
        if re.match(
            r"-X(?!GET$|HEAD$).|--request=(?!GET$|HEAD$)|--data|--form|--json|--upload", word
        ):
            return False
        if re.match(r"-[a-zA-Z]*[dFTO]", word) and not word.startswith("--"):
            return False
    return True


def _sed_reads(words: list[str]) -> bool:
    return not any(re.match(r"-[a-zA-Z]*i|--in-place", word) for word in words)


def _awk_reads(words: list[str]) -> bool:
    return not any(re.search(r"system\s*\(|[|>]\s*\"|-i", word) for word in words)


def _find_reads(words: list[str]) -> bool:
    return not any(re.match(r"-(?:delete|exec|ok|fprint|fls)", word) for word in words)


def _sort_reads(words: list[str]) -> bool:
    return not any(re.match(r"-[a-zA-Z]*o|--output", word) for word in words)


def _uniq_reads(words: list[str]) -> bool:
    return sum(not word.startswith("-") for word in words) < 2


def _date_reads(words: list[str]) -> bool:
    return not any(re.match(r"-[a-zA-Z]*s|--set", word) for word in words)


_WRAPPERS = words("xargs sudo time timeout watch nice")
"""Programs that run another one, whose effect is theirs."""


def _wrapped_at(argv: Sequence[str], at: int) -> int:
    """Where the program stands that one with its options before ``at`` runs."""
    while at < len(argv):
        word = argv[at]
        if not word.startswith("-") and not word.isdigit() and not re.match(r"\d+[smhd]$", word):
            break
        at += 1
    return at


def _yq_reads(words: list[str]) -> bool:
    return not any(re.match(r"-[a-zA-Z]*i|--inplace", word) for word in words)


_SPECIAL = {
    "curl": _curl_reads,
    "sed": _sed_reads,
    "awk": _awk_reads,
    "find": _find_reads,
    "sort": _sort_reads,
    "uniq": _uniq_reads,
    "date": _date_reads,
    "yq": _yq_reads,
}


# --- forms known to fail, or to mean less than they should ---------------------------------------


@dataclass(frozen=True, slots=True)
class Failing:
    """Why a command fails as written, and what to do."""

    reason: str
    help: str


@dataclass(frozen=True, slots=True)
class _Form:
    program: str
    verbs: tuple[str, ...]
    operands: int
    instead: tuple[str, ...]
    requires: tuple[str, ...]
    reason: str
    help: str


_LOGS = "kubectl logs needs a pod, a type/name or a selector"
_LOGS_HELP = "name a pod or a type/name such as deploy/NAME, or select pods with -l"
_FORMS = (
    _Form("kubectl", ("logs",), 1, ("-l", "--selector", "-h", "--help"), (), _LOGS, _LOGS_HELP),
    _Form("oc", ("logs",), 1, ("-l", "--selector", "-h", "--help"), (), _LOGS, _LOGS_HELP),
    _Form(
        "kubectl", ("scale",), 0, (), ("--replicas",),
        "kubectl scale needs --replicas", "state how many with --replicas=N",
    ),
    _Form(
        "kubectl", ("rollout", "undo"), 1, ("-f", "--filename", "-k", "-l", "--selector"), (),
        "kubectl rollout undo needs a resource", "name the resource, such as deploy/NAME",
    ),
    _Form(
        "helm", ("rollback",), 1, ("-h", "--help"), (),
        "helm rollback needs a release", "name the release and the revision",
    ),
)  # fmt: skip


def failing_form(argv: Sequence[str]) -> Failing | None:
    """Why a process is known to fail as written, or None."""
    for form in _FORMS:
        if argv and argv[0] == form.program and (rest := _after(argv, form.verbs)) is not None:
            if len(rest) < form.operands and not _has_option(argv, form.instead):
                return Failing(form.reason, form.help)
            if form.requires and not _has_option(argv, form.requires):
                return Failing(form.reason, form.help)
    return None


def _after(argv: Sequence[str], verbs: tuple[str, ...]) -> list[int] | None:
    """The operands after the verbs, or None where the command has other verbs."""
    found = operands(argv, f"{argv[0]} {verbs[0]}" if verbs == ("logs",) else None)
    if tuple(argv[index] for index in found[: len(verbs)]) != verbs:
        return None
    return found[len(verbs) :]


def _has_option(argv: Sequence[str], names: tuple[str, ...]) -> bool:
    return any(
        word == name or word.startswith(f"{name}=") or (len(name) == 2 and word.startswith(name))
        for word in argv[1:]
        for name in names
    )


def unpinned_rollback(argv: Sequence[str]) -> tuple[int, str] | None:
    """The index of the last word of a rollback that names no revision, and what to add."""
    if not argv:
        return None
    if argv[0] == "helm":
        rest = _after(argv, ("rollback",))
        return (rest[0], "name the revision after the release") if rest and len(rest) == 1 else None
    if argv[0] in ("kubectl", "oc"):
        rest = _after(argv, ("rollout", "undo"))
        if rest and not _has_option(argv, ("--to-revision",)):
            return rest[-1], "name the revision with --to-revision"
    return None
