"""``armada serve``: drive every open run of a journal in one process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from .inputs import configured
from .journals import journal_option, open_journal
from .options import output_format

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from starlette.routing import Route

    from ..runtime.host import Host
    from ..runtime.inbound_answers import Answers
    from ..runtime.inbound_api import InboundApi
    from ..runtime.inbound_file import Inbound
    from ..runtime.inbound_notice import Notices
    from ..runtime.intake import Ready
    from ..runtime.redaction import Redactor
    from ..runtime.slack_api import SlackApi
    from .driving import Beside
    from .watching import Watching

LOOK_S = 0.5
ACKNOWLEDGED_WITHIN_S = 8.0
"""How long a run has to take what somebody pressed in Slack before it counts as kept."""
EXAMPLES = """\b
Examples:
  armada serve                         until Ctrl-C: open runs, and those declared later
  armada serve --until-done            until every open run is over
  armada serve --api 8642              the HTTP API as well, on loopback
  armada serve --api 8642 --inbound alerts.yaml   and webhooks of alerts
"""


@click.command(epilog=EXAMPLES)
@journal_option
@click.option("--until-done", is_flag=True, help="End when every open run is over.")
@click.option(
    "--api", "port", type=click.IntRange(1, 65535), metavar="PORT", help="Answer HTTP on loopback."
)
@click.option("--inbound", metavar="FILE", help="Rules for alerts that webhooks bring.")
@output_format("text", "json")
def command(
    journal: str | None, until_done: bool, port: int | None, inbound: str | None, form: str
) -> int:
    """Drive every open run of a journal in one process.

    Runs whose host has died are taken up as soon as that is known.
    """
    from ..runtime.redaction import Redactor
    from .driving import drive
    from .inbound import inbound_or_exit

    if port is not None:
        _need_api()
    elif inbound is not None:
        raise click.UsageError("--inbound needs --api PORT, where the webhooks come in")
    path = None if port is None else inbound or configured("inbound")
    rules = None if path is None else Rules(path, *inbound_or_exit(path))
    redactor = Redactor()
    opened = open_journal(journal, create=True)

    async def begin(host: Host, watching: Watching) -> None:
        found = await host.adopt_all()
        runs = f"{len(found)} open runs" if len(found) != 1 else "1 open run"
        watching.trouble(f"driving {runs} of {opened.path}; Ctrl-C leaves them in the journal")

    try:
        return drive(
            opened,
            begin,
            redactor=redactor,
            form=form,
            forever=not until_done,
            everything=True,
            beside=None if port is None else api_on(port, rules, redactor),
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


class Rules(NamedTuple):
    """An inbound file: its path, its rules, and what each is carried out by."""

    path: str
    inbound: Inbound
    ready: tuple[Ready, ...]


def api_on(port: int, rules: Rules | None, redactor: Redactor) -> Beside:
    """The HTTP API of a host's journal, beside the host."""

    async def serve(host: Host, watching: Watching, stopping: asyncio.Event) -> None:
        import asyncio

        from ..runtime.api import Api, serve_api
        from ..runtime.inbound_table import PATHS
        from ..runtime.links_api import LinksApi
        from ..runtime.tokens import Tokens
        from .driving import people_of

        tokens = Tokens(host.journal.path.parent / "tokens")
        wall_ms = host.clock.wall_ms
        outside = None if rules is None else Outside.of(host, watching, rules, redactor)
        more: list[Route] = [] if outside is None else [*outside.routes()]
        if host.links is not None:
            more += LinksApi(host.links, host.journal, people_of, wall_ms).routes()
        api = Api(
            host.journal,
            tokens,
            people_of=people_of,
            wall_ms=wall_ms,
            more=more,
            more_paths=None if outside is None else PATHS,
        )
        watching.trouble(f"the API answers at http://127.0.0.1:{port}/v1/openapi.json")
        if rules is not None:
            watching.trouble(
                f"webhooks of {rules.path} come in at http://127.0.0.1:{port}/v1/inbound/"
            )
        answering = serve_api(api.application(), "127.0.0.1", port, stopping)
        if outside is None:
            await answering
            return
        tending = asyncio.ensure_future(outside.tend(stopping))
        try:
            await answering
        finally:
            stopping.set()
            await tending

    return serve


class Outside(NamedTuple):
    """What comes in from outside, for one host: its endpoints, and what is done beside them."""

    api: InboundApi
    slack: SlackApi
    answers: Answers
    notices: Notices | None
    watching: Watching

    @classmethod
    def of(cls, host: Host, watching: Watching, rules: Rules, redactor: Redactor) -> Outside:
        """The endpoints of an inbound file."""
        from ..runtime.acknowledging import Passes
        from ..runtime.adapters.secrets import Secrets
        from ..runtime.hooks import Hooks
        from ..runtime.inbound_api import InboundApi
        from ..runtime.inbound_notice import Notices, channel_of
        from ..runtime.intake import Intake
        from ..runtime.slack_api import SlackApi
        from .driving import people_of

        root, say = Path(rules.path).parent, watching.trouble
        hooks = Hooks(Secrets(redactor.remember, root).resolve)
        journal, wall_ms = host.journal, host.clock.wall_ms
        intake = Intake(journal, rules.inbound, rules.ready, redactor, wall_ms, people_of, say)
        stated, notices = rules.inbound.model.notify, None
        if stated is not None:
            channel = channel_of(stated, journal.path.parent, root, redactor)
            notices = Notices(intake.alerts, channel, wall_ms, say)
        api = InboundApi(intake, journal, hooks, redactor, wall_ms, people_of)
        passes = Passes(journal, people_of, wall_ms, ACKNOWLEDGED_WITHIN_S)
        stated, file = rules.inbound.model.slack, Path(rules.path).name
        folder = journal.path.parent
        slack = SlackApi(stated, file, folder, hooks, intake, passes, wall_ms, say)
        return cls(api, slack, intake.answers, notices, watching)

    def routes(self) -> Sequence[Route]:
        """The endpoints."""
        return (*self.api.routes(), *self.slack.routes())

    async def tend(self, stopping: asyncio.Event) -> None:
        """Give kept answers again and tell of proposals, until it is over."""
        import asyncio
        from contextlib import suppress

        said = ""
        while not stopping.is_set():
            try:
                await asyncio.to_thread(self.answers.again)
                if self.notices is not None:
                    await self.notices.tell()
                said = ""
            except Exception as error:  # what is beside the runs must not end them
                text = f"what came from outside waits: {type(error).__name__}: {error}"
                if text != said:
                    self.watching.trouble(text)
                said = text
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await stopping.wait()
        await self.slack.close()
        if self.notices is not None:
            await self.notices.close()
