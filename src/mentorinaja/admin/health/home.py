"""The desk's home: whether the money is whole, what waits, what happens now, and what was sold."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from mentorinaja.admin.health.charts import Chart, chart_of
from mentorinaja.admin.health.figures import Days, days_until_now
from mentorinaja.admin.health.now import now_on
from mentorinaja.admin.health.numbers import numbers
from mentorinaja.admin.pages import desk_page
from mentorinaja.db.pool import Database
from mentorinaja.jobs.waiting import counts
from mentorinaja.payments.log_queries import forged_lately
from mentorinaja.payments.queries import link_stock
from mentorinaja.web.auth import requires_admin
from mentorinaja.web.viewer import WebRequest

LENGTHS = (7, 30, 90)
_USUAL = 30


@get("/admin", guards=[requires_admin])
async def show_home(request: WebRequest, db: Database) -> Response[Any]:
    """What needs an admin now; `days` chooses how many days the charts have."""
    length = _length(request.query_params.get("days", ""))
    days = await days_until_now(db, length)
    found = await numbers(db)
    return desk_page(
        request,
        "templates/admin/home.html",
        "",
        numbers=found,
        whole=not any(number.count for number in found),
        now_on=await now_on(db),
        jobs=await counts(db),
        stock=await link_stock(db),
        forged=await forged_lately(db),
        days=days,
        charts=_charts(days),
        length=length,
        lengths=LENGTHS,
    )


def _length(text: str) -> int:
    return next((length for length in LENGTHS if text == str(length)), _USUAL)


def _charts(days: Days) -> list[Chart]:
    return [
        chart_of("sold", "Penjualan", [(one.day, one.sold) for one in days.days]),
        chart_of("fees", "Biaya platform dan admin", [(one.day, one.fees) for one in days.days]),
        chart_of("returned", "Dana kembali", [(one.day, one.returned) for one in days.days]),
    ]


handlers = [show_home]
