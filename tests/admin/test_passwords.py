"""The password once more: every decision that asks for it waits for it, keeps what was typed, and is taken with it."""

from datetime import timedelta

from mentorinaja import clock
from mentorinaja.accounts.passwords import hash_password
from mentorinaja.admin.desks import DESKS
from mentorinaja.payments import actions as payments
from mentorinaja.policies import actions as policies
from mentorinaja.reports import actions as reports
from tests.admin.test_health import UNKNOWN, compare_now, opened_order, settle
from tests.payments.test_late import late
from tests.refunds.sales import sell
from tests.refunds.test_bank import NUMBER, give, owed_by_bank
from tests.support.bookings import book, make_seller, make_user, slot_in
from tests.support.desk import desk_of, make_admin
from tests.support.payments import pay, said
from tests.support.places import be_over, meet_in_person
from tests.support.second_factor import with_device
from tests.support.site import Browser, Site, form_values
from tests.support.withdrawals import ask, make_earner

PASSWORD = "kata sandi meja admin"
WHY = "Diperiksa bersama lewat telepon."


class Asked:
    """An admin who decides on one desk after another, each time long after the password was given."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self.site, self.browser = site, browser

    @classmethod
    async def at(cls, site: Site) -> "Asked":
        """Another admin: each may guess only so often."""
        admin = await make_admin(site.db)
        password = await hash_password(PASSWORD)
        await site.db.execute("UPDATE users SET password_hash = $2 WHERE id = $1", admin.id, password)
        return cls(site, await desk_of(site, admin))

    async def decide(self, case: str, name: str, **values: str) -> tuple[str, str]:
        """Take a decision of a case (`desk/id`): refused without the password, and with another one; answers its name."""
        db, browser, address = self.site.db, self.browser, f"/admin/{case}/{name}"
        await db.execute("UPDATE login_sessions SET confirmed_at = app_now() - interval '11 minutes'")
        assert (await browser.get(address)).status_code == 200, address
        before = await db.fetchval("SELECT count(*) FROM audit_log")
        for guess in ("", "bukan ini"):
            answer = await browser.submit("#question", values | {"password": guess})
            assert answer.status_code == 422, (address, guess)
            assert browser.page.css_first("#password-error") is not None, (address, guess)
            kept = form_values(browser.page.css_first("#question"))
            assert {field: kept[field] for field in values} == values, address
            assert kept["password"] == "", address
        assert await db.fetchval("SELECT count(*) FROM audit_log") == before, address
        answer = await browser.submit("#question", values | {"password": PASSWORD})
        assert answer.status_code == 200 and str(answer.url).endswith(case), (address, browser.text[:3000])
        assert await db.fetchval("SELECT count(*) FROM audit_log") > before, address
        return case.partition("/")[0], name


async def orders(site: Site) -> list[tuple[str, str]]:
    """Money that came too late; a session that is called off and restored; one that is over and paid back in part."""
    db = site.db
    too_late, over = await late(db), await sell(db)
    ahead = await book(db, await make_user(db), await make_seller(db), await slot_in(db, days=3))
    await pay(db, ahead)
    desk = await Asked.at(site)
    return [
        await desk.decide(f"orders/{too_late.public_id}", "late", reason=WHY),
        await desk.decide(f"orders/{ahead}", "cancel", share="own", amount="57.500", reason=WHY),
        await desk.decide(f"orders/{ahead}", "restore", reason=WHY),
        await desk.decide(f"orders/{over.public_id}", "refund", amount="50.001", reason=WHY),
    ]


async def refunds(site: Site) -> list[tuple[str, str]]:
    """A transfer by hand that comes back; one that was granted, stopped and resumed; a sum that nobody asked for."""
    db = site.db
    wrong, granted = await sell(db), await sell(db, payment_type="gopay")
    stopped = await granted.owe(50_000, "granted")
    sale, by_hand = await owed_by_bank(db)
    await give(sale)
    await payments.hear(db, wrong.public_id, said(wrong.public_id, amount=99_000, payment_type="gopay"))
    quarantined = await db.fetchval("SELECT id FROM refunds WHERE reason = 'quarantined'")
    desk = await Asked.at(site)
    return [
        await desk.decide(f"refunds/{quarantined}", "approve", reason=WHY),
        await desk.decide(f"refunds/{by_hand}", "sent", reference="FT-77", tail=NUMBER[-4:]),
        await desk.decide(f"refunds/{by_hand}", "bounced", reason=WHY),
        await desk.decide(f"refunds/{stopped}", "reject", reason=WHY),
        await desk.decide(f"refunds/{stopped}", "resume", reason=WHY),
    ]


async def withdrawals(site: Site) -> list[tuple[str, str]]:
    """One that is sent, was not, fails, and is opened again."""
    case = f"withdrawals/{await ask(site.db, await make_earner(site.db))}"
    desk = await Asked.at(site)
    return [
        await desk.decide(case, "approve"),
        await desk.decide(case, "sent", reference="FT-78"),
        await desk.decide(case, "unsend", reason=WHY),
        await desk.decide(case, "failed", reason=WHY),
        await desk.decide(case, "restore", reason=WHY),
    ]


async def differences(site: Site) -> list[tuple[str, str]]:
    """Money that Midtrans does not know one night, and knows the next; all other sales here it has never heard of."""
    db, gateway = site.db, site.resources.gateway
    public_id = await opened_order(site)
    await settle(site, public_id)
    await payments.reconcile(db, gateway, public_id)
    await site.control("PUT", "/_control/faults", UNKNOWN)
    await compare_now(site)
    desk = await Asked.at(site)
    newest = "SELECT max(id) FROM gateway_differences WHERE resolved_at IS NULL"
    away = await desk.decide(f"differences/{await db.fetchval(newest)}", "write-off", reason=WHY)
    await site.control("PUT", "/_control/faults", {})
    await compare_now(site)
    desk = await Asked.at(site)
    return [away, await desk.decide(f"differences/{await db.fetchval(newest)}", "take-in", reason=WHY)]


async def users(site: Site) -> list[tuple[str, str]]:
    """Somebody becomes an admin, loses the second step and the role, and is suspended for a while."""
    person = await make_user(site.db, "Calon Admin")
    case, first, second = f"users/{person.id}", await Asked.at(site), await Asked.at(site)
    become = [
        await first.decide(case, "make-admin", reason=WHY),
        await second.decide(case, "confirm-role"),
    ]
    await with_device(site.db, person.id)
    return [
        *become,
        await first.decide(case, "reset-totp", reason=WHY),
        await first.decide(case, "unmake-admin", reason=WHY),
        await second.decide(case, "confirm-role"),
        await second.decide(case, "suspend", reason=WHY),
        await second.decide(case, "unsuspend", reason=WHY),
    ]


async def reported(site: Site) -> list[tuple[str, str]]:
    """A report that is decided, and opened again."""
    meeting = await meet_in_person(site.db)
    await be_over(meeting)
    words = "Mentor tidak datang sampai sesi selesai."
    case = f"reports/{await reports.report(site.db, meeting.user, meeting.booking_id, words)}"
    desk = await Asked.at(site)
    return [
        await desk.decide(case, "decide", share="own", amount="50.001", reason=WHY),
        await desk.decide(case, "reopen", reason=WHY),
    ]


async def settings(site: Site) -> list[tuple[str, str]]:
    """A change of the fees that does not come."""
    since = await clock.now(site.db) + timedelta(days=3)
    planned = await policies.change(
        site.db, await make_admin(site.db), "Biaya bank naik.", since=since, admin_fee_bps=600
    )
    desk = await Asked.at(site)
    return [await desk.decide(f"settings/{planned.id}", "withdraw", reason=WHY)]


async def test_no_decision_that_asks_for_the_password_is_taken_without_it(site: Site) -> None:
    done = set[tuple[str, str]]()
    for story in (differences, orders, refunds, withdrawals, users, reported, settings):
        done |= set(await story(site))
    assert done == {
        (desk.name, decision.name) for desk in DESKS for decision in desk.decisions if decision.sensitive
    }
