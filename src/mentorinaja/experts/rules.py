"""What an expert's page and services may look like, and what can be asked of the list: pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from mentorinaja.errors import DomainError
from mentorinaja.experts import names
from mentorinaja.formats import rupiah, weekday

Category = Literal["online_chat", "online_video", "offline_event"]
CATEGORY_NAMES: dict[str, str] = {
    "online_chat": "Chat",
    "online_video": "Video",
    "offline_event": "Tatap muka",
}
# What an expert sells besides sessions, by its name and its icon.
PRODUCT_TYPES: dict[str, tuple[str, str]] = {
    "ebook": ("eBook", "book"),
    "course": ("Course", "cap"),
    "template": ("Template", "file"),
    "video": ("Video", "video"),
    "audio": ("Audio", "note"),
    "other": ("Lainnya", "file"),
}
Sort = Literal["rating", "price", "experience", "soonest"]
SORT_NAMES: dict[str, str] = {
    "rating": "Rating",
    "price": "Harga",
    "experience": "Pengalaman",
    "soonest": "Tercepat",
}

PRICE_BOUNDS = (10_000, 50_000_000)
DURATION_BOUNDS = (5, 480)
MOST_SERVICES = 30
ADDRESS_LENGTH = 200
MOST_TAGS = 20
PER_PAGE = 24
# A first slot that is further away than this is hardly one: another, sooner one can be wished for.
SOON = timedelta(days=7)
REVIEWS_PER_PAGE = 10

# Addresses below /expert/ and words that would mislead there or at the site's root.
RESERVED_SLUGS = frozenset({
    "about", "admin", "akun", "api", "apply", "assets", "auth", "baru", "bayar", "booking", "bookings", "bantuan",
    "contact", "dashboard", "demo", "dev", "edit", "expert", "experts", "favicon", "healthz", "help", "home",
    "invoice", "jadwal", "kontak", "layanan", "library", "login", "logout", "masuk", "mentor", "mentorinaja",
    "metrics", "midtrans", "new", "null", "payment", "product", "products", "profil", "profile", "ready", "readyz",
    "register", "reset-password", "review", "root", "search", "session", "settings", "signup", "static", "support",
    "syarat", "tentang", "test", "transaksi", "undefined", "unduh", "user", "users", "verify-email", "www",
})  # fmt: skip
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ONCE_A_SLUG = re.compile(r"[A-Za-z0-9-]{3,50}")


class ProfileInvalid(DomainError):
    """Something in an expert's profile or service is not as it must be; `text` says what."""

    status = 422
    title = "Isian belum benar"


class SlugTaken(DomainError):
    """Another expert has this address, or had it once."""

    title = "Alamat sudah dipakai"


class ServicesFull(DomainError):
    """The expert has as many services as one may have."""

    title = "Layanan Anda sudah terlalu banyak"


class NotPublishable(DomainError):
    """A profile that is not complete enough to be shown."""

    title = "Profil belum lengkap"


@dataclass(frozen=True, slots=True)
class Education:
    """A degree and where it was taken."""

    degree: str
    institution: str
    year: int


@dataclass(frozen=True, slots=True)
class Work:
    """A position; `to_year` None: to this day."""

    title: str
    company: str
    from_year: int
    to_year: int | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything an expert tells of himself or herself."""

    slug: str
    position_title: str
    company: str = ""
    years_experience: int = 0
    bio: str = ""
    city: str = ""
    country: str = "Indonesia"
    expertise: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    education: tuple[Education, ...] = ()
    work: tuple[Work, ...] = ()
    achievements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewService:
    """A service to be offered. `price` in whole rupiah; without `duration_minutes` it is a thread."""

    name: str
    category: str
    duration_minutes: int | None
    price: int
    description: str = ""
    address: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Search:
    """What the list is asked for; prices in whole rupiah, `day` in the viewer's zone, pages from 1."""

    q: str = ""
    expertise: str = ""
    category: str = ""
    price_min: int | None = None
    price_max: int | None = None
    day: date | None = None
    sort: str = "rating"
    page: int = 1

    @property
    def filters(self) -> int:
        """How many filters are set besides the words."""
        return sum(value not in ("", None) for value in (self.expertise, self.category, self.price, self.day))

    @property
    def price(self) -> tuple[int | None, int | None] | None:
        """Both ends of the price asked for, or None."""
        asked = (self.price_min, self.price_max)
        return None if asked == (None, None) else asked

    @property
    def plain(self) -> bool:
        """Whether nothing is asked: the whole list from its beginning."""
        return self == Search()

    def replace(self, **changes: Any) -> Search:
        """This search with some of it changed."""
        return replace(self, **changes)

    def address(self, **changes: Any) -> str:
        """The shareable address of this list, with `changes`, without what is not asked."""
        asked = self.replace(**changes)
        given = {
            f.name: getattr(asked, f.name) for f in fields(Search) if getattr(asked, f.name) != f.default
        }
        return "/?" + urlencode(given) if given else "/"

    @property
    def address_up_to_page(self) -> str:
        """The address to which a page's number can be appended."""
        first = self.address(page=1)
        return f"{first}{'&' if '?' in first else '?'}page="

    @property
    def asked(self) -> list[tuple[str, tuple[str, ...]]]:
        """What is asked, in words, each with the names of the fields that ask it."""
        words = [
            (f"“{self.q}”" if self.q else "", ("q",)),
            (self.expertise, ("expertise",)),
            (CATEGORY_NAMES.get(self.category, ""), ("category",)),
            (_price_words(self.price_min, self.price_max), ("price_min", "price_max")),
            (weekday(self.day) if self.day else "", ("day",)),
        ]
        return [(text, names) for text, names in words if text]

    def without(self, *names: str) -> str:
        """The address of this list without the named filters, from its first page."""
        return self.address(**{f.name: f.default for f in fields(Search) if f.name in (*names, "page")})


