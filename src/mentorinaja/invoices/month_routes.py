"""An expert's monthly statement: a page, a PDF and a file for a spreadsheet, at one address."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from litestar import Response, get

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.invoices import month_files, months, rules
from mentorinaja.invoices.downloads import as_file, split
from mentorinaja.web import html
from mentorinaja.web.auth import requires_expert
from mentorinaja.web.viewer import WebRequest

_HERE = "/expert/dashboard/transaksi/laporan"


@get(_HERE, guards=[requires_expert])
async def lead_to_month(request: WebRequest, now: datetime) -> Response[Any]:
    """On to the month that runs."""
    return html.see_other(request, f"{_HERE}/{rules.month_of(now):%Y-%m}")


@get(_HERE + "/{name:str}", guards=[requires_expert])
async def show_month(request: WebRequest, db: Database, now: datetime, name: str) -> Response[Any]:
    """The month `2026-11` of the expert who asks; `.pdf` and `.csv` the same as files."""
    assert request.user is not None and request.user.expert_id is not None, "the guard let nobody else in"
    wanted, ending = split(name, ("pdf", "csv"))
    first = rules.month_named(wanted)
    month = await months.month_of_expert(db, request.user.expert_id, first, now) if first else None
    if month is None:
        raise NotThere
    if ending == "csv":
        return as_file(month_files.as_csv(month), f"laporan-{month.name}.csv")
    if ending == "pdf":
        return as_file(await asyncio.to_thread(month_files.as_pdf, month), f"laporan-{month.name}.pdf")
    return html.page(request, "templates/invoices/month.html", month=month)
