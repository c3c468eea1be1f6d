"""Suspensions and roles: what they end, what they leave, who may decide them, and that the last admin never goes."""

import asyncio
from dataclasses import replace

import pytest

from mentorinaja.accounts import actions as accounts
from mentorinaja.accounts import people, roles, standing
from mentorinaja.accounts.problems import Suspended
from mentorinaja.accounts.standing import NotForThisAccount
from mentorinaja.accounts.standing_mails import MAILS
from mentorinaja.applications import actions as applications
from mentorinaja.bookings import making
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.experts import actions as publishing
from mentorinaja.experts import queries as experts
from mentorinaja.experts.listing import find_experts
from mentorinaja.experts.rules import Search
from mentorinaja.favourites import actions as favourites
from mentorinaja.favourites import queries as kept
from mentorinaja.formats import WIB
from mentorinaja.notices import actions as notices
from mentorinaja.trust import actions as trust
from mentorinaja.web.viewer import Viewer
from tests.applications.people import status_of as application_status
from tests.applications.people import submitted
from tests.support.accounts import HOME, PASSWORD, eventually, make_account
from tests.support.bookings import book, make_seller, make_user, pay, settings_of, slot_in, state_of
from tests.support.desk import make_admin
from tests.support.races import Meet

REASON = "Banyak laporan dari pengguna yang sama."


async def told(db: Database, user_id: int) -> list[str]:
    """The subjects of the mails that would be sent now to somebody, in order; they wait on."""
    load, settings = {mail.kind: mail.load for mail in MAILS}, settings_of(db)
    subjects = []
    for row in await db.fetch("SELECT id, kind FROM outbox WHERE user_id = $1 ORDER BY id", user_id):
        if row["kind"] in load and (mail := await notices.take(db, row["id"])):
            await db.execute(
                "UPDATE outbox SET status = 'waiting', taken_until = NULL WHERE id = $1", row["id"]
            )
            content = await load[row["kind"]](db, settings, mail)
            subjects += [content.subject] if content else []
    return subjects


async def status_of(db: Database, expert_id: int) -> str:
    """Where a mentor's profile stands."""
    status: str = await db.fetchval("SELECT status FROM experts WHERE id = $1", expert_id)
    return status


async def noted(db: Database, user_id: int) -> list[str]:
    """What admins did to somebody, in order."""
    rows = await db.fetch(
        "SELECT action FROM audit_log WHERE kind = 'user' AND subject = $1 ORDER BY id", str(user_id)
    )
    return [row["action"] for row in rows]


async def test_who_is_suspended_is_out_at_once_and_comes_back_by_an_undo(db: Database) -> None:
    admin, user_id = await make_admin(db), await make_account(db, "budi@mentorinaja.test")
    signed_in = await accounts.sign_in(db, "budi@mentorinaja.test", PASSWORD, HOME)
    assert isinstance(signed_in, accounts.SignedIn)
    await standing.suspend(db, admin, user_id, REASON)
    with pytest.raises(Suspended):
        await accounts.sign_in(db, "budi@mentorinaja.test", PASSWORD, HOME)
    assert not any(each.open for each in await people.sign_ins_of(db, user_id))
    assert await told(db, user_id) == ["Akun MentorinAja Anda ditangguhkan"]
    found = await people.person_of(db, user_id)
    assert found is not None and found.suspended_because == REASON
    with pytest.raises(NotForThisAccount, match="sudah ditangguhkan"):
        await standing.suspend(db, admin, user_id, REASON)
    await standing.unsuspend(db, admin, user_id, "Ternyata salah orang.")
    assert await told(db, user_id) == ["Akun MentorinAja Anda dibuka lagi"], "what is over is told no more"
    assert not any(each.open for each in await people.sign_ins_of(db, user_id)), "old sign-ins stay over"
    assert await accounts.sign_in(db, "budi@mentorinaja.test", PASSWORD, HOME)
    with pytest.raises(NotForThisAccount, match="tidak sedang"):
        await standing.unsuspend(db, admin, user_id, REASON)
    assert await noted(db, user_id) == ["user.suspended", "user.unsuspended"]
    [told_of] = await people.suspensions_of(db, user_id)
    assert (told_of.reason, told_of.lifted_because) == (REASON, "Ternyata salah orang.")


