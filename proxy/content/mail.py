"""E-mail (RFC 5322, MIME): every header, every text, every attachment, messages within messages."""

import email
import email.policy
from email.errors import MessageError
from email.message import EmailMessage, Message

from detectors.finding import SkipReason
from proxy.content.sink import Sink

# Their values are base64 that the servers on the way made.
_SEALS = frozenset({"dkim-signature", "arc-seal", "arc-message-signature", "x-google-dkim-signature"})


def read_mail(data: bytes, sink: Sink) -> None:
    """A message with all its parts."""
    message: Message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        sink.text("\n".join(_headers(part)))
        for around in (part.preamble, part.epilogue):
            sink.text(around or "")
        if not part.is_multipart():
            _leaf(part, sink)


def _headers(part: Message) -> list[str]:
    lines: list[str] = []
    for name, raw in part.raw_items():
        if name.lower() in _SEALS:
            continue
        try:
            value = str(part.policy.header_fetch_parse(name, raw))
        except (ValueError, LookupError, IndexError, AttributeError, TypeError, MessageError):
            value = str(raw)  # the parser's own faults with malformed headers
        lines.append(f"{name}: {value}")
    return lines


def _leaf(part: Message, sink: Sink) -> None:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        sink.skip(SkipReason.UNREADABLE)
        return
    charset = part.get_content_charset() or ""
    media_type = f"{part.get_content_type()};charset={charset}" if charset else part.get_content_type()
    name = part.get_filename() or "" if isinstance(part, EmailMessage) else ""
    if payload.strip():
        sink.file(payload, media_type=media_type, name=name)
