"""The bodies of tasks: a stub that says what to fill in. The code of the original is not carried over."""

from __future__ import annotations

import ast

from transload.model.jobs import Job
from transload.writing.statements import not_implemented


def message_of(job: Job) -> str:
    """The message of a stub: the code to fill in, and where the original is."""
    original = f"the body of {job.function}" if job.function else "the body of the original"
    place = f" ({job.origin})" if job.origin is not None and job.origin.path else ""
    return f"Fill in {original}{place}."


def body_of(job: Job) -> list[ast.stmt]:
    """The statements of the task's function."""
    return [not_implemented(message_of(job))]
