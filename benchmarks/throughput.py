"""Lint and compile in one process: 1,000 copies of the seed, no two texts the same.

Each copy has a name of its own, so that nothing that is kept by text can help. The peer is
yamllint's own engine on a YAML text of the same size, in the same process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness import SEED, alone, measure, row, title
from synthetic import document
from yamllint import linter
from yamllint.config import YamlLintConfig

from armada.compiler.compile import compile_source
from armada.dsl.parse import parse
from armada.dsl.render import render_text
from armada.dsl.source import SourceFile

BYTES_A_STAGE = 120


def report(briefly: bool) -> None:
    """Print specs a second."""
    count, fewer = (20, 4) if briefly else (1_000, 100)
    text = SEED.read_text(encoding="utf-8")
    copies = [_copy(text, at) for at in range(count)]
    peers = [document("chain", len(text.encode()) // BYTES_A_STAGE)] * fewer
    title(f"throughput: {count} copies of the seed, {len(text.encode())} bytes each, in process")
    candidates: dict[str, Callable[[], object]] = {
        "parse": lambda: [parse(source) for source in copies],
        "compile": lambda: [compile_source(source).plan for source in copies],
        "compile to canonical JSON and digest": lambda: [_digest(source) for source in copies],
        "lint and render the findings": lambda: [_lint(source) for source in copies],
        "yamllint, a YAML text of the same size": lambda: _yamllint(peers),
    }
    found = measure(candidates, rounds=3)
    peer = found.pop("yamllint, a YAML text of the same size")
    peer_rate = peer.per_second(fewer)
    for timing in found.values():
        rate = timing.per_second(count)
        row(timing.name, f"{rate:,.0f} /s", f"{rate / peer_rate:.2f} x yamllint's rate")
    row(peer.name, f"{peer_rate:,.0f} /s", f"{fewer} texts")


def _copy(text: str, at: int) -> SourceFile:
    renamed = text.replace("incident-response", f"incident-response-{at}", 1)
    return SourceFile(f"copy-{at}.md", renamed)


def _digest(source: SourceFile) -> str:
    plan = compile_source(source).plan
    if plan is None:
        raise RuntimeError(f"{source.name} does not compile")
    return plan.digest


def _lint(source: SourceFile) -> str:
    found = compile_source(source).diagnostics
    return render_text({source.name: source}, found, color=False, width=None)


def _yamllint(texts: Sequence[str]) -> int:
    relaxed = YamlLintConfig("extends: relaxed")
    return sum(1 for text in texts for _ in linter.run(text, relaxed))


if __name__ == "__main__":
    alone(__doc__ or "", report)
