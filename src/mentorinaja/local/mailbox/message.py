"""A mail as it came, taken apart: who, when, text, HTML and attachments."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime
from functools import cached_property

RECIPIENT = "Delivered-To"  # written by the catcher, once for each recipient of the envelope
# Only what takes a mail apart is parsed; the parsers of addresses and ids raise at some broken ones.
_HEADERS = HeaderRegistry(default_class=UnstructuredHeader)
_HEADERS.registry = {name: kind for name, kind in _HEADERS.registry.items() if name.startswith("content-")}
_POLICY = policy.default.clone(header_factory=_HEADERS)


@dataclass(frozen=True)
class Attachment:
    """One part that is neither the mail's text nor its HTML."""

    filename: str
    content_type: str
    content: bytes
    content_id: str  # without angle brackets, empty when there is none

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)

    def as_json(self) -> dict[str, object]:
        """The attachment without its content, but with the text of a calendar file."""
        fields: dict[str, object] = {
            "filename": self.filename,
            "content_type": self.content_type,
            "size": self.size,
        }
        if self.content_type == "text/calendar":
            fields["text"] = self.content.decode(errors="replace")
        return fields


@dataclass(frozen=True)
class Message:
    """A stored mail; `id` sorts by arrival and counts the nanoseconds since 1970."""

    id: str
    raw: bytes

    @cached_property
    def received_at(self) -> datetime:
        """When it came, UTC, by the real clock."""
        return datetime.fromtimestamp(int(self.id) / 1e9, UTC)

    @cached_property
    def headers(self) -> dict[str, str]:
        """Decoded headers as written; of one that stands several times, a line each."""
        headers: dict[str, str] = {}
        for name, value in self._parsed.items():
            headers[name] = f"{headers[name]}\n{value}" if name in headers else str(value)
        return headers

    @property
    def sender(self) -> str:
        """The From header, with the name."""
        return self._header("From")

    @property
    def recipients(self) -> list[str]:
        """The bare addresses of the envelope, so also those in Bcc."""
        return [str(address) for address in self._parsed.get_all(RECIPIENT, [])]

    @property
    def subject(self) -> str:
        return self._header("Subject").strip()  # a long one begins on a line of its own

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets."""
        return self._header("Message-ID").strip()

    @property
    def date(self) -> datetime | None:
        """The Date header in UTC; None when it is missing or unreadable."""
        try:
            return parsedate_to_datetime(self._header("Date")).astimezone(UTC)
        except ValueError:
            return None

    @cached_property
    def text(self) -> str:
        """The plain text part, empty when there is none."""
        return self._body("plain")

    @cached_property
    def html(self) -> str:
        """The HTML part as it was sent, empty when there is none."""
        return self._body("html")

    @cached_property
    def attachments(self) -> list[Attachment]:
        """Every other part, calendar files within multipart/alternative too."""
        bodies = [self._parsed.get_body((kind,)) for kind in ("plain", "html")]
        leaves = [part for part in self._parsed.walk() if not part.is_multipart()]
        return [
            _attachment(part, number)
            for number, part in enumerate((leaf for leaf in leaves if leaf not in bodies), start=1)
        ]

    def as_json(self) -> dict[str, object]:
        """The mail as `GET /messages.json` gives it; times are ISO 8601 in UTC."""
        return {
            "id": self.id,
            "from": self.sender,
            "to": self.recipients,
            "subject": self.subject,
            "message_id": self.message_id,
            "date": self.date.isoformat() if self.date else None,
            "received_at": self.received_at.isoformat(),
            "text": self.text,
            "html": self.html,
            "headers": self.headers,
            "attachments": [attachment.as_json() for attachment in self.attachments],
        }

    @cached_property
    def _parsed(self) -> EmailMessage:
        return message_from_bytes(self.raw, _class=EmailMessage, policy=_POLICY)

    def _header(self, name: str) -> str:
        return str(self._parsed.get(name, ""))

    def _body(self, kind: str) -> str:
        part = self._parsed.get_body((kind,))
        return "" if part is None else _decoded(part)


def _attachment(part: MIMEPart, number: int) -> Attachment:
    content_type = part.get_content_type()
    unnamed = f"lampiran-{number}.ics" if content_type == "text/calendar" else f"lampiran-{number}"
    return Attachment(
        filename=part.get_filename() or unnamed,
        content_type=content_type,
        content=_content(part),
        content_id=str(part.get("Content-ID", "")).strip().strip("<>"),
    )


def _decoded(part: MIMEPart) -> str:
    content = _content(part)
    try:
        text = content.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:  # a charset nobody knows
        text = content.decode(errors="replace")
    return text.replace("\r\n", "\n")


def _content(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
