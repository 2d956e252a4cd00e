"""What triggers mean, tool by tool, and what becomes of them in another tool."""

from transload.triggering.equivalences import ROWS, Equivalence, equivalence
from transload.triggering.evaluating import firings
from transload.triggering.normal import normal
from transload.triggering.steps import Context, Evaluate, Finished, Firing, Step, Update

__all__ = [
    "ROWS",
    "Context",
    "Equivalence",
    "Evaluate",
    "Finished",
    "Firing",
    "Step",
    "Update",
    "equivalence",
    "firings",
    "normal",
]
