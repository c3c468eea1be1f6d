"""An expert's working times as Piccolo sees them; weekly hours end at '24:00', which only SQL can say."""

from __future__ import annotations

from piccolo.columns import BigInt, Integer, Text
from piccolo.table import Table


class Schedules(Table, tablename="schedules"):
    """How an expert works: the own zone, and minutes and days that bound what can be booked."""

    expert_id = BigInt(primary_key=True)
    time_zone = Text()
    step_minutes = Integer()
    buffer_minutes = Integer()
    notice_minutes = Integer()
    horizon_days = Integer()
