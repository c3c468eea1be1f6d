"""The mail catcher: what real SMTP clients send is there to read, kept, and can be made to fail."""

import asyncio
import json
import os
import signal
import smtplib
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import aiosmtplib
import httpx
import pytest
import pytest_asyncio

from mentorinaja.calendars.reading import busy_times
from mentorinaja.local.mailbox import Mailbox

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nSUMMARY:Konsultasi\r\nEND:VCALENDAR\r\n"
PICTURE = b"\x89PNG picture"


@pytest_asyncio.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with Mailbox() as running:
        yield running


@pytest_asyncio.fixture
async def client(box: Mailbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=box.url) as running:
        yield running


def mail(to: str = "budi@contoh.test", subject: str = "Pembayaran berhasil – Rp 150.000") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "MentorinAja <halo@mentorinaja.test>"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = "<booking-7-v1@mentorinaja.test>"
    message["Date"] = format_datetime(datetime(2026, 11, 26, 7, 0, tzinfo=UTC))
    message.set_content("Halo Budi,\nbooking Anda telah dikonfirmasi. Déjà vu ✓")
    return message


def rich_mail() -> EmailMessage:
    message = mail()
    html = (
        '<html><head></head><body><a href="https://contoh.test/r">Buka</a><img src="cid:logo"></body></html>'
    )
    message.add_alternative(html, subtype="html")
    message.add_attachment(CALENDAR.encode(), "text", "calendar", filename="sesi.ics")
    message.add_attachment(PICTURE, "image", "png", filename='logo "é".png', cid="<logo>")
    return message


def mail_files(folder: Path) -> list[Path]:
    return list(folder.glob("*.eml"))


async def send(box: Mailbox, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname="127.0.0.1", port=box.smtp_port)


async def test_a_mail_sent_by_smtplib_can_be_read_as_json(box: Mailbox, client: httpx.AsyncClient) -> None:
    def send_with_smtplib() -> None:
        with smtplib.SMTP("127.0.0.1", box.smtp_port) as smtp:
            smtp.send_message(rich_mail())

    await asyncio.to_thread(send_with_smtplib)
    [found] = (await client.get("/messages.json")).json()
    assert found["id"] == box.messages[0].id
    assert found["from"] == "MentorinAja <halo@mentorinaja.test>"
    assert found["to"] == ["budi@contoh.test"]
    assert found["subject"] == "Pembayaran berhasil – Rp 150.000"
    assert found["message_id"] == "<booking-7-v1@mentorinaja.test>"
    assert found["date"] == "2026-11-26T07:00:00+00:00"
    assert abs(datetime.fromisoformat(found["received_at"]) - datetime.now(UTC)).total_seconds() < 60
    assert found["text"] == "Halo Budi,\nbooking Anda telah dikonfirmasi. Déjà vu ✓\n"
    assert '<a href="https://contoh.test/r">' in found["html"]
    assert found["headers"]["Subject"] == found["subject"]
    calendar, picture = found["attachments"]
    assert calendar.pop("text").splitlines() == CALENDAR.splitlines()
    assert calendar == {"filename": "sesi.ics", "content_type": "text/calendar", "size": calendar["size"]}
    assert picture == {"filename": 'logo "é".png', "content_type": "image/png", "size": len(PICTURE)}


async def test_a_calendar_part_beside_the_bodies_is_an_attachment_too(box: Mailbox) -> None:
    message = mail()
    message.add_alternative("<p>Halo</p>", subtype="html")
    message.add_alternative(CALENDAR, subtype="calendar")
    await send(box, message)
    [found] = box.messages
    assert found.html.strip() == "<p>Halo</p>"
    assert [attachment.filename for attachment in found.attachments] == ["lampiran-1.ics"]


async def test_mails_are_listed_newest_last_and_by_recipient_of_the_envelope(
    box: Mailbox, client: httpx.AsyncClient
) -> None:
    await send(box, mail(subject="satu"))
    hidden = mail(to="sari@contoh.test", subject="dua")
    hidden["Bcc"] = "Budi@Contoh.test"
    await send(box, hidden)
    await send(box, mail(to="sari@contoh.test", subject="tiga"))
    every = (await client.get("/messages.json")).json()
    assert [found["subject"] for found in every] == ["satu", "dua", "tiga"]
    budis = (await client.get("/messages.json", params={"to": "budi@contoh.test"})).json()
    assert [found["subject"] for found in budis] == ["satu", "dua"]
    assert [found.subject for found in box.messages_to("sari@contoh.test")] == ["dua", "tiga"]


