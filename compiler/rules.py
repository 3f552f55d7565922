"""The rules of the compiler: one code a kind of defect, and how much each matters.

Codes are stable: 1xx names, 2xx graph, 3xx policy, 4xx templates and conditions, 5xx commands and
safety. A rule is an ERROR where the document has no plan or not the one it states, a WARNING where
the plan is what is written and probably not what is meant, a NOTE where a reader should know. Each
code has a page under ``docs/rules`` whose examples run as tests.
"""

from __future__ import annotations

from ..dsl.codes import Rule
from ..dsl.diagnostics import Level

_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE

_TABLE: tuple[tuple[str, str, Level, str], ...] = (
    # names
    ("ARM101", "missing-name", _ERROR, "the workflow has no name"),
    ("ARM102", "unknown-front-matter-key", _WARNING, "a front matter key means nothing"),
    ("ARM103", "unknown-stage-key", _ERROR, "a stage has a key that means nothing"),
    ("ARM104", "unknown-action-key", _ERROR, "an action has a key that its kind does not take"),
    ("ARM105", "coordinator-not-an-agent", _WARNING, "the coordinator is not among the agents"),
    ("ARM106", "undeclared-agent", _ERROR, "a stage belongs to an agent nobody declared"),
    ("ARM107", "undeclared-engaged-agent", _WARNING, "a level engages an agent nobody declared"),
    ("ARM108", "unused-agent", _NOTE, "a declared agent has nothing to do"),
    ("ARM109", "duplicate-stage", _ERROR, "two stages have one title or one ordinal"),
    ("ARM110", "duplicate-action", _WARNING, "two actions of a stage have one name"),
    ("ARM111", "unknown-stage", _ERROR, "a stage is named that does not exist"),
    ("ARM112", "no-stages", _ERROR, "the document describes no stage"),
    ("ARM113", "unknown-action-kind", _ERROR, "nothing says what an action does"),
    ("ARM114", "wrong-value", _ERROR, "a value is not of the form its key takes"),
    ("ARM115", "stage-without-agent", _WARNING, "a stage has actions and no agent"),
    ("ARM116", "undeclared-invoked-agent", _WARNING, "an invocation names an undeclared agent"),
    ("ARM130", "unreadable-extends", _ERROR, "a file that is extended cannot be read"),
    ("ARM131", "extends-cycle", _ERROR, "files extend each other in a circle"),
    ("ARM132", "extends-too-many", _ERROR, "a chain of extended files is too long"),
    ("ARM133", "extends-path", _ERROR, "a file to extend is not named by a relative path"),
    ("ARM134", "not-shared", _NOTE, "an extended file holds what is not taken over"),
    ("ARM135", "extends-nothing", _WARNING, "a file that is extended states no policy"),
    ("ARM190", "unused-ignore", _WARNING, "an inline ignore silences nothing"),
    # graph
    ("ARM201", "cycle", _ERROR, "stages wait for each other in a circle"),
    ("ARM202", "unreachable-stage", _WARNING, "no path leads to a stage"),
    ("ARM203", "stage-not-drawn", _WARNING, "a stage is missing from the drawing"),
    ("ARM204", "stage-not-detailed", _WARNING, "a drawn stage has no section of its own"),
    ("ARM205", "agent-differs", _WARNING, "drawing and heading name different agents"),
    ("ARM206", "edges-disagree", _WARNING, "two sources order the stages differently"),
    ("ARM207", "pattern-differs", _WARNING, "the graph is not the stated pattern"),
    ("ARM208", "unknown-pattern", _WARNING, "the stated pattern means nothing"),
    ("ARM209", "missing-coordinator", _WARNING, "a hierarchical workflow has no coordinator"),
    ("ARM210", "title-differs", _WARNING, "drawing and heading title one stage differently"),
    # policy
    ("ARM301", "undelivered-change", _WARNING, "at a level a change is made, never delivered"),
    ("ARM302", "change-not-made", _WARNING, "at a level nobody makes the change"),
    ("ARM303", "unattended-entry", _WARNING, "at a level nobody works the first stage"),
    ("ARM304", "criteria-differ", _WARNING, "classify and severity table word a level differently"),
    ("ARM305", "criteria-missing", _WARNING, "a level is in one place and not in the other"),
    ("ARM306", "severity-gap", _WARNING, "a severity level is left out"),
    ("ARM307", "duplicate-severity", _ERROR, "a severity level stands twice"),
    ("ARM308", "response-order", _WARNING, "a less urgent level must be answered sooner"),
    ("ARM309", "unreadable-severity", _ERROR, "a severity level has no number"),
    ("ARM310", "unknown-severity", _WARNING, "a guard names a level that does not exist"),
    ("ARM311", "escalation-gap", _WARNING, "nobody is told during a part of the ladder"),
    ("ARM312", "escalation-overlap", _WARNING, "two rungs claim one time"),
    ("ARM313", "escalation-order", _WARNING, "rungs are not in order of time"),
    ("ARM314", "late-first-rung", _WARNING, "the first rung comes after the response deadline"),
    ("ARM315", "unreachable-rung", _WARNING, "a rung never applies"),
    ("ARM316", "unstated-clock", _NOTE, "the document does not say what stops the ladder"),
    ("ARM317", "early-page", _NOTE, "the ladder climbs long before the response is due"),
    ("ARM318", "unstaffed-level", _ERROR, "a level omits stages and must not"),
    ("ARM330", "overridden-policy", _NOTE, "a document replaces a section of shared policy"),
    ("ARM331", "contested-policy", _WARNING, "two extended files state one section"),
    ("ARM332", "configuration-differs", _WARNING, "text and configuration block differ"),
    # templates and conditions
    ("ARM401", "unsupplied-template-name", _WARNING, "a template reads a name nobody supplies"),
    ("ARM402", "template-syntax", _ERROR, "a template cannot be rendered"),
    ("ARM403", "unsupplied-condition-name", _WARNING, "a condition reads a fact nobody supplies"),
    ("ARM404", "parallel-fact", _WARNING, "a condition reads what a parallel stage finds"),
    ("ARM405", "constant-condition", _WARNING, "a condition is always true or always false"),
    ("ARM406", "condition-type", _ERROR, "a condition compares what cannot be compared"),
    ("ARM407", "template-escape", _ERROR, "a template reaches for more than its values"),
    # commands and safety
    ("ARM501", "command-fails", _WARNING, "a command fails as it is written"),
    ("ARM502", "prose-command", _NOTE, "prose stands where a command is expected"),
    ("ARM503", "unapproved-unsafe-command", _WARNING, "an unsafe command needs no approval"),
    ("ARM504", "rollback-without-revision", _WARNING, "a rollback does not say to what"),
    ("ARM505", "no-verification", _WARNING, "nothing verifies that the incident is resolved"),
    ("ARM506", "unverified-effect", _WARNING, "nothing is verified after an unsafe stage"),
    ("ARM507", "approval-without-approver", _ERROR, "an approval that nobody can give"),
    ("ARM508", "unreachable-quorum", _WARNING, "an approval asks for more votes than approvers"),
    ("ARM509", "shell-command", _WARNING, "a command is handed to a shell"),
    ("ARM510", "shell-syntax", _ERROR, "a command needs a shell that will not read it"),
)

