"""The bodies of tasks: a stub that says what to fill in. The code of the original is not carried over."""

from __future__ import annotations

import ast

from transload.model.jobs import Job
from transload.writing.expressions import call
from transload.writing.statements import raise_

STUB_NAMES = frozenset({"NotImplementedError"})
"""The names that the code of a stub uses."""


def message_of(job: Job) -> str:
    """What is to be filled in, and where the original is."""
    original = f"the body of {job.function}" if job.function else "the body of the original"
    place = f" ({job.origin})" if job.origin is not None and job.origin.path else ""
    return f"Fill in {original}{place}."


def body_of(job: Job) -> list[ast.stmt]:
    """The statements of the task's function."""
    return [raise_(call("NotImplementedError", message_of(job)))]


def is_stub(node: ast.AST) -> bool:
    """Whether a function does nothing but say that it is not filled in. A lambda cannot."""
    body = [] if isinstance(node, ast.Lambda) else getattr(node, "body", [])
    rest = body[1:] if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else body
    if len(rest) != 1 or not isinstance(rest[0], ast.Raise):
        return False
    error = rest[0].exc.func if isinstance(rest[0].exc, ast.Call) else rest[0].exc
    return isinstance(error, ast.Name) and error.id in STUB_NAMES