async def test_clearing_forgets_the_mails(box: Mailbox, client: httpx.AsyncClient) -> None:
    await send(box, mail())
    assert (await client.delete("/messages.json")).status_code == 204
    assert (await client.get("/messages.json")).json() == []
    await send(box, mail())
    answer = await client.post("/clear", headers={"Origin": box.url})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert box.messages == []


async def test_another_site_cannot_clear_the_mails(box: Mailbox, client: httpx.AsyncClient) -> None:
    await send(box, mail())
    answer = await client.post("/clear", headers={"Origin": "https://lain.test"})
    assert answer.status_code == 403
    assert len(box.messages) == 1


async def test_a_folder_keeps_the_mails_between_runs(tmp_path: Path) -> None:
    async with Mailbox(tmp_path / "email") as first:
        await send(first, rich_mail())
        [sent] = first.messages
    async with Mailbox(tmp_path / "email") as second:
        [kept] = second.messages
        assert kept.as_json() == sent.as_json()
        await send(second, mail(subject="kedua"))
        assert [message.subject for message in second.messages] == [sent.subject, "kedua"]
        assert len(mail_files(tmp_path / "email")) == 2
        second.clear()
        assert mail_files(tmp_path / "email") == []


async def test_refused_mails_are_told_so_and_not_kept(box: Mailbox, client: httpx.AsyncClient) -> None:
    set_to = (await client.put("/_control/faults", json={"refuse": 2})).json()
    assert set_to == {"refuse": 2, "die_after_data": 0}
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await send(box, mail())
        assert refused.value.code == 451
    await send(box, mail())
    assert len(box.messages) == 1
    assert (await client.get("/_control/faults")).json() == {"refuse": 0, "die_after_data": 0}


async def test_a_server_that_dies_after_the_data_has_kept_the_mail_without_an_answer(
    box: Mailbox, client: httpx.AsyncClient
) -> None:
    await client.put("/_control/faults", json={"die_after_data": 1})
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(box, mail())
    await send(box, mail())
    assert [message.message_id for message in box.messages] == ["<booking-7-v1@mentorinaja.test>"] * 2


@pytest.mark.parametrize("wrong", [{"refuse": -1}, {"refuse": "x"}, {"unknown": 1}, []])
async def test_wrong_faults_are_refused(client: httpx.AsyncClient, wrong: object) -> None:
    assert (await client.put("/_control/faults", json=wrong)).status_code == 400


async def test_the_pages_show_the_list_and_one_mail(box: Mailbox, client: httpx.AsyncClient) -> None:
    assert "Belum ada email" in (await client.get("/")).text
    await send(box, rich_mail())
    [sent] = box.messages
    listed = await client.get("/")
    assert f'href="/messages/{sent.id}"' in listed.text
    assert "Pembayaran berhasil – Rp 150.000" in listed.text
    assert "2 lampiran" in listed.text
    assert "Belum ada email untuk" in (await client.get("/", params={"to": "ani@contoh.test"})).text
    page = await client.get(f"/messages/{sent.id}")
    assert f'src="/messages/{sent.id}/html"' in page.text
    assert "booking Anda telah dikonfirmasi" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert (await client.get("/mailbox.css")).headers["content-type"].startswith("text/css")


async def test_the_html_part_has_its_own_locked_address(box: Mailbox, client: httpx.AsyncClient) -> None:
    await send(box, rich_mail())
    [sent] = box.messages
    part = await client.get(f"/messages/{sent.id}/html")
    assert '<head><base target="_blank">' in part.text
    assert f'src="/messages/{sent.id}/attachments/1"' in part.text
    policy = part.headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy


