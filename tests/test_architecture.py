"""The shape of the code, held by reading it: import directions, guards, CSRF, templates, partials."""

import ast
import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes
from litestar.handlers import HTTPRouteHandler

from mentorinaja.app import FEATURES
from mentorinaja.paths import PARTIALS, TEMPLATES
from mentorinaja.web.auth import requires_admin, requires_expert, requires_user
from mentorinaja.web.csrf import CSRF_EXEMPT

SOURCE = Path(__file__).parent.parent / "src" / "mentorinaja"
# A feature may import those left of it.
ORDER = [
    "audit", "notices", "accounts", "policies", "schedule", "experts", "ledger", "bookings", "products", "invoices",
    "payments", "transfers", "refunds", "withdrawals", "rooms", "arrivals", "extensions", "transcripts", "reports",
    "threads", "reviews", "trust", "calendars", "favourites", "portal", "applications", "admin", "seeds",
]  # fmt: skip
PLUMBING = {"web", "live", "jobs", "db", "local", "storage", "contents", "banks"}
# Wiring knows everything; that is what it is for.
WIRING = {"app.py", "work.py", "cli.py", "demo.py", "__main__.py"}
LAYERS = {"rules": 0, "tables": 0, "kinds": 0, "queries": 1, "actions": 2}
# What stands above the layers; a feature's other modules are parts of a layer that grew.
ABOVE = {"routes": 9, "forms": 9, "live": 9, "jobs": 9, "mails": 9}
SHARED_BETWEEN_FEATURES = {"actions", "queries", "tables", "kinds", "rules"}
# What a room is, what it offers of more time, and how each of its pages begins: the features around it are made of it.
SHARED_BY_ROOMS = {"room", "more_time", "asking"}
# The gateway and its words: what carries refunds out speaks to Midtrans as payments do. The pool of meeting links and
# the payment log as the desk reads them.
SHARED_BY_PAYMENTS = {"midtrans", "gateway_words", "link_rules", "link_queries", "log_queries"}
# How another time is chosen for a session, and what stands above the portal's pages: those pages are made of them.
SHARED_BY_BOOKINGS = {"another_time", "strip"}
# What the portal's pages change of an expert.
SHARED_BY_EXPERTS = {
    "details",
    "editing",
    "names",
    "ordering",
    "photos",
    "profile_forms",
    "service_form",
    "services",
}
# What an expert told of working times, and the forms that ask: the portal's pages and the application are made of them.
SHARED_BY_SCHEDULE = {"editing", "forms", "holidays", "plan"}
# Accounts as admins read them, and what admins decide about them.
SHARED_BY_ACCOUNTS = {"people", "roles", "standing"}
SHARED = {
    "accounts": SHARED_BY_ACCOUNTS,
    "schedule": SHARED_BY_SCHEDULE,
    "experts": SHARED_BY_EXPERTS,
    "rooms": SHARED_BY_ROOMS,
    "bookings": SHARED_BY_BOOKINGS,
    "payments": SHARED_BY_PAYMENTS,
}
GUARDS = {requires_user, requires_expert, requires_admin}


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def imports_of(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("mentorinaja"):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("mentorinaja")]
    return found


