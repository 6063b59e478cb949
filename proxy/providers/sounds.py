"""Sound in realtime APIs: bytes without a head, at places where the vendor hears sound whatever they are.

Nobody can open it here, and no worker need try. What is a file or a text by its own bytes is opened as any other, so
that nothing readable passes for sound.
"""

from collections.abc import Callable
from dataclasses import replace

from detectors.finding import Skipped, SkipReason
from proxy.content.kind import foreign_type, kind_of
from proxy.message import Attachment, Extraction

SOUND = "audio/pcm"


def sounds(extraction: Extraction, is_sound: Callable[[Attachment], bool]) -> Extraction:
    """The extraction with the attachments that are sound skipped, under a format that policies can name."""
    heard = {file.pointer: said for file in extraction.attachments if is_sound(file) and (said := _heard(file))}
    if not heard:
        return extraction
    return replace(
        extraction,
        skipped=(
            *extraction.skipped,
            *(Skipped(pointer, SkipReason.UNSUPPORTED_MEDIA, said) for pointer, said in heard.items()),
        ),
        attachments=tuple(file for file in extraction.attachments if file.pointer not in heard),
    )


def _heard(file: Attachment) -> str:
    """The format of what can be nothing but sound (or film); empty for what can be opened, or is damaged."""
    if kind_of(file.data, SOUND) is not SkipReason.UNSUPPORTED_MEDIA:
        return ""
    return foreign_type(file.data) or SOUND
