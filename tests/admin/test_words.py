"""The desk's words: nobody reads the names that the code has for things."""

import re
from inspect import getsource
from typing import get_args

from mentorinaja import work
from mentorinaja.admin.about import device_of
from mentorinaja.admin.orders.words import REASONS, ROOM, ROOM_CAUSES
from mentorinaja.admin.upkeep.words import JOBS, KINDS, about_of
from mentorinaja.rooms import clock
from mentorinaja.rooms.room import NoticeKind

_PHONE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"
_APPLE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile Safari/604.1"


def test_every_job_is_called_by_what_it_does() -> None:
    assert {job.name for job in work.all_jobs()} <= set(JOBS)


def test_every_mail_is_called_by_what_it_tells() -> None:
    assert {mail.kind for mail in work.MAILS} <= set(KINDS)


def test_what_happens_in_a_room_is_told_in_words_with_its_cause() -> None:
    assert {*get_args(NoticeKind)} - {"arrived", "moved"} <= set(ROOM), "those two are told elsewhere"
    causes = set(
        re.findall(r'"([a-z_]+)"', " ".join(re.findall(r"Step\((?:[^()]|\([^()]*\))*\)", getsource(clock))))
    )
    assert causes > {"schedule", "paid", "expert_back"}
    assert causes - {"start", "end", "pause", "resume", "cancel", "extend", "lapse"} <= {
        *ROOM_CAUSES,
        *REASONS,
    }


def test_devices_and_what_a_mail_is_about_are_called_as_people_call_them() -> None:
    assert [device_of(one) for one in (_PHONE, _APPLE, "curl/8", "")] == [
        "Chrome di Android", "Safari di iPhone", "Peramban lain", "Peramban lain",
    ]  # fmt: skip
    assert [about_of(one) for one in ("WD-20261122-H3NKDH", "factor:61", "role-3")] == [
        "WD-20261122-H3NKDH", "", "",
    ]  # fmt: skip