def handlers() -> list[HTTPRouteHandler]:
    from litestar import Litestar

    app = Litestar(route_handlers=FEATURES, openapi_config=None)
    return [
        handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if isinstance(handler, HTTPRouteHandler) and "OPTIONS" not in handler.http_methods
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_one_way(path: Path) -> None:
    here = path.relative_to(SOURCE).parts
    if here[0] in WIRING or here[0] == "local":
        return
    for name in imports_of(path):
        there = name.split(".")[1:]
        if here[0] in ORDER and there[0] in ORDER and there[0] != here[0]:
            assert ORDER.index(there[0]) < ORDER.index(here[0]), (
                f"{here[0]} imports {name}, which is to its right"
            )
            if here[0] != "seeds":
                shared = SHARED_BETWEEN_FEATURES | SHARED.get(there[0], set())
                assert len(there) == 1 or there[1] in shared, f"{name} is private to its feature"
        if here[0] in PLUMBING:
            assert there[0] not in ORDER, f"plumbing imports the feature {name}"
        if here[0] == there[0] and here[0] in ORDER and len(there) > 1 and path.stem in LAYERS:
            assert (LAYERS | ABOVE).get(there[1], 0) <= LAYERS[path.stem], (
                f"{path.stem} imports {name}, a layer above it"
            )


def test_rules_are_pure() -> None:
    for path in SOURCE.rglob("rules.py"):
        if "local" in path.parts:
            continue
        text = path.read_text()
        for impure in (
            "asyncpg",
            "mentorinaja.db",
            "mentorinaja.settings",
            "litestar",
            "datetime.now",
            "async def",
        ):
            assert impure not in text, f"{path} is not pure: {impure}"


def test_every_route_has_a_guard_or_stands_on_the_public_list() -> None:
    for handler in handlers():
        guarded = GUARDS & set(handler.resolve_guards())
        assert guarded or handler.opt.get("public"), f"{handler.paths} has neither a guard nor opt public"


def test_only_what_carries_a_signature_of_its_own_is_exempt_from_csrf() -> None:
    """Midtrans's notification, and the way out of a kind of mail that mail programs post to by themselves."""
    exempt = [path for handler in handlers() if handler.opt.get(CSRF_EXEMPT) for path in handler.paths]
    assert set(exempt) == {"/payment/midtrans/notification", "/berhenti/{token:str}"}


def test_get_handlers_take_no_unsafe_method_along() -> None:
    for handler in handlers():
        methods = set(handler.http_methods)
        assert not ("GET" in methods and methods - {"GET", "HEAD"}), (
            f"{handler.paths} mixes safe and unsafe methods"
        )


def template_files() -> list[Path]:
    return [*TEMPLATES.rglob("*.html"), *PARTIALS.rglob("*.html")]


def test_every_template_named_in_code_exists() -> None:
    root = TEMPLATES.parent
    for path in [*modules(), *template_files()]:
        for name in re.findall(
            r"[\"']((?:templates|partials)/[\w./-]+\.(?:html|txt))[\"']", path.read_text()
        ):
            assert (root / name).is_file(), f"{path} names {name}"


def test_no_template_is_unused() -> None:
    texts = "".join(path.read_text() for path in [*modules(), *template_files()])
    root = TEMPLATES.parent
    for path in template_files():
        name = str(path.relative_to(root))
        # Mails are named by their kind, the parts of the showcase by a loop over their folder.
        if not name.startswith(("templates/mails/", "templates/dev/ui/")):
            assert name in texts, f"nobody uses {name}"


def test_every_partial_has_one_root_with_an_id_or_is_macros() -> None:
    from selectolax.lexbor import LexborHTMLParser as HTMLParser

    for path in PARTIALS.rglob("*.html"):
        text = path.read_text()
        assert "{% extends" not in text, f"{path} extends a page"
        if re.search(r"\{%-? macro", text):
            continue
        assert text.lstrip().startswith("{#"), f"{path} does not say what it takes"
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", text, flags=re.S).strip()
        roots = list(HTMLParser(bare).body.iter()) if HTMLParser(bare).body else []
        assert len(roots) == 1 and "id" in roots[0].attributes, f"{path} has no single root with an id"


def test_pages_carry_no_inline_style_or_script() -> None:
    for path in template_files():
        text = path.read_text()
        if "mails" in path.parts:
            continue
        assert " style=" not in text and "<style" not in text, f"{path} has inline style"
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), f"{path} has inline script"
        assert not re.search(r"\shx-on|\son\w+=|js:", text), f"{path} has an inline handler"


def test_no_page_gives_a_name_that_its_frame_gives_again() -> None:
    read = {
        str(path.relative_to(TEMPLATES.parent)): Environment().parse(path.read_text(encoding="utf-8"))
        for path in TEMPLATES.rglob("*.html")
    }
    own = {
        name: {target.name for each in page.body if isinstance(each, nodes.Assign) for target in each.find_all(nodes.Name)
               if target.ctx == "store"}
        for name, page in read.items()
    }  # fmt: skip
    for name in read:
        frame = _frame_of(read, name)
        while frame:
            # What the frame sets when it is rendered stands in the page's blocks, too: the page's own would be lost.
            assert not own[name] & own[frame], f"{name} and {frame} both set {own[name] & own[frame]}"
            frame = _frame_of(read, frame)


def _frame_of(read: dict[str, nodes.Template], name: str) -> str | None:
    extended = read[name].find(nodes.Extends)
    return extended.template.as_const() if extended else None


def test_no_module_is_long() -> None:
    for path in modules():
        assert len(path.read_text().splitlines()) <= 350, f"{path} wants splitting by noun"


def test_every_module_says_what_it_is_for() -> None:
    for path in modules():
        docstring = ast.get_docstring(ast.parse(path.read_text()))
        assert docstring and docstring.splitlines()[0].endswith((".", ":", ",")), (
            f"{path} has no opening sentence"
        )
