"""The admin's commands: what waits, the file for the bank, and the decisions."""

import csv
import io
from argparse import ArgumentParser
from dataclasses import replace
from datetime import timedelta

import pytest

from mentorinaja import clock
from mentorinaja.commands import NotAnAdmin
from mentorinaja.db.pool import Database
from mentorinaja.withdrawals.desk import COMMANDS
from mentorinaja.withdrawals.rules import Undecidable
from tests.support.bookings import settings_of
from tests.support.desk import make_admin
from tests.support.withdrawals import NUMBER, ask, balances, make_earner, wish


async def run(db: Database, line: list[str], **changes: str) -> str:
    """Run a command as it is typed; answers what it prints."""
    command = next(one for one in COMMANDS if one.name == line[0])
    parser = ArgumentParser(exit_on_error=False)
    command.arguments(parser)
    return await command.run(db, replace(settings_of(db), **changes), parser.parse_args(line[1:]))  # type: ignore[arg-type]  # settings by name


async def test_the_desk_lists_decides_and_makes_the_banks_file(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db)
    assert await run(db, ["withdrawals"]) == "No withdrawal waits."
    public_id = await ask(db, sari, wish(account_holder="=HYPERLINK(1)"))
    listed = await run(db, ["withdrawals"])
    assert public_id in listed and "Diajukan" in listed and "available Rp 26.000" in listed
    assert "LATE" not in listed and NUMBER not in listed
    assert await run(db, ["withdrawals", "--csv"]) == ",".join(
        ("id", "bank_code", "bank_name", "account_number", "account_holder", "amount")
    ), "not approved yet"
    who = ["--admin", admin.email]
    with pytest.raises(NotAnAdmin):
        await run(db, ["approve-withdrawal", public_id, "--admin", "budi@mentorinaja.test"])
    await run(db, ["approve-withdrawal", public_id, *who])
    rows = list(csv.reader(io.StringIO(await run(db, ["withdrawals", "--csv"]))))
    assert rows[1:] == [[public_id, "014", "BCA", NUMBER, "'=HYPERLINK(1)", "100000"]]
    with pytest.raises(Undecidable, match="BANK_KEY"):
        await run(db, ["withdrawals", "--csv"], bank_key="another-key-0123456789abcdefghijkl")
    await clock.shift(db, timedelta(days=8))
    assert "LATE" in await run(db, ["withdrawals"])
    await run(db, ["withdrawal-sent", public_id, *who, "--reference", "TRX-77"])
    assert await run(db, ["withdrawals"]) == "No withdrawal waits."
    assert "TRX-77" in await run(db, ["withdrawals", "--all"])
    assert (await balances(db, sari)).withdrawn == 100_000
    reason = ["--reason", "Bank mengembalikan uangnya."]
    await run(db, ["withdrawal-failed", public_id, *who, *reason])
    second = await ask(db, sari)
    await run(db, ["reject-withdrawal", second, *who, *reason])
    assert (await balances(db, sari)).available == 126_000