def check_slug(slug: str) -> None:
    """3 to 50 of `a-z 0-9 -`, no reserved word. Raises ProfileInvalid."""
    if stranger := names.stranger_in(slug):
        raise ProfileInvalid(
            f"Alamat profil hanya berisi huruf kecil a–z, angka, dan tanda hubung, tanpa {stranger}."
        )
    if not (3 <= len(slug) <= 50 and _SLUG.fullmatch(slug)):
        raise ProfileInvalid(
            "Alamat profil berisi 3 sampai 50 huruf kecil, angka, atau tanda hubung di antaranya."
        )
    if slug in RESERVED_SLUGS:
        raise ProfileInvalid(f"Alamat “{slug}” dipakai oleh MentorinAja. Pilih yang lain.")


def taken_words(slug: str) -> str:
    """What is said of an address somebody else has, or once had."""
    return f"Alamat “{slug}” sudah dipakai mentor lain. Pilih yang lain."


def can_be_slug(text: str) -> bool:
    """Whether an address could ever have been a slug: asked before the database is."""
    return _ONCE_A_SLUG.fullmatch(text) is not None


def check_profile(profile: Profile) -> None:
    """Lengths and numbers within bounds. Raises ProfileInvalid."""
    check_slug(profile.slug)
    _check_line("Peran/posisi", profile.position_title, 2, 80)
    _check_line("Perusahaan", profile.company, 0, 80)
    _check_line("Kota", profile.city, 0, 80)
    _check_line("Negara", profile.country, 2, 80)
    if not 0 <= profile.years_experience <= 70:
        raise ProfileInvalid("Pengalaman harus 0 sampai 70 tahun.")
    if len(profile.bio) > 5000:
        raise ProfileInvalid("Bio paling banyak 5.000 karakter.")
    for tags in (profile.expertise, profile.skills):
        _check_tags(tags)


def check_service(service: NewService) -> None:
    """Name, category, duration, price and address as the product sells them. Raises ProfileInvalid."""
    _check_line("Nama layanan", service.name, 3, 80)
    if service.category not in CATEGORY_NAMES:
        raise ProfileInvalid("Pilih jenis layanan: chat, video, atau tatap muka.")
    least, most = DURATION_BOUNDS
    if service.duration_minutes is not None and not least <= service.duration_minutes <= most:
        raise ProfileInvalid(f"Durasi harus {least} sampai {most} menit, atau kosong.")
    if service.duration_minutes is None and service.category != "online_chat":
        raise ProfileInvalid(
            "Layanan tanpa durasi dijawab tertulis, jadi jenisnya chat. Isi durasinya, atau pilih chat."
        )
    if not PRICE_BOUNDS[0] <= service.price <= PRICE_BOUNDS[1]:
        raise ProfileInvalid("Harga harus Rp 10.000 sampai Rp 50.000.000.")
    if len(service.description) > 2000:
        raise ProfileInvalid("Deskripsi layanan paling banyak 2.000 karakter.")
    if service.category == "offline_event" and not service.address.strip():
        raise ProfileInvalid("Layanan tatap muka perlu alamat.")
    if len(service.address.strip()) > ADDRESS_LENGTH:
        raise ProfileInvalid(f"Alamat paling banyak {ADDRESS_LENGTH} karakter.")


def can_cost(amount: int) -> bool:
    """Whether a service or a product can be sold for so many rupiah."""
    return PRICE_BOUNDS[0] <= amount <= PRICE_BOUNDS[1]


def pages(total: int, per_page: int = PER_PAGE) -> int:
    """How many pages `total` entries fill; an empty list is one page."""
    return max(1, -(-total // per_page))


def slot_is_far(slot: datetime | None, now: datetime) -> bool:
    """Whether there is no slot, or none in the next days."""
    return slot is None or slot > now + SOON


def numbers(page: int, pages: int) -> list[int | None]:
    """The page numbers a pager shows around `page`, None where some are left out: 1 … 4 5 6 … 9."""
    shown: list[int | None] = []
    for number in range(1, pages + 1):
        if number in (1, pages) or abs(number - page) <= 1:
            shown.append(number)
        elif shown[-1] is not None:
            shown.append(None)
    return shown


def _price_words(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return f"{rupiah(least)} – {rupiah(most)}"
    if least is not None:
        return f"mulai {rupiah(least)}"
    return f"sampai {rupiah(most)}" if most is not None else ""


def _check_line(name: str, text: str, least: int, most: int) -> None:
    if not least <= len(text.strip()) <= most:
        raise ProfileInvalid(f"{name} berisi {least} sampai {most} karakter.")


def _check_tags(tags: tuple[str, ...]) -> None:
    if len(tags) > MOST_TAGS:
        raise ProfileInvalid(f"Paling banyak {MOST_TAGS} keahlian.")
    if len({names.tag_key(tag) for tag in tags}) < len(tags):
        raise ProfileInvalid("Ada keahlian yang ditulis dua kali.")
    for tag in tags:
        if problem := names.tag_problem(tag):
            raise ProfileInvalid(problem)
