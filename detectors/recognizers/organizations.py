"""Companies and institutions by the form of their names: `Acme Tools Ltd`, `St. Mary Hospital`, `Bank: Elm Savings`."""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.source import Source

_WORD = r"(?:[A-Z][\w&'.-]{0,24}|of|and|&|the|for)"
# What a company or an institution is called last. Legal forms say so by themselves; the others need a name before them.
_NAMED = gated(
    re.compile(
        rf"(?<![\w.])((?:[A-Z][\w&'-]{{1,24}},?[ ])(?:{_WORD}[ ]){{0,4}}"
        r"(?:Inc\b\.?|L\.?L\.?C\b\.?|LLP|Ltd\b\.?|Limited|Corp\b\.?|Corporation|Company|GmbH|AG|S\.A\.|S\.p\.A\.|B\.V\.|N\.V\.|"
        r"PLC|plc|Pty|Oy|Group|Holdings|Partners|Associates|Solutions|Technologies|Industries|Enterprises|Consulting|"
        r"Bank|Credit Union|Insurance|Airlines|Airways|Motors|Pharmaceuticals|University|College|High School|Academy|"
        r"Hospital|Clinic|Medical Center|Health Center|Healthcare|Institute|Foundation|Laboratories|Records|Studios))"
        r"(?![\w-]|'s? [a-z]+ing\b)"
    )
)
_LABELLED = gated(
    re.compile(
        r"(?m)(?<![^\W_])(?:Company|Employer|Bank|Hospital|Clinic|Organi[sz]ation|Institution|School|University|Vendor|"
        r"Supplier|Insurer|Merchant|Agency)(?: [Nn]ame)?:[ \t]{1,3}"
        r"([A-Z][\w&'.-]{1,24}(?:[ ](?:[A-Z][\w&'.-]{0,24}|of|and|&|the)){0,5})"
    )
)
_NOT_FIRST = re.compile(
    r"(?:The|A|An|Your|Our|My|This|That|Dear|Any|Each|Every|Each|In|At|For|From|To|With|By|And|Or) "
)


def find(source: Source) -> Iterator[Finding]:
    """Every name of a company or institution that its form gives away."""
    for match in source.matches(_NAMED):
        start = match.start(1)
        while skipped := _NOT_FIRST.match(source.text, start):
            start = skipped.end()
        if " " in source.text[start : match.end(1)]:
            yield Finding(start, match.end(1), "ORGANIZATION", 0.7, "organizations")
    for match in source.matches(_LABELLED):
        yield Finding(match.start(1), match.end(1), "ORGANIZATION", 0.7, "organizations")
