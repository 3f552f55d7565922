"""Commands that ask for a confirmation, which nobody gives where nobody is at the terminal."""

from __future__ import annotations

from typing import NamedTuple

from ..findings import Findings
from ..lexicon import words
from ..plan import Plan
from ..sites import Workflow
from .processes import Process, option, processes


class Prompt(NamedTuple):
    """A program asks at these verbs, unless one of the options is given; the first is the answer.

    ``values`` are the letters of options that take a value, ``operands`` how many words behind the
    verb make it ask no more (a saved plan to apply).
    """

    programs: frozenset[str]
    verbs: frozenset[str]
    silent: tuple[str, ...]
    values: str = ""
    enough: int = 1_000


_APT = words("install reinstall remove purge upgrade dist-upgrade full-upgrade autoremove")
_DNF = words("install reinstall remove erase update upgrade downgrade autoremove")
_PRUNED = words("system image volume container network builder")

PROMPTS: tuple[Prompt, ...] = (
    Prompt(
        words("apt apt-get aptitude"), _APT,
        ("-y", "--yes", "--assume-yes", "--assume-no", "-qq", "-s", "--simulate", "--dry-run",
         "--just-print", "--download-only", "-d"), "cot",
    ),
    Prompt(words("yum dnf"), _DNF, ("-y", "--assumeyes", "--assumeno", "--downloadonly"), "cdex"),
    Prompt(
        words("terraform tofu"), words("apply"), ("-auto-approve", "--auto-approve", "-help"),
        enough=1,
    ),
    Prompt(
        words("terraform tofu"), words("destroy"), ("-auto-approve", "--auto-approve", "-help"),
    ),
    Prompt(
        words("pulumi"), words("up destroy refresh"),
        ("--yes", "-y", "--skip-preview", "--preview-only"), "Ccmps",
    ),
    Prompt(
        words("docker podman"), frozenset(f"{what} prune" for what in _PRUNED),
        ("--force", "-f"),
    ),
    Prompt(words("argocd"), frozenset({"app delete", "app rm"}), ("--yes", "-y"), "lopN"),
    Prompt(
        words("velero"), frozenset({"backup delete", "restore delete", "schedule delete"}),
        ("--confirm",), "nl",
    ),
    Prompt(words("flux"), words("delete uninstall"), ("--silent", "-s"), "n"),
    Prompt(
        words("istioctl"), words("install upgrade uninstall"), ("--skip-confirmation", "-y"),
        "fdnirc",
    ),
    Prompt(words("kubeadm"), words("reset"), ("--force", "-f"), "v"),
    Prompt(words("kubeadm"), frozenset({"upgrade apply"}), ("--yes", "-y", "-f", "--force"), "v"),
    Prompt(
        words("gh"), frozenset({"release delete", "repo delete"}), ("--yes", "-y"), "R",
    ),
    Prompt(
        words("az"),
        frozenset({"group delete", "vm delete", "aks delete", "webapp deployment slot delete"}),
        ("--yes", "-y"), "gno",
    ),
    Prompt(words("mysqladmin"), words("drop"), ("--force", "-f"), "hPpuS"),
    Prompt(words("lvremove vgremove pvremove"), frozenset({""}), ("--yes", "-y", "-f", "--force")),
)  # fmt: skip
"""Verbs are the operands of a command, ``app delete``; the empty verb is the program alone."""

_ASKING = {"rm": ("-i", "-I", "--interactive"), "mv": ("-i",), "cp": ("-i",)}
"""Programs that ask where an option says so."""


def confirmations(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM514: a command asks whether it is meant, and waits or gives up."""
    for process in processes(workflow):
        if process.at:
            continue  # another process may write the answer, as `yes` does
        at, answer = _asks(process)
        if at is not None:
            findings.add(
                "ARM514",
                f"'{process.program}' asks for a confirmation",
                process.place(at),
                label="nobody is there to give it",
                help=f"add `{answer}`" if answer else f"remove '{process.argv[at]}'",
            )


def _asks(process: Process) -> tuple[int | None, str]:
    """The word that makes a command ask, and the option that answers it beforehand."""
    if process.program in _ASKING:
        return option(process.argv, *_ASKING[process.program]), ""
    for prompt in PROMPTS:
        if process.program not in prompt.programs:
            continue
        at = _verb_at(process, prompt)
        if at is not None and option(process.argv, *prompt.silent, values=prompt.values) is None:
            return at, prompt.silent[0]
    return None, ""


def _verb_at(process: Process, prompt: Prompt) -> int | None:
    """The place of the last word of the verb, where the command has one of them."""
    if "" in prompt.verbs:
        return 0
    found = process.operands()
    said = [process.argv[at] for at in found[:4]]
    for length in range(1, len(said) + 1):
        if " ".join(said[:length]) in prompt.verbs:
            return found[length - 1] if len(found) - length < prompt.enough else None
    return None