async def test_attachments_are_downloads(box: Mailbox, client: httpx.AsyncClient) -> None:
    await send(box, rich_mail())
    [sent] = box.messages
    answer = await client.get(f"/messages/{sent.id}/attachments/1")
    assert answer.content == PICTURE
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''logo%20%22%C3%A9%22.png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await client.get(f"/messages/{sent.id}/source")).content == sent.raw


async def test_what_is_written_in_a_mail_is_not_markup_of_the_page(
    box: Mailbox, client: httpx.AsyncClient
) -> None:
    message = mail(subject="<script>alert(1)</script>")
    message.set_content("<script>alert(2)</script>")
    await send(box, message)
    for address in ("/", f"/messages/{box.messages[0].id}", "/?to=%22%3E%3Cscript%3E"):
        assert "<script" not in (await client.get(address)).text


@pytest.mark.parametrize("address", ["", "/html", "/attachments/0", "/source"])
async def test_a_mail_that_is_not_there_is_not_found(client: httpx.AsyncClient, address: str) -> None:
    answer = await client.get(f"/messages/123{address}")
    assert answer.status_code == 404
    assert "Email tidak ditemukan" in answer.text


async def test_an_attachment_that_is_not_there_is_not_found(box: Mailbox, client: httpx.AsyncClient) -> None:
    await send(box, mail())
    assert (await client.get(f"/messages/{box.messages[0].id}/attachments/0")).status_code == 404


@pytest.mark.parametrize(
    "raw",
    [
        b"no header at all",
        b"Subject: =?x-unknown?q?a=FF?=\r\nDate: yesterday\r\nFrom: \xff\xfe\r\n\r\n\xff\xfe",
        b"Content-Type: text/html; charset=x-unknown\r\n\r\n<p>\xff</p>",
        b"Content-Type: multipart/mixed\r\n\r\nwithout a boundary",
        b"To: <<,,;:\r\nMessage-ID: <<\r\nContent-Type: ;;;\r\n\r\n\x00",
    ],
)
async def test_a_broken_mail_can_be_read_all_the_same(
    box: Mailbox, client: httpx.AsyncClient, raw: bytes
) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=box.smtp_port) as smtp:
        await smtp.sendmail("halo@mentorinaja.test", ["budi@contoh.test"], raw)
    [found] = (await client.get("/messages.json")).json()
    assert found["to"] == ["budi@contoh.test"]
    for address in ("/", f"/messages/{found['id']}", f"/messages/{found['id']}/html"):
        assert (await client.get(address)).status_code == 200


async def test_a_hundred_mails_at_once_are_all_kept_with_ids_of_their_own(box: Mailbox) -> None:
    await asyncio.gather(*(send(box, mail(subject=str(number))) for number in range(100)))
    assert {message.subject for message in box.messages} == {str(number) for number in range(100)}
    ids = [message.id for message in box.messages]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_as_a_program_it_says_its_addresses_and_stops_clean(
    tmp_path: Path, number: signal.Signals
) -> None:
    arguments = ["--smtp-port", "0", "--http-port", "0", "--folder", str(tmp_path)]
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mentorinaja.local.mailbox", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    async with asyncio.timeout(30):
        said = json.loads(await program.stdout.readline())
    host, port = said["smtp"].split(":")
    async with aiosmtplib.SMTP(hostname=host, port=int(port)) as idle:
        await idle.send_message(mail())
        async with httpx.AsyncClient(base_url=said["url"]) as client:
            assert len((await client.get("/messages.json")).json()) == 1
        os.kill(program.pid, number)
        async with asyncio.timeout(10):
            assert await program.wait() == 0
    assert len(mail_files(tmp_path)) == 1


async def test_the_account_has_a_calendar_that_can_be_connected(client: httpx.AsyncClient) -> None:
    answer = await client.get("/kalender.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    monday = datetime(2027, 1, 3, 17, tzinfo=UTC)
    busy = await busy_times(answer.content, "Asia/Jakarta", monday + timedelta(days=1))
    assert [(start - monday, end - start) for start, end in busy[:3]] == [
        (timedelta(hours=10), timedelta(hours=1)),
        (timedelta(days=1, hours=16), timedelta(hours=1.5)),
        (timedelta(days=2, hours=10), timedelta(hours=1)),
    ]
