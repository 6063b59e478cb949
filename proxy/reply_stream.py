"""A streamed reply is inspected while it flows: it is held back as far as a value may still be growing, and no further.

Events wait until so many characters have gathered (`reply.hold_characters`), a text ends, or time is up
(`reply.hold_seconds`); then all that waits is scanned at once, with what went before it for context. What is found in
it is replaced in the very events that it came in, and those that are settled go on in their order. Half of what was
gathered stays, since a value may go on in the next event. Pings and comments don't wait.
"""

import codecs
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from detectors.finding import Finding, Skipped, SkipReason
from proxy.envelopes import EnvelopeFramer, is_json_call, last_envelope, parse_envelope
from proxy.errors import BodyError, LimitError
from proxy.event_stream import MEDIA_TYPE as MESSAGES
from proxy.event_stream import EventStreamFramer, exception_message, parse_message
from proxy.framing import (
    WHOLE,
    Frame,
    Framer,
    WholeFramer,
    WholeMessage,
    Wrapping,
    line_framer,
    parse_sse,
    parse_whole,
    sse_framer,
)
from proxy.google_chunks import JsonFramer, chunk, parse_json_frame
from proxy.providers.dialect import Dialect
from proxy.providers.json_spans import edit, parse, value_at
from proxy.providers.sounds import SOUND
from proxy.reply_judge import Change, ReplyJudge, ReplyText
from proxy.reply_texts import json_texts
from proxy.restore import BETWEEN, LINES, SSE, is_json

_NESTING = 400
_CONTEXT = 200  # characters that went on already, for what is found by what stands before it
_LINE = 64  # characters
_QUEUE = 4_000_000  # bytes of events that wait


@dataclass(slots=True)
class _Share:
    """What an event adds to a channel: characters `start` to `end` of the channel's text."""

    channel: str
    pointer: str
    start: int
    end: int


@dataclass(slots=True)
class _Event:
    raw: bytes = field(repr=False)
    payload: bytes = field(default=b"", repr=False)
    wrapping: Wrapping | None = None
    shares: list[_Share] = field(default_factory=list)
    others: tuple[ReplyText, ...] = field(default=(), repr=False)  # texts that stand in this event alone
    new: dict[str, str] = field(default_factory=dict, repr=False)

    def render(self) -> bytes:
        if not self.new:
            return self.raw
        if "" in self.new and isinstance(self.wrapping, WholeMessage):  # a text that is no JSON
            return self.wrapping.with_data(self.new[""].encode())
        payload = edit(self.payload, self.new, nesting=_NESTING, all_keys=True)
        return payload if self.wrapping is None else self.wrapping.with_data(payload)


@dataclass(slots=True)
class _Text:
    """One text that several events carry. `text` begins at `at`; what is before `done` has gone on."""

    at: int = 0
    done: int = 0
    text: str = field(default="", repr=False)
    closed: bool = False
    is_json: bool = False  # tool arguments: a document, which is read once it is whole

    @property
    def end(self) -> int:
        return self.at + len(self.text)


