"""The part of a project that importing it does not show, added from its text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from transload.loss import Code, Loss, Severity
from transload_prefect.reading.facts import CallFact, Facts, FlowFact, TaskFact
from transload_prefect.reading.syntax.reader import Reader

_WORD: Final = re.compile(r"\b(?:task|flow|materialize|Task|Flow|MaterializingTask|Automation|__main__)\b")
"""Names by which definitions are made that an import may not reach: in functions, under other names, below `__main__`."""
_SEEN_BY_IMPORT: Final = ("@", "from ", "import ")
"""Beginnings of lines at the margin whose definitions an import makes: decorators of the module itself, and imports."""


def text_shows_more(text: str) -> bool:
    """True if the text of a module may show what importing it does not.

    That is a name of Prefect's in another place than a decorator or import of the module itself, or one that is given another name.
    """
    return any(
        not text.startswith(_SEEN_BY_IMPORT, text.rfind("\n", 0, match.start()) + 1)
        or text.startswith(" as ", match.end())
        for match in _WORD.finditer(text)
    )


def supplement(facts: Facts, reader: Reader, untraced: Iterable[FlowFact], doubtful: Iterable[FlowFact] = ()) -> None:
    """Add to the facts of an import those that only the text shows.

    That is what only a call of a function makes, deployments of files that are run as programs, the calls of the flows whose bodies
    did not run, and (`doubtful`) those in branches that a body did not take when it ran.
    """
    known: dict[Any, TaskFact] = {task.content: task for task in facts.tasks}
    # Of several variants of one definition the first stands for it, so that it is put in last.
    known.update({task.definition: task for task in reversed(facts.tasks)})
    by_place = {_place(flow): flow for flow in reader.facts.flows}
    for flow in untraced:
        text = by_place.get(_place(flow))
        if text is not None:
            flow.calls = _calls(text, known, facts)
            flow.run = text.run
            facts.losses.extend(loss for loss in reader.losses_of[text] if loss not in facts.losses)
    for flow in doubtful:
        text = by_place.get(_place(flow))
        if text is not None:
            _add_calls_of_branches(flow, text, known, facts)
            facts.losses.extend(_doubts(reader.losses_of[text], facts))
    for flow in reader.facts.flows:
        if flow in reader.inner:
            flow.calls = _calls(flow, known, facts)
            facts.flows.append(flow)
    for task in reader.facts.tasks:
        if task in reader.inner:
            _imported_task(task, known, facts)
    facts.deployments.extend(deployment for deployment in reader.facts.deployments if deployment.in_main)
    facts.losses.extend(_losses_of_text(facts, reader))


def _losses_of_text(facts: Facts, reader: Reader) -> list[Loss]:
    """The losses of what the text alone shows."""
    subjects = {f"{kind} {item.name}" for item in reader.inner for kind in ("task", "flow")}
    reported = {loss.subject for loss in facts.losses}
    automations = [
        loss for loss in reader.facts.losses if loss.subject.startswith("automation ") and loss.subject not in reported
    ]
    in_main = {id(loss) for loss in reader.in_main if not loss.subject.startswith("automation ")}
    others = [
        loss
        for loss in reader.facts.losses
        if id(loss) in in_main or loss.subject in subjects or loss.subject.startswith("function ")
    ]
    return [*automations, *others]


def _calls(flow: FlowFact, known: dict[Any, TaskFact], facts: Facts) -> tuple[CallFact, ...]:
    calls: dict[CallFact, CallFact] = {}
    for call in flow.calls:
        inputs = tuple((parameter, calls[source]) for parameter, source in call.inputs)
        calls[call] = CallFact(_imported_task(call.task, known, facts), inputs)
    return tuple(calls.values())


def _add_calls_of_branches(flow: FlowFact, text: FlowFact, known: dict[Any, TaskFact], facts: Facts) -> None:
    """Add the calls of tasks that did not run."""
    ran = {_line(call.task): call for call in flow.calls}
    calls: dict[CallFact, CallFact] = {}
    for call in text.calls:
        inputs = tuple((parameter, calls[source]) for parameter, source in call.inputs)
        calls[call] = ran.get(_line(call.task)) or CallFact(_imported_task(call.task, known, facts), inputs)
    flow.calls = tuple(dict.fromkeys((*flow.calls, *calls.values())))


def _line(task: TaskFact) -> tuple[Any, ...]:
    """The place of the task's function, which its variants share."""
    return (task.origin.path, task.origin.line)


def _doubts(losses: Iterable[Loss], facts: Facts) -> list[Loss]:
    """The doubts about a body that ran; a value that its text does not show was computed when it ran."""
    reported = {(loss.subject, loss.field, loss.message) for loss in facts.losses}
    doubts = []
    for loss in losses:
        if (loss.subject, loss.field, loss.message) in reported:
            continue
        if loss.code is Code.UNCERTAIN:
            doubts.append(loss)
        elif loss.code is Code.UNRESOLVED:
            computed = "It is as it came with the defaults of the flow's parameters, and in this environment."
            update = {
                "message": f"{loss.message} {computed}",
                "severity": Severity.APPROXIMATED,
                "code": Code.UNCERTAIN,
            }
            doubts.append(loss.model_copy(update=update))
    return doubts


def _imported_task(task: TaskFact, known: dict[Any, TaskFact], facts: Facts) -> TaskFact:
    """The same task as it was imported, or this one, which is added."""
    if task.content not in known:
        same = None if task.variant else known.get(task.definition)
        known[task.content] = same or task
        known.setdefault(task.definition, task)
        facts.tasks.extend([] if same else [task])
    return known[task.content]


def _place(flow: FlowFact) -> tuple[Any, ...]:
    return (flow.origin.path, flow.origin.line, flow.name)
