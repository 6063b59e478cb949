"""A name that is found once is looked for everywhere in the same text.

Models read a long text in pieces and miss the third "Sarah" of a chat for no reason that a person would see. What they
are sure of once is therefore reported wherever the same capitalised word stands.
"""

import re
from collections.abc import Iterable

from detectors.finding import Finding
from detectors.given_names import COMMON

SURE = 0.8
_WORD = re.compile(r"(?<![\w@.-])[^\W\d_]{3,}(?:[-'][^\W\d_]{2,})*(?![\w@]|\.\w)")


def repeats(text: str, findings: Iterable[Finding]) -> list[Finding]:
    """Further occurrences of the words of surely found names."""
    names: dict[str, float] = {}
    for finding in findings:
        if finding.entity_type == "PERSON" and finding.score >= SURE:
            for word in _WORD.findall(text[finding.start : finding.end]):
                if word[0].isupper() and not word.isupper() and word.lower() not in COMMON:
                    names[word] = max(names.get(word, 0.0), finding.score)
    if not names:
        return []
    return [
        Finding(match.start(), match.end(), "PERSON", round(names[match[0]] * 0.9, 4), "repeats")
        for match in _WORD.finditer(text)
        if match[0] in names
    ]
