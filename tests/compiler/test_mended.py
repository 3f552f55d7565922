"""One defect of the seed mended in a copy loses exactly that finding."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile

SEED = (Path(__file__).parents[2] / "specs" / "incident-response.md").read_text("utf-8")

MENDED = {
    "coordinator declared": (
        "agents:\n",
        "agents:\n  - hierarchical-coordinator\n",
        ("ARM105",),
    ),
    "no tester at SEV-4": ("coder, tester", "coder", ("ARM107",)),
    "SEV-2 engages the deployer": (
        "incident-responder, observability, coder |",
        "incident-responder, observability, coder, k8s-deployer |",
        ("ARM301",),
    ),
    "SEV-3 engages those who mend": (
        "| incident-responder, observability |",
        "| incident-responder, observability, coder, k8s-deployer |",
        ("ARM302",),
    ),
    "SEV-4 engages those who look and deliver": (
        "| coder, tester |",
        "| coder, tester, incident-responder, observability, k8s-deployer |",
        ("ARM303",),
    ),
    "SEV-1 worded alike": ('"Complete outage, data loss"', '"Complete outage"', ("ARM304",)),
    "SEV-2 worded alike": ('"Major feature broken"', '"Major feature down"', ("ARM304",)),
    "SEV-4 worded alike, but for case": ('"Cosmetic/minor"', '"low-priority bug"', ("ARM304",)),
    "SEV-3 answered within the hour": ("< 4 hours", "< 1 hour", ("ARM317",)),
    "a clock stated": (
        "## Escalation Path\n",
        "## Escalation Path\n\nwhile: unacknowledged\n",
        ("ARM316",),
    ),
    "impact left out": ("{{impact_description}}", "{{title}}", ("ARM401",)),
    "fix left out": ("{{fix_description}}", "see the request", ("ARM401",)),
    "cause of the fix left out": ("**Root Cause:** {{root_cause}}\n", "\n", ("ARM401",)),
    "logs of a deployment": ("kubectl logs -n", "kubectl logs deploy/api -n", ("ARM501",)),
    "logs by selector": ("kubectl logs -n", "kubectl logs -l app=api -n", ("ARM501",)),
    "a command instead of prose": (
        '"Review recent deployments"',
        '"kubectl rollout history deploy/api -n agents"',
        ("ARM502",),
    ),
    "a rollback to a revision": ("golden-armada -n", "golden-armada 41 -n", ("ARM504",)),
    "a rollback that is approved": (
        'golden-armada -n agents"\n',
        'golden-armada -n agents"\n      approval: 1\n',
        ("ARM503",),
    ),
    "a deploy that triage reports": (
        'sev4: "Cosmetic/minor"\n',
        'sev4: "Cosmetic/minor"\n      outputs: [recent_deploy]\n',
        ("ARM403",),
    ),
    "a flag guarded by the severity": ('"feature_specific_issue"', '"severity <= 2"', ("ARM403",)),
    "a diagnosis that speaks of no cause": (
        "- Root cause hypothesis: {{hypothesis}}",
        "- What we believe: {{belief}}",
        ("ARM404",),
    ),
}


def findings(text: str) -> Counter[str]:
    found = compile_source(SourceFile("copy.md", text)).diagnostics
    return Counter(finding.code for finding in found)


@pytest.mark.parametrize(("old", "new", "lost"), MENDED.values(), ids=MENDED)
def test_a_mended_copy_loses_exactly_that_finding(
    old: str, new: str, lost: tuple[str, ...]
) -> None:
    assert SEED.count(old) == 1
    assert findings(SEED) - findings(SEED.replace(old, new)) == Counter(lost)
    assert findings(SEED.replace(old, new)) - findings(SEED) == Counter()
