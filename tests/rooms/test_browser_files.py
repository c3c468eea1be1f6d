"""Files in a real browser: chosen, pasted, dropped; told apart before a byte is sent; nothing lost when a line is."""

import asyncio
import io
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, Route, expect

from tests.support.browsers import POSTS, in_room, running, visitor
from tests.support.rooms import room_path, texts
from tests.support.site import Site

TRANSFER = """([name, type, bytes]) => {
  const given = new DataTransfer();
  given.items.add(new File([new Uint8Array(bytes)], name, {type}));
  return given;
}"""


def picture(kind: str = "PNG", size: tuple[int, int] = (320, 200), *, noise: bool = False) -> bytes:
    """A picture that decodes; with `noise` it does not compress."""
    image = Image.effect_noise(size, 90).convert("RGB") if noise else Image.new("RGB", size, "#005e5a")
    out = io.BytesIO()
    image.save(out, kind, quality=97)
    return out.getvalue()


def payload(name: str, media_type: str, content: bytes) -> FilePayload:
    """A file as a person would choose it."""
    return FilePayload(name=name, mimeType=media_type, buffer=content)


async def choose(page: Page, file: FilePayload) -> None:
    """Press "Lampirkan" and choose a file."""
    async with page.expect_file_chooser() as chooser:
        await page.locator("label.attach").click()
    await (await chooser.value).set_files(file)


