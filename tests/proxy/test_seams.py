"""Values over several messages: what is found together, in which texts, and what stays apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Finding, Scan, Skipped, SkipReason
from detectors.recognizers import pattern_detectors
from detectors.scan import Scanner
from proxy.message import Role, Segment
from proxy.seams import scan_all, seams

CARD = "4539148803436467"
IBAN = "DE89370400440532013000"
KEY = "AKIAQYLPMN5HFIQR7XYA"
SCANNER = Scanner(pattern_detectors())


class Inspector:
    def __init__(self, *, skips=False):
        self.seen = []
        self._skips = skips

    async def scan(self, texts):
        self.seen += texts
        skipped = (Skipped("", SkipReason.TIMEOUT),) if self._skips else ()
        return [Scan(scan.findings, (), skipped) for scan in SCANNER.scan_many(texts)]


def said(*texts, roles=()):
    roles = [*roles, *[Role.USER] * len(texts)]
    return [Segment(f"/{number}", roles[number], text) for number, text in enumerate(texts)]


async def found(*texts, roles=()):
    segments = said(*texts, roles=roles)
    return [
        [(one.entity_type, segment.text[one.start : one.end]) for one in scan.findings]
        for segment, scan in zip(segments, await scan_all(Inspector(), segments), strict=True)
    ]


@pytest.mark.parametrize(
    ("texts", "entity_type", "pieces"),
    [
        ((f"My card is {CARD[:8]}", f"{CARD[8:]} thanks"), "CREDIT_CARD", (CARD[:8], CARD[8:])),
        (("My card is 4539 1488", "0343 6467"), "CREDIT_CARD", ("4539 1488", "0343 6467")),
        ((CARD[:4], CARD[4:8], CARD[8:12], CARD[12:]), "CREDIT_CARD", (CARD[:4], CARD[4:8], CARD[8:12], CARD[12:])),
        ((f"pay to {IBAN[:9]}\n", f"\n{IBAN[9:]}, please"), "IBAN_CODE", (IBAN[:9], IBAN[9:])),
        ((f"the key: {KEY[:12]}", KEY[12:]), "AWS_ACCESS_KEY", (KEY[:12], KEY[12:])),
        (("mail anna.schmidt@", "example.org now"), "EMAIL_ADDRESS", ("anna.schmidt@", "example.org")),
    ],
)
async def test_what_is_split_is_found_in_each_text(texts, entity_type, pieces):
    assert [(entity_type, piece) in one for piece, one in zip(pieces, await found(*texts), strict=True)] == [
        True
    ] * len(pieces)


async def test_answers_between_do_not_hide_it():
    roles = (Role.USER, Role.ASSISTANT, Role.USER)
    first, between, last = await found(f"card {CARD[:8]}", "Go on, please", CARD[8:], roles=roles)
    assert (first[0][0], between, last[0][0]) == ("CREDIT_CARD", [], "CREDIT_CARD")


@pytest.mark.parametrize(
    "texts",
    [
        (f"My card is {CARD[:8]}.", CARD[8:]),
        ("I have 4539", "1488 apples and 34 pears"),
        ("version 12", "13 files"),
        ("in 2024", "2025 was better"),
        ("45391488", "03436468"),
        ("see a_b", "c_d"),
        ("", CARD[8:]),
        ("hello", "world"),
        ("@", "@"),
    ],
)
def test_what_stays_apart(texts):
    assert seams(said(*texts)) == []


def test_only_what_people_say_is_joined():
    assert seams(said(CARD[:8], CARD[8:], roles=(Role.SYSTEM, Role.METADATA))) == []


async def test_without_seams_nothing_more_is_scanned():
    inspector = Inspector()
    await scan_all(inspector, said("hello", "my name is Ana"))
    assert len(inspector.seen) == 2


async def test_a_seam_that_was_not_scanned_is_skipped():
    scans = await scan_all(Inspector(skips=True), said(CARD[:8], CARD[8:]))
    assert [len(scan.skipped) for scan in scans] == [2, 2]


async def test_what_the_halves_were_taken_for_is_taken_over():
    first, last = await found(CARD[:8], CARD[8:])
    assert (first, last) == ([("CREDIT_CARD", CARD[:8])], [("CREDIT_CARD", CARD[8:])])


@given(st.lists(st.sampled_from([CARD, CARD[:8], CARD[8:], "4539", " ", "x", "a@", "b.org", IBAN[:5], IBAN[5:], "."])))
def test_seams_are_parts_of_their_texts(texts):
    segments = said(*texts)
    for seam in seams(segments):
        joined = "".join(segments[number].text[start:end] for number, start, end in seam.parts)
        assert seam.text[seam.told :] == joined
        for number, piece in seam.pieces(Finding(seam.told, len(seam.text), "CREDIT_CARD", 1.0, "x")):
            assert 0 <= piece.start < piece.end <= len(segments[number].text)
