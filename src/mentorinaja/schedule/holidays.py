"""Indonesia's national holidays, suggested to experts as days off: 2026 as decreed, 2027 as far as it is certain.

2026: the joint decree of three ministers of 19 September 2025 (17 days; the days of joint leave are left out).
2027: holidays with a fixed date and those that follow from Easter or the Chinese calendar. Those that hang on a
sighting of the moon or on a decree come here when the government has announced them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

HOLIDAYS: Mapping[date, str] = MappingProxyType(
    {
        date(2026, 1, 1): "Tahun Baru Masehi",
        date(2026, 1, 16): "Isra Mikraj",
        date(2026, 2, 17): "Tahun Baru Imlek",
        date(2026, 3, 19): "Hari Suci Nyepi",
        date(2026, 3, 21): "Idulfitri",
        date(2026, 3, 22): "Idulfitri",
        date(2026, 4, 3): "Wafat Yesus Kristus",
        date(2026, 4, 5): "Paskah",
        date(2026, 5, 1): "Hari Buruh",
        date(2026, 5, 14): "Kenaikan Yesus Kristus",
        date(2026, 5, 27): "Iduladha",
        date(2026, 5, 31): "Hari Raya Waisak",
        date(2026, 6, 1): "Hari Lahir Pancasila",
        date(2026, 6, 16): "Tahun Baru Islam",
        date(2026, 8, 17): "Hari Kemerdekaan",
        date(2026, 8, 25): "Maulid Nabi Muhammad",
        date(2026, 12, 25): "Hari Raya Natal",
        date(2027, 1, 1): "Tahun Baru Masehi",
        date(2027, 2, 6): "Tahun Baru Imlek",
        date(2027, 3, 26): "Wafat Yesus Kristus",
        date(2027, 3, 28): "Paskah",
        date(2027, 5, 1): "Hari Buruh",
        date(2027, 5, 6): "Kenaikan Yesus Kristus",
        date(2027, 6, 1): "Hari Lahir Pancasila",
        date(2027, 8, 17): "Hari Kemerdekaan",
        date(2027, 12, 25): "Hari Raya Natal",
    }
)
