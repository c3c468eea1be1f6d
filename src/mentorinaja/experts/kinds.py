"""What a signed-in person keeps of experts, marked in parts of pages that everybody signed in shares.

Such a part shows every heart empty and every bell silent; `Kept.mark` fills in the own ones. Who knows what a
person keeps stands to the right of this feature, and is handed to the pages by the application's state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Kept:
    """The ids of the experts somebody keeps, and of those whose next slot is waited for."""

    hearts: frozenset[int] = frozenset()
    bells: frozenset[int] = frozenset()

    def mark(self, part: Markup) -> Markup:
        """`part` with this person's hearts filled and bells ringing.

        The buttons of `partials/favourites` write their state in exactly these words.
        """
        html = str(part)
        for name, ids in (("heart", self.hearts), ("bell", self.bells)):
            for expert_id in ids:
                html = html.replace(_state(name, expert_id, on=False), _state(name, expert_id, on=True))
        return Markup(html)  # noqa: S704 a template's own output


# What a person, by the user's id, keeps.
FindKept = Callable[[int], Awaitable[Kept]]


def _state(name: str, expert_id: int, *, on: bool) -> str:
    return f'data-{name}="{expert_id}" aria-pressed="{"true" if on else "false"}" value="{int(not on)}"'
