"""Values beside letters of scripts that are written without spaces: `电话是13812345678` reads `电话是 13812345678`.

For expressions, such a letter is one like any other, so that no word begins or ends beside it. A space there makes the
borders that a reader sees. Korean has spaces, but its particles stand right behind a value.
"""

import re
from collections.abc import Iterator

from detectors.readings.view import Piece, View, rewrite

# Thai, Lao, Tibetan, Burmese, Khmer; kana and Chinese characters; Hangul.
_LETTER = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_VALUE = r"[0-9A-Za-z+@_]"
_BORDER = re.compile(rf"(?<=[{_LETTER}])(?={_VALUE})|(?<={_VALUE})(?=[{_LETTER}])")
# Most numbers there are counts and dates (`3月`): a value has five characters at least.
_TELLING = re.compile(rf"[{_LETTER}](?=[!-~]{{5}})|[!-~]{{5}}(?=[{_LETTER}])")


def read(text: str) -> Iterator[View]:
    """The text with spaces at such borders, where what stands between them may be a value."""
    if text.isascii() or not _TELLING.search(text):
        return
    yield from rewrite(text, [Piece(at.start(), at.start(), " ") for at in _BORDER.finditer(text)], prose=True)
