"""A mail catcher for the demo and the tests: a real SMTP server and a page to read what came."""

from mentorinaja.local.mailbox.message import Attachment, Message
from mentorinaja.local.mailbox.server import Mailbox
from mentorinaja.local.mailbox.smtp import Faults

__all__ = ["Attachment", "Faults", "Mailbox", "Message"]
