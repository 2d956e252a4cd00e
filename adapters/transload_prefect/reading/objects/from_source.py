"""What importing a project does not show, added from its text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from transload.loss import Code, Loss, Severity
from transload_prefect.reading.facts import CallFact, Facts, FlowFact, TaskFact
from transload_prefect.static import Reader

_WORD: Final = re.compile(r"\b(?:task|flow|materialize|Task|Flow|MaterializingTask|Automation|__main__)\b")
_PASSED_OVER: Final = ("@", "from ", "import ")


def says_more(text: str) -> bool:
    """Whether the text of a module may show what importing it does not.

    That is a name of Prefect's in another place than a decorator or import of the module itself, or one that is given another name.
    """
    return any(
        not text.startswith(_PASSED_OVER, text.rfind("\n", 0, match.start()) + 1)
        or text.startswith(" as ", match.end())
        for match in _WORD.finditer(text)
    )


def supplement(found: Facts, reader: Reader, untraced: Iterable[FlowFact], doubtful: Iterable[FlowFact] = ()) -> None:
    """Add to what was found by importing.

    That is what only a call of a function makes, deployments of files that are run as programs, the calls of the flows whose bodies
    did not run, and (`doubtful`) those in branches that a body did not take when it ran.
    """
    known: dict[Any, TaskFact] = {task.content: task for task in found.tasks}
    known.update({task.definition: task for task in reversed(found.tasks)})
    by_place = {_place(flow): flow for flow in reader.found.flows}
    for flow in untraced:
        text = by_place.get(_place(flow))
        if text is not None:
            flow.calls = _calls(text, known, found)
            flow.run = text.run
            found.losses.extend(loss for loss in reader.of_calls[text] if loss not in found.losses)
    for flow in doubtful:
        text = by_place.get(_place(flow))
        if text is not None:
            _add_perhaps(flow, text, known, found)
            found.losses.extend(_doubts(reader.of_calls[text], found))
    _add_inner(found, reader, known)
    found.deployments.extend(deployment for deployment in reader.found.deployments if deployment.in_main)
    found.losses.extend(_said(found, reader))


def _add_inner(found: Facts, reader: Reader, known: dict[Any, TaskFact]) -> None:
    for flow in reader.found.flows:
        if flow in reader.inner:
            flow.calls = _calls(flow, known, found)
            found.flows.append(flow)
    for task in reader.found.tasks:
        if task in reader.inner:
            _known(task, known, found)


def _said(found: Facts, reader: Reader) -> list[Loss]:
    """What the text reports of what it alone shows."""
    subjects = {f"{kind} {item.name}" for item in reader.inner for kind in ("task", "flow")}
    told = {loss.subject for loss in found.losses}
    automations = [
        loss for loss in reader.found.losses if loss.subject.startswith("automation ") and loss.subject not in told
    ]
    others = {id(loss) for loss in reader.in_main if not loss.subject.startswith("automation ")}
    inner = [
        loss
        for loss in reader.found.losses
        if id(loss) in others or loss.subject in subjects or loss.subject.startswith("function ")
    ]
    return [*automations, *inner]


def _calls(flow: FlowFact, known: dict[Any, TaskFact], found: Facts) -> tuple[CallFact, ...]:
    calls: dict[CallFact, CallFact] = {}
    for call in flow.calls:
        inputs = tuple((parameter, calls[source]) for parameter, source in call.inputs)
        calls[call] = CallFact(_known(call.task, known, found), inputs)
    return tuple(calls.values())


def _add_perhaps(flow: FlowFact, text: FlowFact, known: dict[Any, TaskFact], found: Facts) -> None:
    """Add the calls of tasks that did not run."""
    ran = {_function(call.task): call for call in flow.calls}
    calls: dict[CallFact, CallFact] = {}
    for call in text.calls:
        inputs = tuple((parameter, calls[source]) for parameter, source in call.inputs)
        calls[call] = ran.get(_function(call.task)) or CallFact(_known(call.task, known, found), inputs)
    flow.calls = tuple(dict.fromkeys((*flow.calls, *calls.values())))


def _function(task: TaskFact) -> tuple[Any, ...]:
    return (task.origin.path, task.origin.line)


def _doubts(losses: Iterable[Loss], found: Facts) -> list[Loss]:
    """What is not known of a body that ran: there it was worked out with defaults, and in this environment."""
    told = {(loss.subject, loss.field, loss.message) for loss in found.losses}
    return [
        loss if loss.code is Code.UNCERTAIN else _worked_out(loss)
        for loss in losses
        if loss.code in (Code.UNCERTAIN, Code.UNRESOLVED) and (loss.subject, loss.field, loss.message) not in told
    ]


def _worked_out(loss: Loss) -> Loss:
    message = f"{loss.message} It is as it came with the defaults of the flow's parameters, and in this environment."
    return loss.model_copy(update={"message": message, "severity": Severity.APPROXIMATED, "code": Code.UNCERTAIN})


def _known(task: TaskFact, known: dict[Any, TaskFact], found: Facts) -> TaskFact:
    """The same task as it was imported, or this one."""
    if task.content not in known:
        same = None if task.variant else known.get(task.definition)
        known[task.content] = same or task
        known.setdefault(task.definition, task)
        found.tasks.extend([] if same else [task])
    return known[task.content]


def _place(item: FlowFact) -> tuple[Any, ...]:
    return (item.origin.path, item.origin.line, item.name)