async def test_whom_it_is_not_about_cannot_be_suspended(db: Database) -> None:
    admin, other, user = await make_admin(db), await make_admin(db), await make_user(db)
    for who, whom, refusal, words in (
        (user, admin.id, NotThere, ""),
        (admin, 10_000, NotThere, ""),
        (admin, admin.id, NotForThisAccount, "akun Anda sendiri"),
        (admin, other.id, NotForThisAccount, "Ajukan dulu"),
    ):
        with pytest.raises(refusal, match=words or None):
            await standing.suspend(db, who, whom, REASON)
    with pytest.raises(NotForThisAccount, match="10 sampai 1000"):
        await standing.suspend(db, admin, user.id, "Jahat.")
    assert await db.fetchval("SELECT count(*) FROM users WHERE suspended_at IS NOT NULL") == 0
    assert await db.fetchval("SELECT count(*) FROM audit_log") == 0


async def test_a_suspended_mentor_is_nowhere_and_is_back_as_before(db: Database) -> None:
    admin, user, seller = await make_admin(db), await make_user(db), await make_seller(db)
    far = await slot_in(db, days=3)
    standing_order = await book(db, user, seller, far)
    await pay(db, standing_order)
    await favourites.keep(db, user.id, seller.slug)
    await standing.suspend(db, admin, seller.user_id, REASON)
    assert await status_of(db, seller.id) == "suspended"
    assert await experts.expert_page(db, seller.slug) is None and await experts.is_suspended(db, seller.slug)
    assert (await find_experts(db, Search(), WIB)).total == 0
    [favourite] = (await kept.favourites_of(db, user.id, 1)).experts
    assert not favourite.findable and await kept.expert_at(db, seller.slug) is None
    with pytest.raises(making.ServiceGone):
        await book(db, await make_user(db), seller, await slot_in(db, days=4))
    assert await state_of(db, standing_order) == ("confirmed", "paid"), "nothing is cancelled by itself"
    assert not await trust.resume(db, seller.id), "a mentor lists nobody who is suspended"
    await standing.unsuspend(db, admin, seller.user_id, REASON)
    assert await status_of(db, seller.id) == "published"
    assert (await find_experts(db, Search(), WIB)).total == 1
    # What paused before pauses afterwards.
    await trust.unlist(db, admin, seller.id, REASON)
    await standing.suspend(db, admin, seller.user_id, REASON)
    assert await status_of(db, seller.id) == "suspended" and await experts.pause_of(db, seller.id)
    with pytest.raises(trust.NotListable):
        await trust.relist(db, admin, seller.id, REASON)
    await standing.unsuspend(db, admin, seller.user_id, REASON)
    assert await status_of(db, seller.id) == "paused"


