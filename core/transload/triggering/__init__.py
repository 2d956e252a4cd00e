"""What triggers mean, tool by tool, and what becomes of them in another tool."""

from transload.triggering.counterparts import Counterpart, around, counterpart, meant_by, of_asset, of_flow
from transload.triggering.equivalences import ROWS, Equivalence, equivalence
from transload.triggering.evaluating import firings
from transload.triggering.normal import normal
from transload.triggering.steps import Context, Evaluate, Finished, Firing, Step, Update

__all__ = [
    "ROWS",
    "Context",
    "Counterpart",
    "Equivalence",
    "Evaluate",
    "Finished",
    "Firing",
    "Step",
    "Update",
    "around",
    "counterpart",
    "equivalence",
    "firings",
    "meant_by",
    "normal",
    "of_asset",
    "of_flow",
]
