"""What becomes of branches, trigger rules and starts of other flows in a tool that does not have them: sentences on what now runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from transload.adapter import Report, Subject
from transload.model.dataflow import Decision, RunsIf, Start
from transload.model.graph import AssetGraph

RULES: Final[Mapping[str, str]] = {
    "all_failed": "once all tasks before it have failed",
    "all_done": "once all tasks before it have ended, however",
    "all_done_min_one_success": "once all tasks before it have ended, at least one of them well",
    "all_done_setup_success": "once all tasks before it have ended, if the setup succeeded",
    "all_skipped": "once all tasks before it were skipped",
    "one_success": "as soon as one task before it has succeeded",
    "one_failed": "as soon as one task before it has failed",
    "one_done": "as soon as one task before it has ended",
    "none_failed": "once all tasks before it have succeeded or were skipped",
    "none_failed_min_one_success": "once all tasks before it have succeeded or were skipped, at least one of them not skipped",
    "none_skipped": "once all tasks before it have ended and none was skipped",
    "always": "at once, whatever comes before it",
}
"""Trigger rule → when a task runs by it."""


_USUAL: Final = "once all tasks before it have succeeded"


def downstream_of(name: str, graph: AssetGraph) -> list[str]:
    """The jobs that come directly after one, sorted."""
    return sorted(job.name for job in graph.jobs if name in job.upstream)


def explain_rule(value: str, _subject: Subject, report: Report) -> None:
    """Report when the task ran, and when it runs now."""
    report("rule", f"It ran {RULES[value]}; here it runs {_USUAL}.")


def decision_sentence(decision: Decision, name: str, graph: AssetGraph) -> str:
    """Which jobs run now whatever the job decides."""
    names = ", ".join(downstream_of(name, graph)) or "none"
    chosen = "those that it named" if decision.kind == "branch" else "all or none"
    return f"Of the jobs after it ran {chosen}; here all of them run: {names}."


def explain_decision(value: Decision, subject: Subject, report: Report) -> None:
    """Report which jobs run now whatever the job decides."""
    report("decision", decision_sentence(value, subject.entity.name, subject.graph))  # type: ignore[union-attr]


def explain_condition(value: RunsIf, _subject: Subject, report: Report) -> None:
    """Report that the job runs now whatever the result is."""
    report("runs_if", f"It ran only for some results of {value.job}; here it runs for all.")


def explain_start(value: Start, _subject: Subject, report: Report) -> None:
    """Report which flow is no longer started."""
    waited = " and waited for its end" if value.wait else ""
    report("starts", f"It started a run of the flow {value.flow}{waited}; here nothing starts that one.")


CONTROL: Final[Mapping[str, Any]] = {
    "rule": explain_rule,
    "decision": explain_decision,
    "runs_if": explain_condition,
    "starts": explain_start,
}
"""Field of a job → what explains its loss."""
