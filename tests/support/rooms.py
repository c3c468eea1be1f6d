"""Two people with a paid session, their rooms, and browsers that are signed in without the sign-in page."""

from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_urlsafe
from uuid import UUID, uuid4

from litestar.datastructures import Cookie

from mentorinaja import clock
from mentorinaja.contents.kinds import Contents
from mentorinaja.db.pool import Database
from mentorinaja.rooms import actions, files, queries
from mentorinaja.rooms.room import SIDES, Attachment, Item, Message, Room
from mentorinaja.rooms.sending import Sent, send
from mentorinaja.settings import Settings
from mentorinaja.storage import Storage
from mentorinaja.web.auth import session_cookie, token_hash
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import book, due_in, make_seller, make_user, slot_in
from tests.support.payments import pay
from tests.support.site import Browser, Site


@dataclass
class Meeting:
    """A paid booking and its two people."""

    db: Database = field(repr=False)
    order_id: str
    booking_id: UUID
    user: Viewer
    expert: Viewer

    async def room(self) -> Room:
        """The room as the database tells it."""
        room = await queries.room_for(self.db, self.user, self.booking_id)
        assert room is not None
        return room

    async def items(self) -> list[Item]:
        """Everything in the room, in order."""
        return await queries.latest_items(self.db, self.booking_id, 100_000)

    async def say(self, who: Viewer, text: str, client_id: UUID | None = None) -> Sent:
        """Send a message."""
        return await send(self.db, who, self.booking_id, client_id or uuid4(), text)

    async def give(
        self, storage: Storage, who: Viewer, contents: Contents, name: str = "berkas", text: str = ""
    ) -> Attachment:
        """Send what was looked at already, as an upload does."""
        id_ = await files.take_place(self.db, who, self.booking_id, name, contents)
        await files.store(storage, self.booking_id, id_, contents)
        sent = await send(self.db, who, self.booking_id, uuid4(), text, id_)
        assert sent.message.attachment is not None
        return sent.message.attachment

    async def begin(self) -> None:
        """Both enter and stay with a stream open; with the time come, the clock runs."""
        for person in (self.user, self.expert):
            await actions.enter(self.db, person, self.booking_id)
        for side in SIDES:
            await actions.streams(self.db, self.booking_id, side)

    async def go_to(self, at: datetime) -> None:
        """Move the database's clock to `at`."""
        await clock.shift(self.db, at - await clock.now(self.db))

    async def status(self) -> str:
        """The booking's status as written down."""
        status: str = await self.db.fetchval("SELECT status FROM bookings WHERE id = $1", self.booking_id)
        return status


async def meet_now(db: Database, *, minutes: int = 30, zones: tuple[str, str] | None = None) -> Meeting:
    """A paid chat that starts at this moment."""
    return await _meet(db, None, minutes, "online_chat", zones)


async def meet_later(
    db: Database, *, minutes: int = 30, category: str = "online_chat", paid: bool = True
) -> Meeting:
    """A booking for tomorrow."""
    return await _meet(db, await slot_in(db, days=1), minutes, category, None, paid=paid)


async def meet_after(db: Database, meeting: Meeting, starts_at: datetime) -> Meeting:
    """Another confirmed session of the same expert, with another user, at that time."""
    other = await meet_later(db)
    await db.execute(
        """UPDATE bookings SET expert_id = (SELECT expert_id FROM bookings WHERE id = $2), starts_at = $3::timestamptz,
             during = tstzrange($3::timestamptz, $3::timestamptz + interval '30 minutes'),
             blocked = tstzrange($3::timestamptz, $3::timestamptz + interval '30 minutes')
           WHERE id = $1""",
        other.booking_id,
        meeting.booking_id,
        starts_at,
    )
    await db.execute(
        "UPDATE orders SET expert_id = (SELECT expert_id FROM orders WHERE public_id = $2) WHERE public_id = $1",
        other.order_id,
        meeting.order_id,
    )
    return other


async def meet_in_writing(db: Database, *, paid: bool = True) -> Meeting:
    """An unhurried thread whose answer is due in two days; paid, both have looked into it."""
    meeting = await _meet(db, await due_in(db, days=2), None, "online_chat", None, paid=paid)
    if paid:
        await meeting.begin()
    return meeting


async def _meet(
    db: Database,
    starts_at: datetime | None,
    minutes: int | None,
    category: str,
    zones: tuple[str, str] | None,
    *,
    paid: bool = True,
) -> Meeting:
    user_zone, expert_zone = zones or ("Asia/Jakarta", "Asia/Jakarta")
    user = await make_user(db, zone=user_zone)
    seller = await make_seller(
        db, minutes=minutes, category=category, ready=starts_at is None, zone=expert_zone
    )
    order_id = await book(db, user, seller, starts_at)
    if paid:
        await pay(db, order_id)
    booking_id = await db.fetchval(
        "SELECT b.id FROM bookings b JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1", order_id
    )
    email = await db.fetchval("SELECT email::text FROM users WHERE id = $1", seller.user_id)
    expert = Viewer(seller.user_id, "Sari Wulandari", email, "user", expert_zone, 0, seller.id)
    return Meeting(db, order_id, booking_id, user, expert)


async def signed_in(db: Database, settings: Settings, person: Viewer) -> Cookie:
    """A session cookie of `person`, as the sign-in page would give it; an admin has given the code, too."""
    token = token_urlsafe(32)
    await db.execute(
        """INSERT INTO login_sessions (user_id, token_hash, remember, user_agent, address, expires_at, second_factor_at)
           SELECT id, $2, role <> 'admin', 'test', '127.0.0.1',
             app_now() + CASE role WHEN 'admin' THEN interval '8 hours' ELSE interval '30 days' END,
             CASE role WHEN 'admin' THEN app_now() END
           FROM users WHERE id = $1""",
        person.id,
        token_hash(token),
    )
    return session_cookie(settings, token, None)


def texts(items: list[Item]) -> list[str]:
    """The messages' texts, in order."""
    return [item.text for item in items if isinstance(item, Message)]


async def enter_site(site: Site, meeting: Meeting, person: Viewer) -> Browser:
    """A browser of `person` on the room's page."""
    browser = await known_browser(site, person)
    await browser.get(room_path(meeting))
    return browser


async def known_browser(site: Site, person: Viewer) -> Browser:
    """A browser that is signed in as `person`."""
    browser = await site.browser()
    cookie = await signed_in(site.db, site.settings, person)
    browser.client.cookies.set(cookie.key, str(cookie.value))
    return browser


def room_path(meeting: Meeting) -> str:
    """The room's address."""
    return f"/session?bookingId={meeting.booking_id}"