async def test_a_picture_goes_with_its_words_and_both_see_it(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with (
        in_room(chromium, site, meeting, meeting.user) as user,
        in_room(chromium, site, meeting, meeting.expert) as expert,
    ):
        await choose(user, payload("cv saya.png", "image/png", picture()))
        await expect(user.locator(".chosen")).to_contain_text("cv saya.png")
        await user.fill("#pesan", "Ini CV saya")
        held = asyncio.Event()

        async def hold(route: Route) -> None:
            await held.wait()
            await route.continue_()

        await user.route(POSTS, hold)
        await user.click(".composer .send")
        await expect(user.locator(".chosen")).to_have_count(0)
        await expect(user.locator(".msg progress")).to_have_count(1)
        await expect(user.locator("#pesan")).to_have_value("")
        held.set()
        for page in (user, expert):
            message = page.locator("#message-2")
            await expect(message.locator(".file-name")).to_contain_text("cv saya.png")
            await expect(message.locator(".text")).to_have_text("Ini CV saya")
            await page.wait_for_function(
                "() => document.querySelector('#message-2 .file img')?.naturalWidth > 0"
            )
        async with user.expect_download() as download:
            await user.locator("#message-2 .file-name").click()
        assert Image.open(await (await download.value).path()).size == (320, 200)


async def test_what_cannot_be_sent_is_told_before_a_byte_goes_out(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        posts: list[str] = []
        user.on("request", lambda request: posts.append(request.url) if POSTS.search(request.url) else None)
        await user.fill("#pesan", "dengan lampiran")
        await choose(user, payload("gaji.xlsx", "application/vnd.ms-excel", b"x"))
        await expect(user.locator("#refusal")).to_contain_text("Pilih PDF, PNG, JPEG, atau WebP")
        await choose(user, payload("besar.pdf", "application/pdf", b"%PDF-1.4 " + b"0" * (5 * 1024 * 1024)))
        await expect(user.locator("#refusal")).to_contain_text("paling besar 5 MB")
        await expect(user.locator(".chosen")).to_have_count(0)
        await choose(user, payload("kecil.pdf", "application/pdf", b"%PDF-1.4"))
        await expect(user.locator("#refusal")).to_be_hidden()
        await user.get_by_role("button", name="Hapus lampiran kecil.pdf").click()
        await expect(user.locator(".chosen")).to_have_count(0)
        await expect(user.locator("#pesan")).to_have_value("dengan lampiran")
        assert not posts


async def test_a_file_that_is_not_what_it_says_comes_back_with_its_words(
    site: Site, chromium: Browser
) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await choose(user, payload("palsu.png", "image/png", b"<html>"))
        await user.fill("#pesan", "Lihat ini")
        await user.click(".composer .send")
        await expect(user.locator("#refusal")).to_be_visible()
        await expect(user.locator("#pesan")).to_have_value("Lihat ini")
        await expect(user.locator(".chosen")).to_contain_text("palsu.png")
        await expect(user.locator(".msg")).to_have_count(0)


async def test_a_file_that_failed_is_kept_and_goes_out_once(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:

        async def lose_the_answer(route: Route) -> None:
            await route.fetch()
            await route.abort()

        await user.route(POSTS, lambda route: route.fulfill(status=503, body=""))
        await choose(user, payload("bukti.png", "image/png", picture()))
        await user.fill("#pesan", "Buktinya")
        await user.click(".composer .send")
        again = user.get_by_role("button", name="Gagal, coba lagi")
        await expect(again).to_be_visible()
        await expect(user.locator(".msg.failed")).to_contain_text("bukti.png")
        await user.unroute(POSTS)
        await user.route(POSTS, lose_the_answer)
        await again.click()
        await expect(user.locator("#message-2 .state")).to_have_text("Terkirim")
        await expect(user.locator(".msg")).to_have_count(1)
        assert len(await meeting.items()) == 2


async def test_sending_a_file_can_be_called_off(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.route(POSTS, lambda route: asyncio.Event().wait())
        await choose(user, payload("salah.png", "image/png", picture()))
        await user.fill("#pesan", "Keliru")
        await user.click(".composer .send")
        await user.get_by_role("button", name="Batal", exact=True).click()
        await expect(user.locator(".msg")).to_have_count(0)
        await expect(user.locator("#pesan")).to_have_value("Keliru")
        await expect(user.locator(".chosen")).to_contain_text("salah.png")
        await expect(user.locator("#refusal")).to_contain_text("dibatalkan")


async def test_a_file_that_waits_outlives_a_reload(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.route(POSTS, lambda route: route.abort())
        await choose(user, payload("kontrak.png", "image/png", picture()))
        await user.click(".composer .send")
        await expect(user.locator(".msg.failed")).to_be_visible()
        await user.unroute(POSTS)
        await user.reload()
        await expect(user.locator("#message-2 .file-name")).to_contain_text("kontrak.png")
        await expect(user.locator(".msg")).to_have_count(1)


async def test_a_picture_is_pasted_and_a_file_is_dropped(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        pasted = await user.evaluate_handle(TRANSFER, ["layar.png", "image/png", list(picture())])
        await user.locator("#pesan").evaluate(
            "(box, given) => box.dispatchEvent(new ClipboardEvent('paste',"
            " {clipboardData: given, bubbles: true, cancelable: true}))",
            pasted,
        )
        await expect(user.locator(".chosen")).to_contain_text("layar.png")
        dropped = await user.evaluate_handle(TRANSFER, ["brosur.pdf", "application/pdf", list(b"%PDF-1.4")])
        await user.dispatch_event("#thread", "drop", {"dataTransfer": dropped})
        await expect(user.locator(".chosen")).to_contain_text("brosur.pdf")


async def test_a_large_photo_is_made_smaller_before_it_is_sent(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    photo = picture("JPEG", (3600, 2700), noise=True)
    assert len(photo) > 5 * 1024 * 1024
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await choose(user, payload("foto.jpg", "image/jpeg", photo))
        await expect(user.locator(".chosen")).to_contain_text("foto.jpg")
        await user.click(".composer .send")
        await expect(user.locator("#message-2 .file-name")).to_contain_text("foto.jpg")
        async with user.expect_download() as download:
            await user.locator("#message-2 .file-name").click()
        assert max(Image.open(await (await download.value).path()).size) == 2048


async def test_without_script_a_file_goes_with_the_form(
    site: Site, chromium: Browser, tmp_path: Path
) -> None:
    meeting = await running(site)
    file = tmp_path / "cv.png"
    file.write_bytes(picture())
    async with visitor(chromium, site, meeting.user, script=False) as user:
        await user.goto(room_path(meeting))
        await user.set_input_files("#lampiran", file)
        await user.fill("#pesan", "Tanpa script")
        await user.click(".composer .send")
        message = user.frame_locator("iframe").locator("#message-2")
        await expect(message).to_contain_text("Tanpa script")
        await expect(message.locator(".file-name")).to_contain_text("cv.png")
    assert texts(await meeting.items()) == ["Tanpa script"]
