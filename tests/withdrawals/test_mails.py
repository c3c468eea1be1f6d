"""What experts and admins read about withdrawals."""

from mentorinaja.withdrawals import actions
from tests.support.desk import make_admin
from tests.support.site import Site
from tests.support.withdrawals import NUMBER, ask, make_earner


async def test_every_step_is_told_with_its_reason_and_never_with_the_number(site: Site) -> None:
    admin, sari = await make_admin(site.db), await make_earner(site.db)
    email = await site.db.fetchval("SELECT email::text FROM users WHERE id = $1", sari.id)
    public_id = await ask(site.db, sari)
    await site.sweep()
    [waiting] = [mail for mail in site.mailbox.messages_to(admin.email) if public_id in mail.text]
    assert "menunggu keputusan" in waiting.subject and "Rp 100.000" in waiting.text
    await actions.approve(site.db, admin, public_id)
    await actions.mark_sent(site.db, admin, public_id, "TRX-2026-77")
    await actions.mark_failed(site.db, admin, public_id, "Rekening sudah ditutup.")
    rejected = await ask(site.db, sari)
    await actions.reject(site.db, admin, rejected, "Nama pemilik rekening berbeda.")
    await site.sweep()
    mails = {
        mail.subject: mail
        for mail in site.mailbox.messages_to(email)
        if public_id in mail.text or rejected in mail.text
    }
    assert set(mails) == {
        f"Penarikan Rp 100.000 {step}" for step in ("diajukan", "diproses", "berhasil", "gagal", "ditolak")
    }
    for step, words in (
        ("diajukan", ("2-3 hari kerja", "Bukan Anda", "BCA •••• 7890")),
        ("diproses", ("disetujui",)),
        ("berhasil", ("TRX-2026-77",)),
        ("gagal", ("Rekening sudah ditutup.", "kembali ke saldo")),
        ("ditolak", ("Nama pemilik rekening berbeda.", "kembali ke saldo")),
    ):
        mail = mails[f"Penarikan Rp 100.000 {step}"]
        for word in words:
            assert word in mail.text and word in mail.html, (step, word)
        assert NUMBER not in mail.text + mail.html
    # Whoever decided before the mail went out is not told that something waits.
    assert len([mail for mail in site.mailbox.messages_to(admin.email) if rejected in mail.text]) == 0
