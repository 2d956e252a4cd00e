"""The normal form of a trigger: equal meaning, equal form, as far as this can be told from the form.

What has no meaning differs between the tools. Where groups compute truth, groups of groups, repeats and order say nothing. Where they
count firings, a group inside a group remembers by itself, and what is written twice in an `any` starts two runs, so that only updates
that are written twice in an `all` are one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from transload.model.triggers import (
    AliasUpdated,
    AllOf,
    AnyOf,
    AtLeast,
    InOrder,
    Trigger,
    Updated,
    leaves,
)
from transload.triggering.semantics import Groups, Semantics
from transload.triggering.steps import Context

_GROUPS: Final = (AllOf, AnyOf, AtLeast, InOrder)
NOTHING: Final = Context()


def normal(trigger: Trigger, tool: Semantics, *, context: Context = NOTHING) -> Trigger:
    """The normal form of a trigger of `tool`; an alias whose assets the context gives becomes these."""
    if isinstance(trigger, AliasUpdated) and trigger.alias in context.aliases:
        assets = context.aliases[trigger.alias]
        return _group(AnyOf(parts=tuple(Updated(asset=asset) for asset in assets)), tool)
    if isinstance(trigger, Updated):
        return trigger if trigger.reference is None else trigger.model_copy(update={"reference": None})
    if not isinstance(trigger, _GROUPS):
        return trigger
    parts = tuple(normal(part, tool, context=context) for part in trigger.parts)
    return _group(trigger.model_copy(update={"parts": parts}), tool)


def _group(group: AllOf | AnyOf | AtLeast | InOrder, tool: Semantics) -> Trigger:
    """A group of parts in normal form."""
    group = named(group)
    if isinstance(group, (AllOf, AnyOf)):
        parts = _flat(group) if _is_truth(tool) else group.parts
        if _is_truth(tool) or (isinstance(group, AllOf) and not any(isinstance(part, _GROUPS) for part in parts)):
            parts = _once(parts)
        group = group.model_copy(update={"parts": parts})
    if len(group.parts) == 1:
        return group.parts[0]
    return group if isinstance(group, InOrder) or not _is_free(group, tool) else _sorted(group)


def named(group: AllOf | AnyOf | AtLeast | InOrder) -> AllOf | AnyOf | AtLeast | InOrder:
    """One of several is any, all of several is all. Where one firing is enough, no time between several matters."""
    if isinstance(group, AtLeast) and group.count == len(group.parts):
        return AllOf(parts=group.parts, within=group.within)
    if isinstance(group, AnyOf) or (isinstance(group, AtLeast) and group.count == 1):
        return AnyOf(parts=group.parts)
    return group


def _is_truth(tool: Semantics) -> bool:
    return tool.groups is Groups.TRUTH


def _flat(group: AllOf | AnyOf) -> tuple[Trigger, ...]:
    flat: list[Trigger] = []
    for part in group.parts:
        same = type(part) is type(group) and isinstance(part, (AllOf, AnyOf)) and part.within == group.within is None
        flat.extend(part.parts if same and isinstance(part, (AllOf, AnyOf)) else (part,))
    return tuple(flat)


def _once(parts: Iterable[Trigger]) -> tuple[Trigger, ...]:
    """Without repeats; compared as text, since what a tool alone understands may hold lists."""
    windows: dict[tuple[str, str], Trigger] = {}
    for part in parts:
        windows.setdefault(_text(part), part)
    return tuple(windows.values())


def _is_free(group: Trigger, tool: Semantics) -> bool:
    """Whether order means nothing. Where firings count it does mean something if one event makes several parts fire, one after another."""
    parts = list(leaves(group))
    assets = [leaf.asset for leaf in parts if isinstance(leaf, Updated)]
    return _is_truth(tool) or len(set(assets)) == len(parts)


def _sorted(group: AllOf | AnyOf | AtLeast) -> Trigger:
    return group.model_copy(update={"parts": tuple(sorted(group.parts, key=_text))})


def _text(trigger: Trigger) -> tuple[str, str]:
    return (trigger.kind, trigger.model_dump_json())
