"""The files of a request on its path: opened into texts, replaced when something in them is.

A file's texts are segments as any other, with the file's pointer and `~file/N`. What can't be opened is `Skipped`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from detectors.finding import Skipped, SkipReason
from proxy.content.opened import Form, Opened
from proxy.message import Attachment, Chat, ChatMessage, Replacement, Role, Segment

_INSIDE = "~file/"


class Files(Protocol):
    """What opens files and changes them: the worker pool behind a cache in life, a function in tests."""

    async def open(self, file: Attachment) -> Opened:
        """The file's texts; what can't be read is in `skipped`."""

    async def replace(self, file: Attachment, opened: Opened, texts: Sequence[str]) -> Replacement:
        """The file with these texts instead of its own. Raises `ProxyError` when that can't be done."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A request's files, opened."""

    files: tuple[tuple[Attachment, Opened], ...] = ()

    def segments(self) -> list[Segment]:
        """Every text of every file."""
        return [
            Segment(_place(file, number), file.role, item.text, item.context)
            for file, opened in self.files
            for number, item in enumerate(opened.texts)
        ]

    def skipped(self) -> list[Skipped]:
        """What could not be read. A format is what the bytes say: a rule that excepts sound excepts no document."""
        return [
            Skipped(file.pointer, reason, opened.media_type) for file, opened in self.files for reason in opened.skipped
        ]

    async def replacements(self, texts: Mapping[str, str], files: Files) -> dict[str, Replacement]:
        """Pointer → what takes the place of each file of which a text has changed. Raises `ProxyError`."""
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
        for file, opened in self.files:
            text = "\n\n".join(self._texts(file, opened, texts)).strip()
            if text:
                kind = "a picture" if opened.form is Form.PICTURE else "a file"
                messages.append(ChatMessage(Role.USER, f"[The text of {kind}]\n{text}"))
        return Chat(
            messages=(*chat.messages[:-1], *messages, *chat.messages[-1:]),
            model=chat.model,
            stream=chat.stream,
            max_tokens=chat.max_tokens,
            temperature=chat.temperature,
            include_usage=chat.include_usage,
            stream_type=chat.stream_type,
        )

    @staticmethod
    def _texts(file: Attachment, opened: Opened, texts: Mapping[str, str]) -> list[str]:
        return [texts.get(_place(file, number), item.text) for number, item in enumerate(opened.texts)]


async def open_attachments(attachments: Sequence[Attachment], files: Files | None) -> Attached:
    """Every file, opened; without anybody to open them, none could be read."""
    if files is None:
        closed = Opened(skipped=(SkipReason.UNSUPPORTED_MEDIA,))
        return Attached(tuple((file, closed) for file in attachments))
    opened = await asyncio.gather(*(files.open(file) for file in attachments))
    return Attached(tuple(zip(attachments, opened, strict=True)))


def is_inside(pointer: str) -> bool:
    """Whether a pointer leads into a file."""
    return _INSIDE in pointer


def _place(file: Attachment, number: int) -> str:
    return f"{file.pointer}{_INSIDE}{number}"
