"""Questions where a run is watched: at a terminal they are answered by typing."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time
from pathlib import Path

SEED = Path(__file__).resolve().parents[2] / "specs/incident-response.md"


class Terminal:
    """A process at a terminal of its own."""

    def __init__(self, *args: str, env: dict[str, str]) -> None:
        self.seen = ""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable, "-m", "armada", *args], env)

    def until(self, pattern: str, timeout_s: float = 30) -> None:
        """Read until a pattern appears after what was seen before."""
        begun, end = len(self.seen), time.monotonic() + timeout_s
        while not re.search(pattern, self.seen[begun:]):
            assert time.monotonic() < end, self.seen[-3000:]
            if select.select([self._fd], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self._fd, 65_536).decode("utf-8", "replace")
                except OSError:  # the other end is closed
                    break

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def close(self) -> int:
        self.until("go on with")
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self._fd)
        return status


def test_a_question_is_answered_where_it_appears(tmp_path: Path) -> None:
    """Then the next one comes; ack acknowledges; Ctrl-C says how to go on."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ARMADA")}
    env = {**kept, "ARMADA_JOURNAL": str(tmp_path / "journal.db"), "TERM": "xterm"}
    terminal = Terminal("run", str(SEED), "--severity", "1", "--as", "ada", env=env)
    terminal.until(r"\? What services are affected\?")
    terminal.type("the agents\n")
    terminal.until(r"\? How many users impacted\?")
    terminal.type("ack\n")
    terminal.until(r"ACKNOWLEDGED \(ada")
    terminal.type("\x03")
    assert terminal.close() == 130
    assert "What services are affected? → the agents" in terminal.seen
