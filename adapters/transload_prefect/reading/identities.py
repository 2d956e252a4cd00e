"""Keys of assets → identities: one spelling of each dataset has its identity, another spelling is an asset of its own and reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from transload.loss import Code, Loss, Severity
from transload.model.assets import Origin
from transload.model.identity import AssetId, logical, scrub, uri_of
from transload_prefect.names import TOOL, identity_of, is_canonical


class Identities:
    """The identities of the keys in a project, and the losses that come with them."""

    def __init__(self, keys: Mapping[str, Origin], deployment: str) -> None:
        """`keys` with the place of each; `deployment` names the instance of Prefect in identities that only Prefect knows."""
        self.losses: list[Loss] = []
        self._names: dict[str, str] = {}
        for key, origin in keys.items():
            name = self._names[key] = scrub(key)
            if name != key:
                message = "The key holds credentials, which were removed."
                self._add_loss(name, Code.CREDENTIAL_REMOVED, message, origin)
        origins = {self._names[key]: origin for key, origin in keys.items()}
        self._ids: dict[str, AssetId] = {}
        self._owners: dict[AssetId, str] = {}
        # The canonical spelling of a dataset comes first, so that it is the one that gets the dataset's identity.
        for name in sorted(origins, key=lambda name: (not is_canonical(name), name)):
            self._ids[name] = self._identity(name, origins[name], deployment)

    def of(self, key: str) -> AssetId:
        """The identity of a key."""
        return self._ids[self._names[key]]

    def name(self, key: str) -> str:
        """The key without credentials."""
        return self._names[key]

    def _identity(self, name: str, origin: Origin, deployment: str) -> AssetId:
        identity = identity_of(name)
        if identity is None:
            return logical(TOOL, deployment, (name,))
        owner = self._owners.setdefault(identity, name)
        if owner == name:
            return identity
        self._add_loss(
            name, Code.SHARED_IDENTITY, f"It is the dataset {uri_of(identity)}, as is the asset {owner}.", origin
        )
        return logical(TOOL, deployment, (name,))

    def _add_loss(self, key: str, code: Code, message: str, origin: Origin) -> None:
        remedy = "Use one key for one dataset, without credentials."
        self.losses.append(
            Loss(
                subject=f"asset {key}",
                field="key",
                severity=Severity.APPROXIMATED,
                code=code,
                message=message,
                remedy=remedy,
                origin=origin,
            )
        )


def first_places(pairs: Iterable[tuple[str, Origin]]) -> dict[str, Origin]:
    """Each key with the place where it was first met."""
    places: dict[str, Origin] = {}
    for key, origin in pairs:
        places.setdefault(key, origin)
    return places
