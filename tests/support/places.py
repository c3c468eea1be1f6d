"""Sessions that take place elsewhere: by video with a meeting link, or in person with an arrival code."""

from datetime import timedelta

from mentorinaja.db.pool import Database
from mentorinaja.rooms import actions
from tests.support.rooms import Meeting, enter_site, meet_later
from tests.support.site import Browser, Site

MINUTE = timedelta(minutes=1)
LINK = "https://meet.contoh.test/abc"


async def meet_by_video(db: Database, *, link: str | None = LINK) -> Meeting:
    """A paid video session of tomorrow, with its link."""
    if link is not None:
        await db.execute(
            "INSERT INTO meeting_links_pool (url) VALUES ($1 || '/' || (SELECT count(*) FROM bookings))", link
        )
    return await meet_later(db, category="online_video")


async def meet_in_person(db: Database) -> Meeting:
    """A paid offline session of tomorrow."""
    return await meet_later(db, category="offline_event")


async def code_of(meeting: Meeting) -> str:
    """What the user of an offline session was told."""
    code: str = await meeting.db.fetchval(
        "SELECT arrival_code FROM bookings WHERE id = $1", meeting.booking_id
    )
    return code


async def wrong_code_of(meeting: Meeting) -> str:
    """Six digits that are not the code."""
    return f"{(int(await code_of(meeting)) + 1) % 1_000_000:06}"


async def open_doors(meeting: Meeting, after_start: timedelta = MINUTE) -> None:
    """The session runs."""
    await meeting.go_to((await meeting.room()).starts_at + after_start)
    await actions.open_room(meeting.db, meeting.booking_id)


async def be_over(meeting: Meeting, since: timedelta = MINUTE) -> None:
    """The session's booked time has passed, so long ago."""
    room = await meeting.room()
    await meeting.go_to(room.starts_at)
    await actions.open_room(meeting.db, meeting.booking_id)
    await meeting.go_to(room.scheduled_end + since)
    await actions.advance(meeting.db, meeting.booking_id)


def path(meeting: Meeting, name: str) -> str:
    """The address of one of the session's pages."""
    return f"/session/{meeting.booking_id}/{name}"


async def both(site: Site, meeting: Meeting) -> tuple[Browser, Browser]:
    """The browsers of the user and the expert, in the room."""
    return await enter_site(site, meeting, meeting.user), await enter_site(site, meeting, meeting.expert)
