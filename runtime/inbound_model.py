"""The shape of an inbound file, as a validated model; its names are checked in inbound_file.py."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

from .bindings import Connection, Duration

Text = Annotated[str, Field(min_length=1, max_length=2_000)]
Path = Annotated[str, Field(min_length=1, max_length=4_096)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AlertmanagerModel(_Model):
    """How Alertmanager proves who it is: a bearer token, or a name and a password."""

    token: Text | None = None
    username: Text | None = None
    password: Text | None = None

    @model_validator(mode="after")
    def _some_secret(self) -> AlertmanagerModel:
        if (self.username is None) != (self.password is None):
            raise ValueError("username: and password: belong together")
        if self.token is None and self.password is None:
            raise ValueError("give token:, or username: and password:")
        return self


class PagerDutyModel(_Model):
    """The secrets that sign webhooks, any of which counts, and who PagerDuty's users are."""

    secrets: Annotated[list[Text], Field(min_length=1, max_length=8)]
    users: dict[str, Text] = {}


class SlackModel(_Model):
    """The secrets that sign what Slack sends, who its users are, and where it may be answered."""

    secrets: Annotated[list[Text], Field(min_length=1, max_length=8)]
    users: dict[str, Text] = {}
    responses: Text = "https://hooks.slack.com"


class LevelsModel(_Model):
    """A severity by the value of a name of the alert."""

    by: Text
    levels: Annotated[dict[str, StrictInt], Field(min_length=1)]
    otherwise: StrictInt | None = None


class RuleModel(_Model):
    """What an alert that fits ``when`` begins."""

    when: Text
    spec: Path
    bindings: Path | None = None
    people: Path | None = None
    severity: StrictInt | LevelsModel | None = None
    title: Text | None = None
    facts: dict[str, StrictBool | StrictInt | Text] = {}
    resolved_fact: Annotated[str, Field(pattern=r"^[A-Za-z_]\w{0,99}$")] = "alert_resolved"
    auto_declare: StrictBool = False


class InboundModel(_Model):
    """An inbound file as written."""

    alertmanager: AlertmanagerModel | None = None
    pagerduty: PagerDutyModel | None = None
    slack: SlackModel | None = None
    notify: Connection | None = None
    expires: Duration = "4h"
    rules: Annotated[list[RuleModel], Field(min_length=1, max_length=500)] = []

    @model_validator(mode="after")
    def _some_source(self) -> InboundModel:
        alerts = self.alertmanager is not None or self.pagerduty is not None
        if not alerts and (self.slack is None or self.rules):
            raise ValueError("name a source of alerts: alertmanager: or pagerduty:")
        if alerts and not self.rules:
            raise ValueError("give rules: which alerts begin what")
        return self