_PREVIEW: tuple[tuple[str, str, Level, str], ...] = (
    # names
    ("ARM117", "shadowed-key", _WARNING, "two keys mean one thing, and one of them is ignored"),
    ("ARM118", "duplicate-entry", _WARNING, "an action has the same entry twice"),
    ("ARM119", "overridden-name", _WARNING, "an input or output is named as the run's own names"),
    ("ARM120", "default-type", _WARNING, "the default of an input is not of its type"),
    ("ARM121", "contested-output", _WARNING, "two stages side by side supply one name"),
    # graph
    ("ARM211", "goto-ahead", _WARNING, "a failure leads to a stage that it cannot lead to"),
    ("ARM212", "empty-stage", _WARNING, "a stage has a section and does nothing"),
    ("ARM213", "short-stage", _WARNING, "a stage times out before its watch is over"),
    ("ARM214", "racing-changes", _WARNING, "two stages side by side change one thing"),
    # policy
    ("ARM319", "unknown-time-zone", _WARNING, "the time zone does not exist"),
    ("ARM320", "repeated-criteria", _WARNING, "two levels have the same criteria"),
    ("ARM321", "missing-criteria", _WARNING, "one level alone has no criteria"),
    ("ARM322", "missing-response", _WARNING, "a level has no response time, a lesser one has"),
    ("ARM323", "untold-level", _WARNING, "nobody is told at a level, somebody at a lesser one"),
    ("ARM324", "flat-ladder", _WARNING, "every rung tells the same people"),
    ("ARM325", "unpaged-ladder", _WARNING, "a ladder waits for an acknowledgement of no page"),
    ("ARM326", "brief-acknowledgement", _WARNING, "an acknowledged page comes back sooner"),
    ("ARM327", "unfilled-name", _WARNING, "a name or a criterion was to be filled in"),
    ("ARM328", "long-allowance", _WARNING, "an immediate response may take longer than the next"),
    ("ARM329", "idle-engaged-agent", _NOTE, "an engaged agent has nothing to do"),
    # templates and conditions
    ("ARM408", "contradiction", _WARNING, "parts of a condition exclude each other"),
    ("ARM409", "input-comparison", _WARNING, "an input is compared with what its type never is"),
    ("ARM410", "unrendered-name", _WARNING, "a name stands in a text and is not filled in"),
    ("ARM411", "nearly-known-name", _WARNING, "an agent is asked for what is nearly known"),
    # commands and safety
    ("ARM511", "placeholder-in-command", _WARNING, "a command has a part that was to be filled in"),
    ("ARM512", "interactive-command", _WARNING, "a command waits for somebody at a terminal"),
    ("ARM513", "endless-command", _WARNING, "a command never ends by itself"),
    ("ARM514", "prompting-command", _WARNING, "a command asks for a confirmation"),
    ("ARM515", "missing-namespace", _WARNING, "a command names no namespace, and others do"),
    ("ARM516", "wide-deletion", _WARNING, "a command deletes all there is of a kind"),
    ("ARM517", "downloaded-script", _WARNING, "a command runs what it has just fetched"),
    ("ARM518", "dry-run-only", _WARNING, "a command only says what it would do"),
    ("ARM519", "unexpanded-pattern", _WARNING, "a command has a pattern that no shell replaces"),
    ("ARM520", "moving-image", _WARNING, "an image is named by what moves"),
    ("ARM521", "revision-zero", _WARNING, "a rollback names a revision that is none"),
    ("ARM522", "empty-action", _WARNING, "an action does not say what it does"),
    ("ARM523", "no-canary", _WARNING, "a canary is nobody, or everybody"),
    ("ARM524", "unwatched-canary", _WARNING, "nobody watches a canary"),
    ("ARM525", "brief-watch", _WARNING, "a watch is over before an alert can fire"),
    ("ARM526", "idle-retry", _WARNING, "a wait between attempts, and only one is made"),
    ("ARM527", "nothing-to-compensate", _WARNING, "a failure undoes, and nothing can be undone"),
    ("ARM528", "nothing-to-undo", _WARNING, "an action that only reads has a compensation"),
    ("ARM529", "own-approval", _WARNING, "the proposer's approval is needed and cannot count"),
    ("ARM530", "waived-everywhere", _WARNING, "an approval is waived at every level"),
    ("ARM531", "single-look", _WARNING, "a check is read once, for its next reading is too late"),
    ("ARM532", "late-approval", _WARNING, "an approval comes after what it is about"),
    ("ARM533", "one-time-name", _WARNING, "a command names what is gone the next time"),
    ("ARM534", "shell-line", _WARNING, "a line only changes the shell it would run in"),
    ("ARM535", "no-time", _WARNING, "a timeout leaves no time to do anything"),
    ("ARM550", "secret-in-command", _WARNING, "a password is an argument of a command"),
    ("ARM551", "typographic-command", _WARNING, "a word processor's sign stands in a command"),
)
"""New rules: looked for under ``--preview`` for a release, and then rows of the table above."""

RULES: dict[str, Rule] = dict(
    sorted(
        {
            **{row[0]: Rule(*row) for row in _TABLE},
            **{row[0]: Rule(*row, preview=True) for row in _PREVIEW},
        }.items()
    )
)
"""Every rule by its code, in the order of the codes."""