class StreamScan:
    """Inspects one streamed reply."""

    def __init__(self, dialect: Dialect, media_type: str, judge: ReplyJudge, hold: int) -> None:
        self._dialect = dialect
        self._judge = judge
        self._hold = hold
        self._framer: Framer | None = None
        self._unwrap: Callable[[bytes], Wrapping] | None = None
        if media_type == MESSAGES:
            self._framer, self._unwrap = EventStreamFramer(), parse_message
        elif media_type == SSE:
            self._framer, self._unwrap = sse_framer(), parse_sse
        elif media_type == WHOLE:
            self._framer, self._unwrap = WholeFramer(), parse_whole
        elif media_type in LINES:
            self._framer = line_framer()
        elif is_json_call(media_type):
            self._framer, self._unwrap = EnvelopeFramer(), parse_envelope
        elif is_json(media_type):
            self._framer, self._unwrap = JsonFramer(), parse_json_frame
        self._plain = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._texts: dict[str, _Text] = {}
        self._queue: deque[_Event] = deque()
        self._queued = 0
        self._fresh = 0  # characters since the last look
        self._stuck = False  # nothing could go on when time was up
        self._began = False
        self._last = b""  # what an array's last piece ended with
        self.blocked = False

    def judged_by(self, judge: ReplyJudge) -> None:
        """From here on it is the reply to another request."""
        self._judge = judge

    @property
    def waits(self) -> bool:
        """Whether an event waits to be inspected."""
        return bool(self._queue)

    async def feed(self, data: bytes) -> list[bytes]:
        """What can go on with these bytes."""
        out: list[bytes] = []
        for frame in self._framer.feed(data) if self._framer is not None else [Frame(data)]:
            out += self._take(frame)
        due = self._fresh >= self._hold or self._queued > _QUEUE or any(text.closed for text in self._texts.values())
        if self._unwrap is parse_whole and not due:  # nobody knows when the next message comes, or whether
            due = bool(self._queue) and all(text.end == text.done for text in self._texts.values())
        return out + (await self._settle(rest=self._hold // 2) if due else [])

    async def tick(self) -> list[bytes]:
        """What can go on since time is up: all but a last line; if that is all, the next time all but a last word.

        A message of a WebSocket may be all that comes, so that then its last word goes, too.
        """
        if not self._queue or self.blocked:
            return []
        all_but = 0 if self._unwrap is parse_whole else 1
        out = await self._settle(rest=all_but if self._stuck else min(_LINE, self._hold // 2))
        self._stuck = not out
        return out

    async def finish(self) -> list[bytes]:
        """What is left."""
        out: list[bytes] = []
        for frame in self._framer.finish() if self._framer is not None else []:
            out += self._take(frame)
        return out + await self._settle(rest=0, final=True)

    def _take(self, frame: Frame) -> list[bytes]:
        if self.blocked:
            return []
        event = _Event(frame.data)
        overtakes = False
        if self._framer is None:
            self._add(event, "text", "", self._plain.decode(frame.data))
        elif not frame.event:
            # An event over the limit or a damaged one goes by unread; between events there is next to nothing.
            if frame.data.strip(BETWEEN):
                self._skip(Skipped("", SkipReason.TOO_LARGE))
        else:
            event.wrapping = self._unwrap(frame.data) if self._unwrap is not None else None
            data = event.wrapping.data if event.wrapping is not None else frame.data
            overtakes = data is None or self._read(event, data)
        says = event.others or any(share.end > share.start for share in event.shares)
        if (overtakes and (self._began or event.payload == b"")) or not (self._queue or says or self._fresh):
            return self._sent([event.raw])
        self._queue.append(event)
        self._queued += len(event.raw)
        return []

    def _read(self, event: _Event, data: bytes) -> bool:
        if data.strip() in {b"", b"[DONE]"}:
            self._close("*")
            return False
        try:
            parsed = parse(data)
            read = json_texts(data)
        except (BodyError, LimitError):
            if not (isinstance(event.wrapping, WholeMessage) and self._read_plain(event, event.wrapping)):
                self._skip(Skipped("", SkipReason.UNREADABLE))
            return False
        event.payload = data
        shape = self._dialect.shape(parsed)
        carried = {delta.pointer: delta.channel for delta in shape.deltas}
        carried |= {pointer: f"~keeps{pointer}" for pointer in shape.keeps}
        documents = {delta.channel for delta in shape.deltas if delta.is_json}
        for pointer, channel in carried.items():
            text = value_at(parsed, pointer)
            if isinstance(text, str):
                self._add(event, channel, pointer, text, is_json=channel in documents)
        inside = tuple(f"{pointer}~json" for pointer in carried)
        apart = {*carried, *shape.media}
        event.others = tuple(t for t in read.texts if t.pointer not in apart and not t.pointer.startswith(inside))
        self._fresh += sum(len(item.text) for item in event.others)
        self._skip(*(item for item in read.skipped if item.pointer not in apart))
        self._skip(
            *(Skipped(place, SkipReason.UNSUPPORTED_MEDIA, SOUND) for place in shape.media if value_at(parsed, place))
        )
        for name in shape.closes:
            self._close(name)
        return shape.overtakes

    def _read_plain(self, event: _Event, message: WholeMessage) -> bool:
        """Read a message that is no JSON; whether it is a text."""
        if not message.is_text or message.data.lstrip()[:1] in {b"{", b"["}:
            return False
        try:
            text = message.data.decode("utf-8")
        except UnicodeDecodeError:
            return False
        event.others = (ReplyText("", text),) if text else ()
        self._fresh += len(text)
        return True

    def _skip(self, *parts: Skipped) -> None:
        """Take note of what can't be read. What is new is for the policy to decide before it goes on."""
        for part in parts:
            if part not in self._judge.skipped:
                self._judge.skipped.append(part)
                self._fresh = self._hold

    def _add(self, event: _Event, channel: str, pointer: str, text: str, *, is_json: bool = False) -> None:
        one = self._texts.setdefault(channel, _Text(is_json=is_json))
        one.closed = False
        event.shares.append(_Share(channel, pointer, one.end, one.end + len(text)))
        one.text += text
        self._fresh += len(text)

    def _close(self, name: str) -> None:
        for channel, text in self._texts.items():
            if name in {"*", channel} or channel.startswith(f"{name}/"):
                text.closed = True

    async def _settle(self, rest: int, *, final: bool = False) -> list[bytes]:
        """Look at all that waits. `rest`: how many characters of a text that goes on stay (1: an unfinished word)."""
        if self.blocked or not self._queue:
            self._texts = {name: text for name, text in self._texts.items() if not text.closed}
            return []
        self._fresh = 0
        plain = [name for name, text in self._texts.items() if text.end > text.done and not text.is_json]
        documents = [name for name, text in self._texts.items() if text.is_json and (text.closed or final)]
        looks = [self._look(name) for name in plain]
        leaves = {name: self._leaves(name) for name in documents}
        others = [item for event in self._queue for item in event.others]
        asked = [*looks, *(leaf for name in documents for leaf in leaves[name]), *others]
        found = await self._judge.look(asked)
        if self._judge.blocks:
            self.blocked = True
            return [self._refusal()]
        answers = iter(found)
        spans = {name: next(answers) for name in plain}
        inside = {name: [next(answers) for _ in leaves[name]] for name in documents}
        ends = {name: text.done for name, text in self._texts.items() if text.is_json}
        ends |= {name: self._texts[name].end for name in documents}
        ends |= {n: self._cut(self._texts[n], look, spans[n], rest) for n, look in zip(plain, looks, strict=True)}
        gone = self._whole_documents(self._gone(ends, spans))
        for index, event in enumerate(self._queue):
            for item in event.others:
                findings = next(answers)
                if index < gone:
                    self._change_other(event, item, findings)
        for name, look in zip(plain, looks, strict=True):
            self._change(name, look, spans[name], gone)
        for name in documents:
            self._change_document(name, leaves[name], inside[name], gone)
        out = [self._queue.popleft().render() for _ in range(gone)]
        self._queued = sum(len(event.raw) for event in self._queue)
        self._texts = {n: t for n, t in self._texts.items() if not t.closed or t.end > t.done}
        return self._sent(out)

    def _sent(self, pieces: list[bytes]) -> list[bytes]:
        self._began = self._began or bool(pieces)
        if isinstance(self._framer, JsonFramer) and (written := b"".join(pieces[-2:]).rstrip()):
            self._last = written[-1:]
        return pieces

    def _look(self, name: str) -> ReplyText:
        text = self._texts[name]
        return ReplyText(f"~reply/{name}", text.text, text.done - text.at)

    @staticmethod
    def _cut(text: _Text, look: ReplyText, findings: Sequence[Finding], rest: int) -> int:
        """Up to where a text is settled."""
        if text.closed or rest == 0:
            return text.end
        cut = len(look.text) - (rest if rest > 1 else 0)
        while cut > look.fresh and not (cut < len(look.text) and look.text[cut].isspace()):
            cut -= 1
        for finding in reversed(findings):
            if finding.start < cut < finding.end or (cut == len(look.text) and finding.end == cut):
                cut = finding.start
        return text.at + max(cut, look.fresh)

    def _leaves(self, name: str) -> list[ReplyText]:
        """The texts of a whole document; of one that can't be read the document itself."""
        text = self._texts[name]
        try:
            return list(json_texts(text.text.encode("utf-8", "surrogatepass"), f"~reply/{name}").texts)
        except (BodyError, LimitError):
            return [ReplyText(f"~reply/{name}", text.text)]

    def _gone(self, ends: dict[str, int], spans: Mapping[str, Sequence[Finding]]) -> int:
        """How many events are settled, so that no finding is only half gone."""
        gone = len(self._queue)
        for index, event in enumerate(self._queue):
            if any(share.end > ends.get(share.channel, share.end) for share in event.shares):
                gone = index
                break
        if gone == len(self._queue):
            return gone
        borders: list[dict[str, int]] = [{}]  # after so many events: channel → how far its text is gone
        for event in list(self._queue)[:gone]:
            borders.append(borders[-1] | {share.channel: share.end for share in event.shares})
        while gone > 0 and any(
            finding.start < end - self._texts[channel].at < finding.end
            for channel, end in borders[gone].items()
            for finding in spans.get(channel, ())
        ):
            gone -= 1
        return gone

    def _whole_documents(self, gone: int) -> int:
        """The same, so that the events of a document go together."""
        first: dict[str, int] = {}
        for index, event in enumerate(self._queue):
            for share in event.shares:
                if not self._texts[share.channel].is_json:
                    continue
                begun = first.setdefault(share.channel, index)
                if index >= gone > begun:
                    return self._whole_documents(begun)
        return gone

    def _change_other(self, event: _Event, item: ReplyText, findings: Sequence[Finding]) -> None:
        changes = self._judge.changes(item.text, findings)
        self._judge.note(f"~reply{item.pointer}", findings, changes)
        if changes:
            event.new[item.pointer] = _applied(item.text, 0, changes)

    def _change(self, name: str, look: ReplyText, findings: Sequence[Finding], gone: int) -> None:
        """Put a text's changes into the events that go, and move on."""
        text = self._texts[name]
        shares = [(e, s) for e in list(self._queue)[:gone] for s in e.shares if s.channel == name]
        if not shares:
            return
        end = shares[-1][1].end
        mine = [finding for finding in findings if text.at + finding.start < end]
        changes = self._judge.changes(look.text, mine)
        self._judge.note(look.pointer, mine, changes)
        for event, share in shares:
            start, stop = share.start - text.at, share.end - text.at
            touching = [change for change in changes if change.start < stop and change.end > start]
            if touching:
                clipped = [c._replace(new=c.new if c.start >= start else "") for c in touching]
                new = _applied(look.text[start:stop], start, clipped)
                if self._framer is None:
                    event.raw = new.encode("utf-8", "surrogateescape")
                else:
                    event.new[share.pointer] = new
        text.done = end
        keep = max(text.at, end - _CONTEXT)
        text.text, text.at = text.text[keep - text.at :], keep

    def _change_document(
        self, name: str, leaves: Sequence[ReplyText], found: Sequence[Sequence[Finding]], gone: int
    ) -> None:
        """The same for tool arguments: the whole document changes, and stands in the first of its events."""
        text = self._texts[name]
        shares = [(e, s) for e in list(self._queue)[:gone] for s in e.shares if s.channel == name]
        if not shares or shares[-1][1].end < text.end:
            return
        prefix, new = f"~reply/{name}", {}
        for leaf, findings in zip(leaves, found, strict=True):
            changes = self._judge.changes(leaf.text, findings)
            self._judge.note(leaf.pointer, findings, changes)
            if changes:
                new[leaf.pointer.removeprefix(prefix)] = _applied(leaf.text, 0, changes)
        if new:
            source = text.text.encode("utf-8", "surrogatepass")
            whole = new[""] if "" in new else edit(source, new, nesting=_NESTING, all_keys=True).decode()
            for index, (event, share) in enumerate(shares):
                event.new[share.pointer] = whole if index == 0 else ""
        text.at, text.done, text.text = text.end, text.end, ""

    def _refusal(self) -> bytes:
        """The end of a stream that may not go on: an error event as the vendor has it."""
        body = self._judge.refusal(self._dialect).body
        match self._framer:
            case EventStreamFramer():
                return exception_message(body)
            case EnvelopeFramer():
                return last_envelope(body)
            case JsonFramer() if self._framer.is_chunked:
                return chunk(body)
            case JsonFramer():
                return (b"" if self._last in {b"[", b","} else b"," if self._last else b"[") + body + b"]"
        if self._unwrap is parse_sse:
            return b"event: error\ndata: " + body + b"\n\n"
        if self._unwrap is parse_whole:
            return b""  # whoever holds the connection says it
        return body + b"\n"


def _applied(text: str, at: int, changes: Sequence[Change]) -> str:
    """A piece of a text that begins at `at`, with the changes that touch it."""
    out: list[str] = []
    done = 0
    for change in changes:
        start, end = max(change.start - at, 0), min(change.end - at, len(text))
        out += (text[done:start], change.new)
        done = end
    return "".join((*out, text[done:]))
