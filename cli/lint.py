"""``armada lint``: what is wrong in workflow documents.

Notes never fail; warnings fail under ``--strict``; errors always do. The findings go to standard
output, the summary to standard error, so that a pipe carries findings alone. With ``--fix`` what
remains is judged; ``--diff`` writes nothing and fails where ``--fix`` would write.
"""

from __future__ import annotations

from typing import Any

import click

from .choice import Choice
from .linting import lint
from .options import STDIN_FILENAME, output_format

EXAMPLES = """\b
Examples:
  armada lint runbooks/                   every workflow below a directory
  armada lint 'docs/**/*.md'              every workflow that matches
  armada lint --strict incident.md        warnings fail too
  armada lint --select ARM3 incident.md   policy findings alone
  armada lint --ignore unstated-clock incident.md   a rule by its name
  armada lint --preview incident.md       new rules, too; they join the others later
  armada lint --fix runbooks/             mend what has one safe answer
  armada lint --baseline known.json --write-baseline runbooks/   then only what is new
  armada lint --diff runbooks/            show what --fix would change
  armada lint --format github incident.md annotations on a pull request
  armada lint --format sarif -o lint.sarif runbooks/    for code scanning
  armada lint --bindings b.yaml incident.md  a bindings file, against the document
  armada lint --inbound alerts.yaml       the rules for alerts from outside
  cat incident.md | armada lint - --stdin-filename incident.md
"""


@click.command(epilog=EXAMPLES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--strict/--no-strict", default=None, help="End with 1 when there are warnings, too.")
@click.option("--preview/--no-preview", default=None, help="Look for what new rules find, too.")
@click.option(
    "--select", multiple=True, metavar="CODE", help="Only rules named so, or whose code begins so."
)
@click.option(
    "--extend-select", multiple=True, metavar="CODE", help="These rules besides those selected."
)
@click.option(
    "--ignore", multiple=True, metavar="CODE", help="No rules named so, or whose code begins so."
)
@click.option("--fix", "fixes", is_flag=True, help="Mend what has one safe answer.")
@click.option("--diff", is_flag=True, help="Print what --fix would change; write nothing.")
@click.option("--baseline", metavar="FILE", help="Leave out the findings this file knows.")
@click.option("--write-baseline", is_flag=True, help="Write what is found into --baseline.")
@click.option("--exit-zero", is_flag=True, help="End with 0 whatever was found.")
@click.option("--statistics", is_flag=True, help="Print how often each rule was found instead.")
@click.option("-q", "--quiet", is_flag=True, help="Print the findings alone, no summary.")
@click.option("-o", "--output-file", metavar="FILE", help="Write what is found into FILE.")
@click.option(
    "--skip-others", is_flag=True, help="Pass over even one named file that is no workflow."
)
@click.option("--bindings", metavar="FILE", help="Check this bindings file against PATH instead.")
@click.option("--inbound", metavar="FILE", help="Check this file of inbound rules instead.")
@STDIN_FILENAME
@output_format("text", "json", "github", "sarif")
def command(**given: Any) -> int:
    """Find what is wrong in workflow documents.

    PATH is a file, a directory, a pattern or `-` for standard input; without one, the document that
    the configuration names. Markdown that is no workflow is passed over, unless it is the one file
    that is named. Errors end with status 1, warnings and notes do not. `--fix -` prints the mended
    text, and the findings on standard error.
    """
    return lint(Choice(**given))
