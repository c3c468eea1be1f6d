"""Reviews on the desk: what people said of mentors and these replied, and hiding what breaks the rules."""

from __future__ import annotations

from dataclasses import replace

from mentorinaja.admin.cases import Case, Decision, Event, Means, Part, Plan, with_reason
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.words import inside, moment, money, order, person, stars, time
from mentorinaja.reviews import actions, queries
from mentorinaja.reviews.queries import Whole

# Each has an index; what is rare is found by them, what is common by walking back from the newest.
_FOUND = """r.comment ILIKE {} OR r.reply ILIKE {} OR r.display_name ILIKE {}
  OR r.expert_id = ANY (ARRAY(SELECT id FROM experts WHERE display_name ILIKE {}))
  OR r.user_id = ANY (ARRAY(SELECT id FROM users WHERE full_name ILIKE {}))
  OR r.order_id = ANY (ARRAY(SELECT id FROM orders WHERE public_id = upper({})))"""


def _search(words: str) -> Where:
    return Where(_FOUND, (*[inside(words)] * 5, words))


def _shown(hidden: bool) -> Cell:
    return Cell("Disembunyikan", chip="bad") if hidden else Cell("Tampil", chip="ok")


def _words(row: Row) -> Cell:
    text = row["comment"] or "(tanpa kata)"
    return Cell(text if len(text) <= 160 else text[:159] + "…")


def _state(row: Row) -> Cell:
    replied = "Balasan disembunyikan" if row["reply_hidden_at"] else "Ada balasan"
    return replace(_shown(row["hidden_at"] is not None), note=replied if row["replied_at"] else "")


LISTING = Listing(
    fields="""r.rating, r.comment, r.display_name, r.created_at, r.reply, r.replied_at, r.hidden_at, r.hidden_because,
              r.reply_hidden_at, r.reply_hidden_because, r.user_id,
              (SELECT public_id FROM orders WHERE id = r.order_id) AS public_id,
              (SELECT full_name FROM users WHERE id = r.user_id) AS author,
              (SELECT display_name FROM experts WHERE id = r.expert_id) AS expert,
              (SELECT user_id FROM experts WHERE id = r.expert_id) AS expert_user_id""",
    source="reviews r",
    key="r.id",
    at="r.created_at",
    columns=(
        Column("Ulasan", lambda row: Cell(f"{row['rating']} ★", href=f"/admin/reviews/{row['public_id']}")),
        Column("Status", _state),
        Column("Kata", _words, long=True),
        Column(
            "Penulis", lambda row: person(row["author"], f"sebagai {row['display_name']}", row["user_id"])
        ),
        Column("Mentor", lambda row: person(row["expert"], "", row["expert_user_id"])),
        Column("Order", lambda row: order(row["public_id"])),
        Column("Ditulis", lambda row: moment(row["created_at"])),
    ),
    exports=(
        ("order", lambda row: row["public_id"]),
        ("ditulis", lambda row: row["created_at"]),
        ("bintang", lambda row: row["rating"]),
        ("kata", lambda row: row["comment"]),
        ("penulis", lambda row: row["author"]),
        ("nama tampil", lambda row: row["display_name"]),
        ("mentor", lambda row: row["expert"]),
        ("balasan", lambda row: row["reply"]),
        ("disembunyikan", lambda row: row["hidden_at"]),
        ("alasan", lambda row: row["hidden_because"]),
        ("balasan disembunyikan", lambda row: row["reply_hidden_at"]),
        ("alasan untuk balasan", lambda row: row["reply_hidden_because"]),
    ),
    search=_search,
    search_hint="Kata dalam ulasan atau balasan, nama, atau id order",
    filters=(
        Filter(
            "shown",
            "Status",
            (
                Choice("yes", "Tampil", Where("r.hidden_at IS NULL")),
                Choice("no", "Disembunyikan", Where("r.hidden_at IS NOT NULL")),
            ),
        ),
        Filter(
            "stars",
            "Bintang",
            tuple(Choice(str(n), f"{n} bintang", Where("r.rating = {}", (n,))) for n in range(5, 0, -1)),
        ),
        Filter(
            "reply",
            "Balasan",
            (
                Choice("yes", "Ada balasan", Where("r.reply IS NOT NULL")),
                Choice("no", "Belum dibalas", Where("r.reply IS NULL")),
                Choice("hidden", "Balasan disembunyikan", Where("r.reply_hidden_at IS NOT NULL")),
            ),
        ),
        Filter(
            "words",
            "Kata",
            (
                Choice("yes", "Dengan kata", Where("r.comment <> ''")),
                Choice("no", "Bintang saja", Where("r.comment = ''")),
            ),
        ),
    ),
)


