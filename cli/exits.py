"""What an exit status of ``armada`` means. Scripts rely on these numbers; they do not change."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit statuses, the same for every verb."""

    DONE = 0
    """Nothing to report, or everything held."""

    FINDINGS = 1
    """Findings at the failing level, a failed expectation, a run that ended otherwise."""

    USAGE = 2
    """The command line is wrong, or a file cannot be read."""

    REFUSED = 3
    """What was asked for is understood and not permitted, such as overwriting a file."""

    WAITING = 4
    """The run waits for something that nobody gave it."""

    INTERRUPTED = 130
    """Ctrl-C."""

    BROKEN_PIPE = 141
    """Whoever read the output went away, as ``head`` does."""
