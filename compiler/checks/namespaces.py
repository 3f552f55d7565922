"""Namespaces: a command that names none goes wherever the machine's context points today.

A document may leave it to the context throughout. Where some of its commands name a namespace, one
that does not is a mistake: it works at the author's desk and elsewhere changes, or reads, nothing
or something else.
"""

from __future__ import annotations

import re

from ...dsl.diagnostics import Label
from ..findings import Findings
from ..lexicon import words
from ..plan import Plan
from ..sites import Workflow
from .processes import Process, option, processes

_KUBECTL = words(
    "get describe logs exec attach cp edit label annotate patch scale autoscale delete expose set"
    " rollout port-forward run top wait events debug"
)
"""Verbs that act within a namespace; what ``apply`` reads from a file may name its own."""
_HELM = words("get history install rollback status test uninstall upgrade")

_CLUSTER_WIDE = words(
    "no node nodes ns namespace namespaces pv persistentvolume persistentvolumes sc storageclass"
    " storageclasses clusterrole clusterroles clusterrolebinding clusterrolebindings crd crds"
    " customresourcedefinition customresourcedefinitions apiservice apiservices csr"
    " certificatesigningrequest certificatesigningrequests ingressclass ingressclasses"
    " priorityclass priorityclasses pc runtimeclass runtimeclasses volumeattachment"
    " volumeattachments mutatingwebhookconfiguration mutatingwebhookconfigurations"
    " validatingwebhookconfiguration validatingwebhookconfigurations cs componentstatuses"
    " csidriver csidrivers csinode csinodes clusterissuer clusterissuers"
)
_POD_PATH = r"[\w.-]+/[\w.-]+:"
"""``namespace/pod:path``, by which ``cp`` names it."""
_NAMES_ITSELF = ("-f", "--filename", "-k", "--kustomize", "--raw")


def unnamed(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM515: a command names no namespace, and others of the document do."""
    found = [process for process in processes(workflow) if _acts_within(process)]
    named = [(one, at) for one in found if (at := _namespace(one)) is not None]
    if not named:
        return
    other, at = named[0]
    help = _help({_value(process, at) for process, at in named})
    for process in found:
        if _namespace(process) is None and not _everywhere(process):
            findings.add(
                "ARM515",
                f"'{' '.join((process.program, *process.verbs(1)))}' names no namespace",
                process.span,
                label="goes wherever the context points",
                secondary=(Label(other.place(at), "this one does"),),
                help=help,
            )


def _help(stated: set[str]) -> str:
    return f"add `-n {stated.pop()}`" if len(stated) == 1 else "name the namespace with `-n`"


def _acts_within(process: Process) -> bool:
    """A command of kubectl or helm that is about things within a namespace."""
    said = process.verbs(3)
    if process.program == "helm":
        return bool(said) and said[0] in _HELM
    if process.program not in ("kubectl", "oc") or not said or said[0] not in _KUBECTL:
        return False
    if said[0] not in ("logs", "exec", "attach") and option(process.argv, *_NAMES_ITSELF):
        return False
    if said[0] == "cp" and any(re.match(_POD_PATH, word) for word in process.argv):
        return False
    resource = next((word for word in said[1:] if _kind(word)), "")
    return not _is_cluster_wide(said, resource)


def _is_cluster_wide(said: tuple[str, ...], resource: str) -> bool:
    if said[0] in ("logs", "exec", "attach", "cp", "run", "port-forward", "events", "rollout"):
        return False
    return all(_kind(one) in _CLUSTER_WIDE for one in resource.split(",")) if resource else False


def _kind(word: str) -> str:
    """The kind of ``pods``, ``pod/web-0`` or ``certificates.cert-manager.io``."""
    found = re.match(r"[a-zA-Z]+", word)
    return found[0].lower() if found else ""


def _namespace(process: Process) -> int | None:
    """The place of the option that names the namespace."""
    return option(process.argv, "-n", "--namespace", values="lfoscv")


def _value(process: Process, at: int) -> str:
    word = process.argv[at]
    if "=" in word:
        return word.partition("=")[2]
    if not word.startswith("--") and len(word) > 2:
        return word[2:]
    return process.argv[at + 1] if at + 1 < len(process.argv) else ""


def _everywhere(process: Process) -> bool:
    names = ("-A", "--all-namespaces", "-h", "--help")
    return option(process.argv, *names, values="lfoscvn") is not None
