"""Search every reader for texts on which something does not hold, by atheris.

    python tests/fuzz                          all targets, 60 seconds in all
    python tests/fuzz --seconds 3600 mermaid   one target, for an hour
    python tests/fuzz --corpus DIR             keep the texts that took new branches

atheris (libFuzzer for Python) follows the branches that a text takes and mutates the texts that
took new ones, beginning with those of ``fuzz_targets``. It is an extra of the package (``fuzz``);
where it is not installed this says so and ends well, unless ``--required``. A text on which a
target fails is written to ``tests/fuzz/failed`` and named; one that takes more than a minute, or a
gigabyte, is a failure too.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SUPPORT = HERE.parent / "support"
LONGEST = 4000
"""Characters of a text; worst cases of a megabyte are the hostile documents' matter."""
SLOWEST_S, MEMORY_MB = 60, 1024
"""What a text may take; time passes on a busy machine without a process getting any."""
MISSING = 77
"""The status by which other tools skip; here only with ``--required``."""


def main() -> int:
    """Run the targets one after another, each in a process of its own."""
    sys.path.insert(0, str(SUPPORT))
    from fuzz_targets import TARGETS

    arguments = _arguments(tuple(TARGETS))
    if arguments.inside:
        _search(arguments.inside, arguments.rest)
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed here (pip install 'armada[fuzz]'): nothing was searched")
        return MISSING if arguments.required else 0
    names = arguments.targets or list(TARGETS)
    seconds = max(1, arguments.seconds // len(names))
    failed = [name for name in names if not _run(name, seconds, arguments.corpus)]
    print(f"{len(names)} targets, {seconds} s each; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def _arguments(names: tuple[str, ...]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("targets", nargs="*", choices=[[], *names], metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together")
    parser.add_argument("--corpus", type=Path, help="a directory to keep and go on from")
    parser.add_argument("--required", action="store_true", help="fail where atheris is missing")
    parser.add_argument("--inside", choices=names, help=argparse.SUPPRESS)
    parser.add_argument("--rest", nargs=argparse.REMAINDER, default=[], help=argparse.SUPPRESS)
    return parser.parse_args()


def _run(name: str, seconds: int, kept: Path | None) -> bool:
    """One target for so long; True where nothing failed."""
    failures = HERE / "failed"
    with tempfile.TemporaryDirectory() as scratch:
        corpus = kept / name if kept is not None else Path(scratch)
        corpus.mkdir(parents=True, exist_ok=True)
        _seed(name, corpus)
        words = _dictionary(name, Path(scratch) / "words.dict")
        failures.mkdir(exist_ok=True)
        command = [
            *(sys.executable, str(HERE), "--inside", name, "--rest", str(corpus)),
            f"-max_total_time={seconds}",
            f"-timeout={SLOWEST_S}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-max_len={LONGEST}",
            f"-dict={words}",
            f"-artifact_prefix={failures}/{name}-",
            *("-print_final_stats=1", "-verbosity=0"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if not any(failures.iterdir()):
        failures.rmdir()
    if done.returncode:
        print(f"== {name} failed\n{(done.stdout + done.stderr)[-6000:]}")
        return False
    runs = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
    print(f"{name:10} {runs[0].split()[-1] if runs else '?':>8} texts", flush=True)
    return True


def _seed(name: str, corpus: Path) -> None:
    from fuzz_targets import TARGETS

    for at, seed in enumerate(TARGETS[name].seeds()):
        if len(seed) <= LONGEST:
            (corpus / f"seed-{at}").write_bytes(seed.encode("utf-8", "surrogatepass"))


def _dictionary(name: str, path: Path) -> Path:
    """The pieces of a target's texts, as libFuzzer takes them."""
    from fuzz_targets import TARGETS

    pieces = [piece.encode("utf-8", "surrogatepass") for piece in TARGETS[name].pieces]
    lines = ("".join(f"\\x{byte:02x}" for byte in piece) for piece in pieces)
    path.write_text("".join(f'"{line}"\n' for line in lines))
    return path


def _search(name: str, arguments: list[str]) -> None:
    """Hand the process to libFuzzer, which ends it."""
    import atheris

    for module in [
        name for name in sys.modules if name.split(".")[0] in ("armada", "fuzz_targets")
    ]:
        del sys.modules[module]
    with atheris.instrument_imports(include=["armada"]):
        from fuzz_targets import TARGETS

    check = TARGETS[name].check

    def one(data: bytes) -> None:
        check(data.decode("utf-8", "replace"))

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
