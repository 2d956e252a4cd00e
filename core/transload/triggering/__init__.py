"""When triggers fire: the words in which tools are compared, and the sentences that follow from what each says of its own.

No tool is named here. Each adapter brings the record of its tool and the evaluator that proves it, `triggers.SEMANTICS` and
`triggers.machine`; `transload.counterparts` has them together.
"""

from transload.triggering.counterparts import Counterpart, Tools, around, nothing_like
from transload.triggering.equivalences import Equivalence, equivalence, equivalences
from transload.triggering.normal import normal
from transload.triggering.semantics import Semantics, TriggersModule, Writing
from transload.triggering.steps import Context, Evaluate, Finished, Firing, Step, Update

__all__ = [
    "Context",
    "Counterpart",
    "Equivalence",
    "Evaluate",
    "Finished",
    "Firing",
    "Semantics",
    "Step",
    "Tools",
    "TriggersModule",
    "Update",
    "Writing",
    "around",
    "equivalence",
    "equivalences",
    "normal",
    "nothing_like",
]
