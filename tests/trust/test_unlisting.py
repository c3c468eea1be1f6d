"""Mentors whom an admin takes off the lists: told why, listed again by an admin alone."""

import asyncio

import pytest

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.experts import queries as experts
from mentorinaja.trust import actions, queries
from tests.support.bookings import make_seller, make_user, seller_browser
from tests.support.desk import make_admin
from tests.support.site import Site

REASON = "Foto profil bukan foto Anda."


async def test_only_an_admin_lists_again_whom_an_admin_took_off(site: Site) -> None:
    db, admin, seller = site.db, await make_admin(site.db), await make_seller(site.db)
    with pytest.raises(NotThere):
        await actions.unlist(db, await make_user(db), seller.id, REASON)
    with pytest.raises(actions.NotListable, match="tidak sedang dijeda"):
        await actions.relist(db, admin, seller.id, REASON)
    await actions.unlist(db, admin, seller.id, REASON)
    with pytest.raises(actions.NotListable, match="sudah diturunkan"):
        await actions.unlist(db, await make_admin(db), seller.id, REASON)
    await site.sweep()
    [mail] = [mail for mail in site.mailbox.messages if "diturunkan" in mail.subject]
    assert f"“{REASON}”" in mail.text and "”." not in mail.text and "satu klik" not in mail.text

    mentor, visitor = await seller_browser(site, seller), await site.browser()
    await mentor.get("/expert/dashboard")
    assert REASON in mentor.text and mentor.page.css_first("#pause form") is None
    answer = await mentor.post("/expert/dashboard/aktifkan", {})
    assert answer.status_code == 409 and "diturunkan oleh tim kami" in mentor.text
    assert (await visitor.get(f"/expert/{seller.slug}")).status_code == 200
    assert "Sedang tidak menerima sesi" in visitor.text

    await actions.relist(db, admin, seller.id, "Foto sudah diganti.")
    await site.sweep()
    assert site.mailbox.messages[-1].subject == "Anda tampil lagi di daftar mentor"
    assert await experts.pause_of(db, seller.id) is None
    actions_noted = await db.fetch("SELECT action FROM audit_log WHERE kind = 'expert' ORDER BY id")
    assert [row["action"] for row in actions_noted] == ["expert.unlisted", "expert.relisted"]


async def test_an_admins_pause_takes_the_place_of_another_and_own_profiles_are_left(db: Database) -> None:
    admin, seller = await make_admin(db), await make_seller(db)
    await db.execute("UPDATE experts SET status = 'paused' WHERE id = $1", seller.id)
    async with db.transaction() as tx:
        await actions._begin(tx, seller.id, "silent")
    outcomes = await asyncio.gather(
        actions.unlist(db, admin, seller.id, REASON), actions.resume(db, seller.id), return_exceptions=True
    )
    assert all(outcome in (None, True) or isinstance(outcome, actions.StaysOff) for outcome in outcomes)
    pause = await experts.pause_of(db, seller.id)
    assert pause is not None and pause.by_admin and pause.words == REASON
    assert [each.cause for each in await queries.pauses_of(db, seller.id)] == ["silent", "admin"]
    await actions.relist(db, admin, seller.id, REASON)
    # Who is an admin and a mentor lists themselves no more than others do.
    await db.execute("UPDATE users SET role = 'admin' WHERE id = $1", seller.user_id)
    own = type(admin)(seller.user_id, "", "", "admin", "Asia/Jakarta", 0, seller.id)
    with pytest.raises(actions.NotListable, match="profil Anda sendiri"):
        await actions.unlist(db, own, seller.id, REASON)
