"""What counts as sound in a realtime API, and what is opened as any file."""

import pytest

from detectors.finding import SkipReason
from proxy.message import Attachment, Extraction, Role
from proxy.providers.sounds import SOUND, sounds

PCM = bytes(range(256)) * 4


@pytest.mark.parametrize(
    ("data", "heard"),
    [
        (PCM, SOUND),
        (b"\0" * 960, SOUND),
        (b"OggS\0" + PCM, "audio/ogg"),
        (b"RIFF\x10\0\0\0WAVE" + PCM, "audio/wav"),
        (b"Call Anna Schmidt back.", None),
        (b"%PDF-1.7\n" + PCM, None),
        (b"PK\x03\x04" + PCM, None),
        (b"\x89PNG\r\n\x1a\n" + PCM, None),
        (b'{"name": "Anna Schmidt"}', None),
    ],
    ids=["pcm", "silence", "ogg", "wav", "text", "pdf", "zip", "picture", "json"],
)  # fmt: skip
def test_only_what_nobody_can_open_is_sound(data: bytes, heard: str | None) -> None:
    file = Attachment("/audio", Role.USER, data)
    found = sounds(Extraction((), attachments=(file,)), lambda _: True)
    if heard is None:
        assert found.attachments == (file,)
        assert found.skipped == ()
    else:
        (skipped,) = found.skipped
        assert (skipped.pointer, skipped.reason, skipped.media_type) == ("/audio", SkipReason.UNSUPPORTED_MEDIA, heard)
        assert found.attachments == ()


def test_elsewhere_it_stays_an_attachment() -> None:
    extraction = Extraction((), attachments=(Attachment("/file", Role.USER, PCM),))
    assert sounds(extraction, lambda file: file.pointer == "/audio") is extraction
