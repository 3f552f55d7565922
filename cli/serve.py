"""``armada serve``: drive every open run of a journal in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .journals import journal_option, open_journal
from .options import output_format

if TYPE_CHECKING:
    import asyncio

    from ..runtime.host import Host
    from .driving import Beside
    from .watching import Watching

EXAMPLES = """\b
Examples:
  armada serve                         until Ctrl-C: open runs, and those declared later
  armada serve --until-done            until every open run is over
  armada serve --api 8642              the HTTP API as well, on loopback
"""


@click.command(epilog=EXAMPLES)
@journal_option
@click.option("--until-done", is_flag=True, help="End when every open run is over.")
@click.option(
    "--api", "port", type=click.IntRange(1, 65535), metavar="PORT", help="Answer HTTP on loopback."
)
@output_format("text", "json")
def command(journal: str | None, until_done: bool, port: int | None, form: str) -> int:
    """Drive every open run of a journal in one process.

    Runs whose host has died are taken up as soon as that is known.
    """
    from ..runtime.redaction import Redactor
    from .driving import drive

    if port is not None:
        _need_api()
    opened = open_journal(journal, create=True)

    async def begin(host: Host, watching: Watching) -> None:
        found = await host.adopt_all()
        runs = f"{len(found)} open runs" if len(found) != 1 else "1 open run"
        watching.trouble(f"driving {runs} of {opened.path}; Ctrl-C leaves them in the journal")

    try:
        return drive(
            opened,
            begin,
            redactor=Redactor(),
            form=form,
            forever=not until_done,
            everything=True,
            beside=None if port is None else api_on(port),
        )
    finally:
        opened.close()


def _need_api() -> None:
    try:
        import starlette
        import uvicorn
    except ImportError:
        raise click.UsageError("--api needs more packages: pip install 'armada[serve]'") from None
    del starlette, uvicorn


def api_on(port: int) -> Beside:
    """The HTTP API of a host's journal, beside the host."""

    async def serve(host: Host, watching: Watching, stopping: asyncio.Event) -> None:
        from ..runtime.api import Api, serve_api
        from ..runtime.tokens import Tokens
        from .driving import people_of

        tokens = Tokens(host.journal.path.parent / "tokens")
        wall_ms = host.clock.wall_ms
        api = Api(host.journal, tokens, people_of=people_of, wall_ms=wall_ms)
        watching.trouble(f"the API answers at http://127.0.0.1:{port}/v1/openapi.json")
        await serve_api(api.application(), "127.0.0.1", port, stopping)

    return serve
