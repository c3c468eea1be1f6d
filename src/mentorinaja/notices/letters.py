"""Makes the mail itself: HTML and text from templates, attachments, headers that cannot be broken out of."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape

from mentorinaja.formats import FILTERS
from mentorinaja.notices.kinds import Attachment, MailContent, OutboxRow
from mentorinaja.notices.rules import OPTIONAL
from mentorinaja.notices.tokens import stop_address
from mentorinaja.paths import TEMPLATES
from mentorinaja.settings import Settings

_WAY_OUT = "List-Unsubscribe"
_ENVIRONMENT = Environment(
    loader=PrefixLoader({"templates": FileSystemLoader(TEMPLATES)}),
    autoescape=select_autoescape(disabled_extensions=["txt"], default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(FILTERS)


class _OneLine(UnstructuredHeader):
    """A header that programs read as it is: on one line, never encoded, whoever sends the mail in the end."""

    def fold(self, *, policy: Policy) -> str:
        """The whole header; an address of ours is shorter than the 998 characters a line may have."""
        return f"{_WAY_OUT}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type(_WAY_OUT, _OneLine)  # type: ignore[arg-type]  # the registry adds BaseHeader itself
_POLICY = SMTP.clone(header_factory=_HEADERS)


def compose(settings: Settings, row: OutboxRow, content: MailContent, now: datetime) -> EmailMessage:
    """The mail as it is sent. The same row always gives the same Message-ID."""
    message = EmailMessage(policy=_POLICY)
    name, address = parseaddr(settings.mail_from)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(_said(row.full_name), addr_spec=row.email)
    message["Subject"] = _said(content.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = row.message_id
    message["Auto-Submitted"] = "auto-generated"
    way_out = stop_address(settings, row.user_id, row.kind) if row.kind in OPTIONAL else None
    if way_out:
        # RFC 2369 and 8058: mail programs show a button of their own, and post without asking.
        message[_WAY_OUT] = f"<{way_out}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    context = {
        **content.context,
        "subject": content.subject,
        "row": row,
        "site": settings.base_url,
        "way_out": way_out,
    }
    message.set_content(_render(f"{content.template}.txt", context), cte="quoted-printable")
    message.add_alternative(
        _render(f"{content.template}.html", context), subtype="html", cte="quoted-printable"
    )
    for attachment in content.attachments:
        _attach(message, attachment)
    return message


def _said(text: str) -> str:
    """People's words in a header: on one line, and never read as an encoded word, whatever stands in that."""
    return " ".join(text.split()).replace("=?", "= ?")


def _render(name: str, context: dict[str, object]) -> str:
    return _ENVIRONMENT.get_template(f"templates/mails/{name}").render(context)


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    kind, _, subtype = attachment.media_type.partition("/")
    message.add_attachment(
        attachment.content,
        maintype=kind,
        subtype=subtype,
        filename=attachment.filename,
        params=dict(attachment.parameters or {}),
    )
