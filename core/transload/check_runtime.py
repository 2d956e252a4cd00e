"""Runs a check of an asset where the tool has no checks: calls its function, and says why it did not pass.

Written by transload into projects that have check tasks; it needs nothing but Python.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import logging
from collections.abc import Iterable
from typing import Any

_TRUTH = ("bool", "bool_")
"""The types of Python's and numpy's truth values."""


class CheckError(Exception):
    """A check that did not pass and is blocking, could not be run, or gave a result that says neither yes nor no."""


def failure_of(function: str, check: str, place: str) -> str | None:
    """Why a check did not pass; None if it did, or if its result has the severity WARN, which is logged.

    `function` is the qualified name of what returns a truth value or results with `passed`, as Dagster's checks do; of several
    results those of `check` count. `place` says where it was. Raises `CheckError` if it cannot be imported or called, or gives no
    result.
    """
    outcome = _outcome(_check_function(function, place), function, place)
    failed = [result for result in _results(outcome, check, function) if not _passed(result, function)]
    warnings = [result for result in failed if getattr(getattr(result, "severity", None), "name", "") == "WARN"]
    for result in warnings:
        logging.getLogger(__name__).warning(_sentence(check, result))
    return next((_sentence(check, result) for result in failed if result not in warnings), None)


def _check_function(function: str, place: str) -> Any:
    """What the name stands for. Raises `CheckError` if it cannot be imported."""
    try:
        return _imported(function)
    except (ImportError, AttributeError) as error:
        todo = "Install the project that it is in beside this one, or write its code here."
        message = f"The check {function} ({place}) cannot be imported: {error}. {todo}"
        raise CheckError(message) from error


def _imported(function: str) -> Any:
    """The longest beginning that is a module, and the attributes after it."""
    parts = function.split(".")
    if len(parts) == 1 or not all(part.isidentifier() for part in parts):
        message = "it is no qualified name"
        raise ImportError(message)
    target: Any = importlib.import_module(parts[0])
    for size, part in enumerate(parts[1:-1], 2):
        target = getattr(target, part) if hasattr(target, part) else importlib.import_module(".".join(parts[:size]))
    return getattr(target, parts[-1])


def _outcome(function: Any, name: str, place: str) -> Any:
    """What the function returns. Raises `CheckError` where it does not, for one because it wants arguments."""
    try:
        outcome = function()
        return asyncio.run(outcome) if inspect.iscoroutine(outcome) else outcome
    except Exception as error:
        todo = "If it wants what only the tool that it was written for gives it, write its code here."
        message = f"The check {name} ({place}) could not be run: {type(error).__name__}: {error} {todo}"
        raise CheckError(message) from error


def _results(outcome: Any, check: str, name: str) -> list[Any]:
    several = list(outcome) if isinstance(outcome, Iterable) and not hasattr(outcome, "passed") else [outcome]
    own = [result for result in several if getattr(result, "check_name", None) in (None, check)]
    if not own:
        raise CheckError(f"{name} gave no result of the check {check}.")
    return own


def _passed(result: Any, function: str) -> bool:
    verdict = getattr(result, "passed", result)
    if type(verdict).__name__ not in _TRUTH:
        raise CheckError(f"{function} must return a truth value or results with `passed`, not {result!r}.")
    return bool(verdict)


def _sentence(check: str, result: Any) -> str:
    description = getattr(result, "description", None)
    return f"The check {check} did not pass" + (f": {description}" if description else ".")
