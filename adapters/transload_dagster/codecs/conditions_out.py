"""Trees of automation conditions → forms, as one would write them (1.12 to 1.13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from transload.forms import Form, form
from transload.model.identity import AssetId
from transload_dagster.codecs.condition_methods import allowed, ignored, replaced, without
from transload_dagster.codecs.conditions import (
    BUILT_IN,
    CONDITION,
    DEPS,
    GROUPS,
    HANDLED,
    ON_TICKS,
    STATES,
    Node,
    node_of,
)

Spell = Callable[[AssetId], Form | str]
"""The key of an asset."""

_DEFAULT_ZONE: Final = "UTC"
_WHOLE: Final = {node_of(predicate): name for name, predicate in BUILT_IN.items()}
_PRESETS: Final = ("eager", "on_missing")


def phrase(tree: Node, spell: Spell) -> Form:
    """The form of a tree whose details are assets: one of Dagster's own conditions, one that is edited, else its parts."""
    made = _whole(tree) or _edited(tree, spell)
    if made is not None:
        return made
    if tree.label is None:
        return _plain(tree, spell)
    own = next((name for whole, name in _WHOLE.items() if replace(tree, label=whole.label) == whole), None)
    unlabelled = _call(own) if own else _plain(replace(tree, label=None), spell)
    return form(".with_label", unlabelled, tree.label)


def _whole(tree: Node) -> Form | None:
    """The call of the one method that makes a tree, None if there is none."""
    if tree in _WHOLE:
        return _call(_WHOLE[tree])
    ticks = _ticks(tree) if tree.kind in ("and", "all_deps") else None
    if ticks is None:
        return None
    return next((_on_ticks(name, ticks) for name, make in ON_TICKS.items() if node_of(make(*ticks)) == tree), None)


def _call(name: str, *args: Any, **kwargs: Any) -> Form:
    return form(f"{CONDITION}.{name}", *args, **kwargs)


def _on_ticks(name: str, ticks: tuple[Any, ...]) -> Form:
    expression, zone = ticks
    return _call(name, expression, *(() if zone == _DEFAULT_ZONE else (zone,)))


def _ticks(tree: Node) -> tuple[Any, ...] | None:
    return next((part.detail for part in _walk(tree) if part.kind == "cron_tick_passed"), None)


def _walk(tree: Node) -> Iterator[Node]:
    pending = [tree]
    while pending:
        part = pending.pop()
        yield part
        pending.extend(reversed(part.parts))


def _plain(tree: Node, spell: Spell) -> Form:
    if tree.kind in STATES:
        return _call(tree.kind)
    return _PLAIN[tree.kind](tree, spell)


def _group(tree: Node, spell: Spell) -> Form:
    return form(_SIGNS[tree.kind], *(phrase(part, spell) for part in tree.parts))


_SIGNS: Final[Mapping[str, str]] = dict(zip(GROUPS, "&|", strict=True))


def _since(tree: Node, spell: Spell) -> Form:
    part, reset = tree.parts
    if reset == HANDLED:
        return form(".since_last_handled", phrase(part, spell))
    return form(".since", phrase(part, spell), phrase(reset, spell))


def _window(tree: Node, _spell: Spell) -> Form:
    (seconds,) = tree.detail
    return _call("in_latest_time_window", *(() if seconds is None else (timedelta(seconds=seconds),)))


def _deps(tree: Node, spell: Spell) -> Form:
    only, without_these = tree.detail
    plain = replace(tree, detail=(None, ()))
    made = _whole(plain) or _call(f"{tree.kind}_match", phrase(tree.parts[0], spell))
    if only is not None:
        made = form(".allow", made, _selection(only, spell))
    return form(".ignore", made, _selection(without_these, spell)) if without_these else made


def _selection(assets: Iterable[AssetId], spell: Spell) -> Form:
    return form("dagster.AssetSelection.assets", *map(spell, assets))


_PLAIN: Final[Mapping[str, Callable[[Node, Spell], Form]]] = {
    **dict.fromkeys(GROUPS, _group),
    **dict.fromkeys(DEPS, _deps),
    "not": lambda tree, spell: form("~", phrase(tree.parts[0], spell)),
    "since": _since,
    "newly_true": lambda tree, spell: form(".newly_true", phrase(tree.parts[0], spell)),
    "of_asset": lambda tree, spell: _call("asset_matches", spell(tree.detail[0]), phrase(tree.parts[0], spell)),
    "cron_tick_passed": lambda tree, _spell: _on_ticks("cron_tick_passed", tree.detail),
    "in_latest_time_window": _window,
}


# What differs from a method of Dagster's by an edit


def _edited(tree: Node, spell: Spell) -> Form | None:
    """One of Dagster's own conditions, changed: its label stays."""
    if tree.kind in DEPS and tree.label is not None and tree.detail != (None, ()):
        return _whole(replace(tree, detail=(None, ()))) and _deps(tree, spell)
    if tree.kind != "and" or tree.label is None:
        return None
    # An edit keeps the label, which tells the preset that was edited.
    presets = [(node_of(BUILT_IN[name]), _call(name)) for name in _PRESETS if tree.label == name]
    ticks = _ticks(tree)
    if ticks is not None:
        on_cron = node_of(ON_TICKS["on_cron"](*ticks))
        presets += [(on_cron, _on_ticks("on_cron", ticks))] if on_cron.label == tree.label else []
    for preset, call in presets:
        # The shortest edit first: less a part, other dependencies, one part for another.
        for edit in (_less, _selected, _exchanged):
            edited = edit(tree, preset, call, spell)
            if edited is not None:
                return edited
    return None


def _less(tree: Node, preset: Node, made: Form, spell: Spell) -> Form | None:
    for part in preset.parts:
        if part not in tree.parts:
            left = without(preset, part)
            if left is None:
                return None
            preset, made = left, form(".without", made, phrase(part, spell))
    return made if preset == tree else None


def _selected(tree: Node, preset: Node, made: Form, spell: Spell) -> Form | None:
    """`.allow` and `.ignore` for all dependencies alike."""
    details = [part.detail for part in _walk(tree) if part.kind in DEPS]
    only, without_these = details[0] if details else (None, ())
    changed: Node | None = preset
    if only is not None and changed is not None:
        changed, made = allowed(changed, only), form(".allow", made, _selection(only, spell))
    if without_these and changed is not None:
        changed, made = ignored(changed, without_these), form(".ignore", made, _selection(without_these, spell))
    return made if changed == tree else None


def _exchanged(tree: Node, preset: Node, made: Form, spell: Spell) -> Form | None:
    """One part for another, wherever it stands."""
    # The smallest parts in which the two trees differ.
    pairs: set[tuple[Node, Node]] = set()
    pending = [(preset, tree)]
    while pending:
        left, right = pending.pop()
        if left != right and _head(left) == _head(right):
            pending.extend(zip(left.parts, right.parts, strict=True))
        elif left != right:
            pairs.add((left, right))
    if len(pairs) != 1 or (preset, tree) in pairs:
        return None
    ((old, new),) = pairs
    if replaced(preset, old, new) != tree:
        return None
    return form(".replace", made, old.label or phrase(old, spell), phrase(new, spell))


def _head(tree: Node) -> tuple[Any, ...]:
    return (tree.kind, tree.label, tree.detail, len(tree.parts))
