"""What a desk is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

from mentorinaja.admin.batch import Transfers
from mentorinaja.admin.cases import Case, Data, Decision, Means
from mentorinaja.admin.listing import Listing


async def _nothing(_means: Means) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Desk(Generic[Data]):
    """A list at `/admin/{name}` and the cases behind it.

    `kind` is what the audit log calls its things; `load` finds one by the id in its address, or None. `above` is a
    partial over the list (batch files, forms that add), which takes what `above_context` answers. `about` says in a
    sentence what the list is for. `word` is what one row is called. `transfers`: its money goes by bank, in the files
    of `/admin/{name}/batch`.
    """

    name: str
    title: str
    word: str
    kind: str
    about: str
    listing: Listing
    load: Callable[[Means, str], Awaitable[Case[Data] | None]]
    decisions: tuple[Decision[Data], ...] = ()
    above: str = ""
    above_context: Callable[[Means], Awaitable[Mapping[str, Any]]] = field(default=_nothing)
    transfers: Transfers | None = None

    def decision(self, name: str) -> Decision[Data] | None:
        """Its decision of this name, or None."""
        return next((decision for decision in self.decisions if decision.name == name), None)

    @property
    def choices(self) -> dict[str, set[str]]:
        """Each filter's values, for reading an address."""
        return {
            filter_.name: {choice.value for choice in filter_.choices} for filter_ in self.listing.filters
        }
