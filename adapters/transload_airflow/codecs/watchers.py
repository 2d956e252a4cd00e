"""Asset watchers ↔ forms. Only triggers whose class and arguments are known are written; reading takes any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import JsonValue

from transload.forms import Form, form
from transload.model.assets import Watcher
from transload_airflow.codecs.classes import arguments, kind_of, sdk
from transload_airflow.codecs.residue import described, words_in

TRIGGERS: Final[Mapping[str, Mapping[str, JsonValue]]] = {
    "airflow.providers.standard.triggers.file.FileDeleteTrigger": {"filepath": None, "poke_interval": 5.0},
}
"""Triggers of the provider that Airflow always brings: class → arguments, with their defaults (None: it has none)."""


def watchers_of(value: Any) -> tuple[tuple[Watcher, ...], list[JsonValue]]:
    """The watchers of an asset, and descriptions of whatever else is listed as one."""
    watchers, others = [], []
    for item in value if isinstance(value, (list, tuple)) else ():
        watcher = _watcher(item)
        if watcher is None:
            others.append(described(item))
        else:
            watchers.append(watcher)
    return tuple(watchers), others


def to_form(watcher: Watcher) -> Form | None:
    """Airflow's watcher, None for a trigger that is not known or has other arguments."""
    known = TRIGGERS.get(watcher.trigger)
    if known is None or set(watcher.arguments) != set(known) or not watcher.name:
        return None
    for key, default in known.items():
        value = watcher.arguments[key]
        # An argument without a default is a text, any other a number of seconds.
        fits = isinstance(value, str) if default is None else isinstance(value, float) and value > 0
        if not fits:
            return None
    changed = {key: value for key, value in watcher.arguments.items() if value != known[key]}
    return form(sdk("AssetWatcher"), name=watcher.name, trigger=Form(watcher.trigger, (), changed))


def _watcher(value: Any) -> Watcher | None:
    if kind_of(value) != "AssetWatcher":
        return None
    kwargs = arguments(value)
    trigger = kwargs.get("trigger")
    if not isinstance(kwargs.get("name"), str) or not isinstance(trigger, Form) or set(kwargs) != {"name", "trigger"}:
        return None
    if trigger.args or any(words_in(trigger)):
        return None
    defaults = {key: default for key, default in TRIGGERS.get(trigger.name, {}).items() if default is not None}
    stated = {key: described(argument) for key, argument in trigger.kwargs.items()}
    return Watcher(name=kwargs["name"], trigger=trigger.name, arguments={**defaults, **stated})