async def load(means: Means, public_id: str) -> Case[Whole] | None:
    """The review of an order with its two people and what the mentor replied."""
    one = await queries.whole_review(means.db, public_id)
    if one is None:
        return None
    return Case(
        subject=one.order_id,
        title=f"Ulasan #{one.order_id}",
        version=f"{one.moderated}:{one.reply_moderated}:{one.edited_at}:{one.replied_at}:{one.reply_edited_at}",
        data=one,
        chips=(_shown(one.hidden_at is not None), *_hidden_reply(one)),
        facts=(
            ("Penulis", person(one.payer_name, one.payer_email, one.user_id)),
            ("Nama tampil", Cell(one.display_name)),
            ("Mentor", person(one.expert_name, "", one.expert_user_id)),
            (
                "Nilai mentor",
                Cell(
                    f"{stars(one.mean)} dari {one.rating_count} ulasan",
                    href=f"/expert/{one.expert_slug}#reviews",
                ),
            ),
            ("Order", order(one.order_id)),
            ("Layanan", Cell(one.item_name)),
            ("Dibayar", Cell(money(one.total).text, note=time(one.paid_at).text)),
        ),
        parts=(Part("review", "Ulasan dan balasan", "partials/admin/reviews/review.html", {"review": one}),),
        events=_events(one),
    )


def _hidden_reply(one: Whole) -> tuple[Cell, ...]:
    return (Cell("Balasan disembunyikan", chip="bad"),) if one.reply_hidden_at else ()


def _events(one: Whole) -> tuple[Event, ...]:
    told = (
        (one.created_at, "Ulasan ditulis", one.payer_name),
        (one.edited_at, "Ulasan diubah", one.payer_name),
        (one.replied_at, "Mentor membalas", one.expert_name),
        (one.reply_edited_at, "Balasan diubah", one.expert_name),
    )
    events = [Event(at, text, actor) for at, text, actor in told if at]
    if one.hidden_at:
        events.append(Event(one.hidden_at, "Disembunyikan", note=one.hidden_because, kind="bad"))
    if one.reply_hidden_at:
        note = one.reply_hidden_because
        events.append(Event(one.reply_hidden_at, "Balasan disembunyikan", note=note, kind="bad"))
    return tuple(sorted(events, key=lambda event: event.at))


def _id(one: Whole) -> str:
    return one.order_id


def _told(one: Whole) -> tuple[str, ...]:
    return (f"{one.payer_name} dan {one.expert_name} membaca alasan Anda di email.",)


def _plan(one: Whole, happens: str, undo: str) -> Plan:
    count = one.rating_count + (1 if one.hidden_at else -1)
    return Plan(
        happens=(
            happens,
            f"Nilai {one.expert_name} berubah dari {stars(one.mean)} ({one.rating_count} ulasan) "
            f"menjadi {stars(one.mean_otherwise)} ({count} ulasan).",
        ),
        tells=_told(one),
        undo=undo,
    )


def _plan_hide(one: Whole) -> Plan:
    return _plan(
        one,
        "Ulasan dan balasannya tidak tampil lagi untuk umum. Penulis dan mentornya tetap melihatnya, dengan alasan Anda.",
        "Anda dapat menampilkannya lagi kapan saja.",
    )


def _plan_show(one: Whole) -> Plan:
    what = "Ulasan, tanpa balasannya," if one.reply_hidden_at else "Ulasan dan balasannya"
    return _plan(one, f"{what} tampil lagi untuk umum.", "Anda dapat menyembunyikannya lagi kapan saja.")


def _plan_hide_reply(one: Whole) -> Plan:
    return Plan(
        happens=(
            "Balasan mentor tidak tampil lagi, untuk umum maupun untuk penulis ulasan. Ulasan dan nilainya tetap.",
            f"{one.expert_name} tetap membacanya, dengan alasan Anda, dan tidak dapat mengubahnya.",
        ),
        tells=_told(one),
        undo="Anda dapat menampilkannya lagi kapan saja.",
    )


def _plan_show_reply(one: Whole) -> Plan:
    return Plan(
        happens=("Balasan mentor tampil lagi di bawah ulasan, untuk semua orang.",),
        tells=_told(one),
        undo="Anda dapat menyembunyikannya lagi kapan saja.",
    )


DESK = Desk(
    name="reviews",
    title="Ulasan",
    word="ulasan",
    kind="review",
    about="Ulasan tentang mentor. Yang melanggar aturan disembunyikan dengan alasan yang dibaca kedua pihak.",
    listing=LISTING,
    load=load,
    decisions=(
        Decision(
            "hide",
            "Sembunyikan",
            lambda one: one.hidden_at is None,
            _plan_hide,
            with_reason(actions.hide, _id, lambda _: "Ulasan disembunyikan; keduanya diberi tahu."),
            bad=True,
        ),
        Decision(
            "show",
            "Tampilkan lagi",
            lambda one: one.hidden_at is not None,
            _plan_show,
            with_reason(actions.show, _id, lambda _: "Ulasan tampil lagi; keduanya diberi tahu."),
        ),
        Decision(
            "hide-reply",
            "Sembunyikan balasan",
            lambda one: one.reply is not None and one.reply_hidden_at is None and one.hidden_at is None,
            _plan_hide_reply,
            with_reason(actions.hide_reply, _id, lambda _: "Balasan disembunyikan; keduanya diberi tahu."),
            bad=True,
        ),
        Decision(
            "show-reply",
            "Tampilkan lagi balasan",
            lambda one: one.reply_hidden_at is not None and one.hidden_at is None,
            _plan_show_reply,
            with_reason(actions.show_reply, _id, lambda _: "Balasan tampil lagi; keduanya diberi tahu."),
        ),
    ),
)
