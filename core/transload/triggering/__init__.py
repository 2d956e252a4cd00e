"""What triggers mean, tool by tool, and what becomes of them in another tool."""

from transload.triggering.evaluating import firings
from transload.triggering.steps import Context, Evaluate, Finished, Firing, Step, Update

__all__ = ["Context", "Evaluate", "Finished", "Firing", "Step", "Update", "firings"]
