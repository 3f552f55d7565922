"""All benchmarks, one after another: ``python benchmarks/run.py [--quick]``."""

from __future__ import annotations

import drills
import host
import kernel
import lint_many
import lint_process
import scaling
import throughput
from harness import context, quick

PROGRAMS = (lint_process, lint_many, throughput, scaling, kernel, drills, host)


def main() -> None:
    """Run every program in this process."""
    briefly = quick(__doc__ or "")
    print(context())
    for program in PROGRAMS:
        program.report(briefly)


if __name__ == "__main__":
    main()
