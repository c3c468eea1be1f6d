"""The form as a browser sends it."""

import re

import httpx

from tests.support.withdrawals import BANK, NUMBER, PASSWORD

PAGE = "/expert/dashboard/withdrawals"


async def fields(client: httpx.AsyncClient, **changes: str) -> dict[str, str]:
    """Everything the form carries, as served and filled in; `changes` by name."""
    return hidden_of((await client.get(PAGE)).text) | filled(**changes)


def hidden_of(page: str) -> dict[str, str]:
    """What a page's form carries that nobody types."""
    return dict(re.findall(r'<input[^>]*name="(_csrf|form_key|version)"[^>]*value="([^"]+)"', page))


def filled(**changes: str) -> dict[str, str]:
    """What the expert types."""
    typed = {
        "amount": "100.000",
        "bank": BANK,
        "account_number": NUMBER,
        "account_holder": "Sari Wulandari",
        "password": PASSWORD,
    }
    return typed | changes