async def test_who_is_suspended_while_being_published_is_published_to_nobody(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    dewi = await published_while_suspended(db, monkeypatch)
    assert await application_status(db, dewi) == "suspended"


async def test_without_the_lock_a_suspended_mentor_would_be_published(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the suspension looks past an application that is being decided."""
    body: str = await unchecked_db.fetchval("SELECT pg_get_functiondef('suspended_mentor'::regproc)")
    assert "PERFORM FROM experts WHERE user_id = NEW.id FOR UPDATE;" in body
    await unchecked_db.execute(body.replace("PERFORM FROM experts WHERE user_id = NEW.id FOR UPDATE;", ""))
    dewi = await published_while_suspended(unchecked_db, monkeypatch)
    assert await application_status(unchecked_db, dewi) == "published"


async def published_while_suspended(db: Database, monkeypatch: pytest.MonkeyPatch) -> Viewer:
    """One admin has looked and is about to publish; another suspends; then the first goes on."""
    first, second, dewi = await make_admin(db), await make_admin(db), await submitted(db)
    looked, suspension = asyncio.Event(), asyncio.Event()
    publish = publishing.publish

    async def slow_publish(tx: Connection, expert_id: int) -> None:
        looked.set()
        await suspension.wait()
        await publish(tx, expert_id)

    monkeypatch.setattr(applications.experts, "publish", slow_publish)
    verifying = asyncio.create_task(applications.verify(db, first, "dewi-anggraini"))
    await looked.wait()
    suspending = asyncio.create_task(standing.suspend(db, second, dewi.id, REASON))

    async def stuck_or_done() -> bool:
        return suspending.done() or bool(await db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

    await eventually(stuck_or_done)
    suspension.set()
    await asyncio.gather(verifying, suspending)
    return dewi


async def test_devices_end_one_by_one_or_all_and_a_link_goes_out_again(db: Database) -> None:
    admin, user_id = await make_admin(db), await make_account(db, "ani@mentorinaja.test", verified=False)
    for _ in range(3):
        await accounts.sign_in(db, "ani@mentorinaja.test", PASSWORD, HOME)
    first = (await people.sign_ins_of(db, user_id))[0]
    await standing.end_device(db, admin, user_id, first.id)
    with pytest.raises(NotForThisAccount, match="sudah keluar"):
        await standing.end_device(db, admin, user_id, first.id)
    other = await make_account(db)
    with pytest.raises(NotForThisAccount):
        await standing.end_device(db, admin, other, (await people.sign_ins_of(db, user_id))[0].id)
    assert await standing.end_devices(db, admin, user_id, REASON) == 2
    with pytest.raises(NotForThisAccount, match="Tidak ada perangkat"):
        await standing.end_devices(db, admin, user_id, REASON)
    now = await db.fetchval("SELECT app_now()")
    await standing.send_verification(db, admin, user_id, now)
    assert (
        await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'verify' AND user_id = $1", user_id) == 2
    )
    await db.execute("UPDATE users SET email_verified_at = app_now() WHERE id = $1", user_id)
    with pytest.raises(NotForThisAccount, match="sudah dikonfirmasi"):
        await standing.send_verification(db, admin, user_id, now)
    assert await noted(db, user_id) == ["user.device_ended", "user.devices_ended", "user.verification_sent"]


async def test_a_role_changes_when_two_admins_want_it(db: Database) -> None:
    first, second, third = [await make_admin(db, f"Admin {number}") for number in range(3)]
    user_id = await make_account(db, "calon@mentorinaja.test")
    await accounts.sign_in(db, "calon@mentorinaja.test", PASSWORD, HOME)
    await roles.ask_role(db, first, user_id, "admin", REASON)
    with pytest.raises(NotForThisAccount, match="menunggu admin lain"):
        await roles.ask_role(db, second, user_id, "admin", REASON)
    [request] = await people.waiting_role_requests(db)
    assert (request.words, request.asker, request.user_id) == ("Menjadi admin", "Admin 0", user_id)
    asked = ["Perubahan peran Budi Santoso menunggu Anda"]
    assert [await told(db, each.id) for each in (first, second, third)] == [[], asked, asked]
    assert await db.fetchval("SELECT role FROM users WHERE id = $1", user_id) == "user"
    with pytest.raises(NotForThisAccount, match="Anda yang mengajukan"):
        await roles.confirm_role(db, first, request.id)
    with pytest.raises(NotForThisAccount, match="Hanya yang mengajukan"):
        await roles.withdraw_role(db, second, request.id)
    await roles.confirm_role(db, second, request.id)
    assert await db.fetchval("SELECT role FROM users WHERE id = $1", user_id) == "admin"
    assert not any(each.open for each in await people.sign_ins_of(db, user_id))
    assert await told(db, user_id) == ["Peran akun MentorinAja Anda berubah"]
    assert await told(db, second.id) == []  # it is decided
    with pytest.raises(NotForThisAccount, match="oleh Admin 1"):
        await roles.decline_role(db, third, request.id, REASON)
    assert await noted(db, user_id) == ["user.role_asked", "user.role_confirmed"]
    # Back again: whoever it is about decides nothing.
    fresh = replace(await make_user(db), id=user_id, role="admin")
    await roles.ask_role(db, third, user_id, "user", REASON)
    [request] = await people.waiting_role_requests(db)
    with pytest.raises(NotForThisAccount, match="peran Anda sendiri"):
        await roles.confirm_role(db, fresh, request.id)
    # A request falls with whoever made it.
    await db.execute("UPDATE users SET role = 'user' WHERE id = $1", third.id)
    with pytest.raises(NotForThisAccount, match="bukan admin lagi"):
        await roles.confirm_role(db, second, request.id)
    await roles.decline_role(db, second, request.id, REASON)
    with pytest.raises(NotThere):
        await roles.ask_role(db, third, user_id, "user", REASON)


async def test_a_mentor_who_was_an_admin_is_a_mentor_again(db: Database) -> None:
    first, second, seller = await make_admin(db), await make_admin(db), await make_seller(db)
    for wanted, role in (("admin", "admin"), ("user", "expert")):
        await roles.ask_role(db, first, seller.user_id, wanted, REASON)  # type: ignore[arg-type] the two there are
        [request] = await people.waiting_role_requests(db)
        await roles.confirm_role(db, second, request.id)
        assert await db.fetchval("SELECT role FROM users WHERE id = $1", seller.user_id) == role
    for whom, wanted in ((first.id, "user"), (second.id, "admin")):
        with pytest.raises(NotForThisAccount):
            await roles.ask_role(db, first, whom, wanted, REASON)  # type: ignore[arg-type] the two there are
    await roles.ask_role(db, first, seller.user_id, "admin", REASON)
    [request] = await people.waiting_role_requests(db)
    await roles.withdraw_role(db, first, request.id)
    assert await people.waiting_role_requests(db) == []


async def test_of_two_admins_who_unmake_each_other_one_stays(db: Database) -> None:
    outcomes = await unmake_each_other(db)
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "NotThere"]
    assert await db.fetchval("SELECT count(*) FROM users WHERE role = 'admin'") == 3


async def test_without_the_lock_both_would_go(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: each has seen that both are admins before either confirms."""
    meet = Meet(2)
    begun: list[bool] = []

    async def look(tx: Connection, admin: Viewer, user_id: int) -> object:
        rows = await tx.fetch(
            "SELECT id, role, suspended_at IS NOT NULL AS suspended FROM users WHERE role = 'admin' OR id = $1",
            user_id,
        )
        if begun:
            await meet.wait()
        return {row["id"]: row for row in rows}

    monkeypatch.setattr(roles, "_lock", look)
    await unmake_each_other(unchecked_db, begun)
    assert await unchecked_db.fetchval("SELECT count(*) FROM users WHERE role = 'admin'") == 2


async def unmake_each_other(db: Database, begun: list[bool] | None = None) -> list[BaseException | None]:
    """Four admins: two ask, the other two each confirm what is about the other."""
    first, second, third, fourth = [await make_admin(db, f"Admin {number}") for number in range(4)]
    await roles.ask_role(db, third, first.id, "user", REASON)
    await roles.ask_role(db, fourth, second.id, "user", REASON)
    about_first, about_second = await people.waiting_role_requests(db)
    if begun is not None:
        begun.append(True)
    return await asyncio.gather(
        roles.confirm_role(db, second, about_first.id),
        roles.confirm_role(db, first, about_second.id),
        return_exceptions=True,
    )
