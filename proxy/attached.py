"""The files of a request on its path: opened into texts, replaced when something in them is.

A file's texts are segments as any other, with the file's pointer and `~file/N`. What can't be opened is `Skipped`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from detectors.finding import Skipped, SkipReason
from proxy.content.opened import Form, Opened
from proxy.encoded import Unfolded, Unfolder, fold, is_encoded
from proxy.message import NO_FILES, Attachment, Chat, ChatMessage, Replacement, Role, Segment

_INSIDE = "~file/"
_LEVELS = 3  # of files in base64 in texts of files
_FILES_IN_FILES = 20  # at each of them; most of a second each, if they are pictures


class Files(Protocol):
    """What opens files and changes them: the worker pool behind a cache in life, a function in tests."""

    async def open(self, file: Attachment) -> Opened:
        """The file's texts; what can't be read is in `skipped`."""

    async def replace(self, file: Attachment, opened: Opened, texts: Sequence[str]) -> Replacement:
        """The file with these texts instead of its own. Raises `ProxyError` when that can't be done."""


@dataclass(frozen=True, slots=True)
class Attached:
    """What is inside a request's strings: its files, opened, and what base64 in its texts and theirs says."""

    files: tuple[tuple[Attachment, Opened], ...] = ()
    outer: Unfolded = field(default_factory=Unfolded)  # base64 in the body's texts
    inner: Unfolded = field(default_factory=Unfolded)  # base64 in the files' texts
    deeper: "Attached | None" = None  # the files in that
    unopened: tuple[Attachment, ...] = ()  # and those that are one too many, or too deep

    def segments(self) -> list[Segment]:
        """Every text."""
        deeper = self.deeper.segments() if self.deeper is not None else []
        return [*self.outer.segments, *_texts_of(self.files), *self.inner.segments, *deeper]

    def skipped(self) -> list[Skipped]:
        """What could not be read. A format is what the bytes say: a rule that excepts sound excepts no document."""
        unread = [
            Skipped(file.pointer, reason, opened.media_type) for file, opened in self.files for reason in opened.skipped
        ]
        deeper = self.deeper.skipped() if self.deeper is not None else []
        too_much = (*self.outer.deeper, *self.inner.deeper, *(file.pointer for file in self.unopened))
        return [*unread, *deeper, *(Skipped(pointer, SkipReason.TOO_LARGE) for pointer in too_much)]

    async def changed(
        self, segments: Sequence[Segment], texts: Mapping[str, str], files: Files | None
    ) -> tuple[dict[str, str], dict[str, Replacement]]:
        """The new texts and the new files of the body itself, given the new texts of all. Raises `ProxyError`."""
        inside, new = await self.folded(segments, texts, files)
        folded = fold(self.outer.runs, segments, inside, new)
        return (
            {pointer: text for pointer, text in folded.items() if not is_inside(pointer)},
            {pointer: file for pointer, file in new.items() if not is_encoded(pointer)},
        )

    async def folded(
        self, segments: Sequence[Segment], texts: Mapping[str, str], files: Files | None
    ) -> tuple[Mapping[str, str], Mapping[str, Replacement]]:
        """The texts with what changed in the files' base64 put back, the deepest first; and the files that change."""
        inside = NO_FILES
        if self.deeper is not None:
            texts, inside = await self.deeper.folded(segments, texts, files)
        folded = fold(self.inner.runs, segments, texts, inside)
        return folded, (await self._replacements(folded, files) if files is not None else {})

    async def _replacements(self, texts: Mapping[str, str], files: Files) -> dict[str, Replacement]:
        """Pointer → what takes the place of each file of which a text has changed."""
        changed = [
            (file, opened, new)
            for file, opened in self.files
            if (new := self._texts(file, opened, texts)) != [item.text for item in opened.texts]
        ]
        made = await asyncio.gather(*(files.replace(file, opened, new) for file, opened, new in changed))
        return {file.pointer: new for (file, _, _), new in zip(changed, made, strict=True)}

    def told(self, chat: Chat, texts: Mapping[str, str]) -> Chat:
        """The conversation with the files' texts before its last turn: a model inside reads no files."""
        messages: list[ChatMessage] = []
        for file, opened in self.every_file():
            text = "\n\n".join(self._texts(file, opened, texts)).strip()
            if text:
                kind = "a picture" if opened.form is Form.PICTURE else "a file"
                messages.append(ChatMessage(Role.USER, f"[The text of {kind}]\n{text}"))
        # Not between a call and what its tool said.
        last = next((at for at in range(len(chat.messages) - 1, -1, -1) if chat.messages[at].role is Role.USER), None)
        at = len(chat.messages) if last is None else last
        return replace(chat, messages=(*chat.messages[:at], *messages, *chat.messages[at:]))

    def every_file(self) -> tuple[tuple[Attachment, Opened], ...]:
        """The files, and those in their texts."""
        return self.files if self.deeper is None else (*self.files, *self.deeper.every_file())

    @staticmethod
    def _texts(file: Attachment, opened: Opened, texts: Mapping[str, str]) -> list[str]:
        return [texts.get(_place(file, number), item.text) for number, item in enumerate(opened.texts)]


async def open_attachments(
    outer: Unfolded,
    attachments: Sequence[Attachment],
    files: Files | None,
    unfolder: Unfolder,
    *,
    levels: int = _LEVELS,
) -> Attached:
    """Every file, opened, those in base64 too. Without anybody to open files, none can be read."""
    attachments = (*attachments, *outer.files)
    if not attachments:
        return Attached(outer=outer)
    if files is None:
        closed = Opened(skipped=(SkipReason.UNSUPPORTED_MEDIA,))
        return Attached(tuple((file, closed) for file in attachments), outer)
    opened = await asyncio.gather(*(files.open(file) for file in attachments))
    pairs = tuple(zip(attachments, opened, strict=True))
    inner = unfolder.unfold(_texts_of(pairs))
    if not inner.files:
        return Attached(pairs, outer, inner)
    at_most = _FILES_IN_FILES if levels > 1 else 0
    here = inner.files[:at_most]
    deeper = await open_attachments(Unfolded(), here, files, unfolder, levels=levels - 1) if here else None
    return Attached(pairs, outer, inner, deeper, inner.files[at_most:])


def _texts_of(files: Sequence[tuple[Attachment, Opened]]) -> list[Segment]:
    return [
        Segment(_place(file, number), file.role, item.text, item.context)
        for file, opened in files
        for number, item in enumerate(opened.texts)
    ]


def is_inside(pointer: str) -> bool:
    """Whether a pointer leads into a file or into base64, and not just to a string of the body."""
    return _INSIDE in pointer or is_encoded(pointer)


def _place(file: Attachment, number: int) -> str:
    return f"{file.pointer}{_INSIDE}{number}"
