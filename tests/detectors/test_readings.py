"""Disguised values: found where they were written; what only looks disguised stays untouched; laws of all readings."""

import ast
import base64
import codecs
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import readings as all_readings
from detectors.finding import Skipped, SkipReason
from detectors.gate.gate import build_gate
from detectors.readings import DEPTH, readings
from detectors.readings.view import TooMuchError
from detectors.recognizers import pattern_detectors
from detectors.scan import Scanner

CARD = "4539148803436467"
IBAN = "DE89370400440532013000"
KEY = "AKIAQYLPMN5HFIQR7XYA"
MAIL = "anna.schmidt@example.org"
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
MORSE = ["-----", ".----", "..---", "...--", "....-", ".....", "-....", "--...", "---..", "----."]
GERMAN = ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]


def b64(text):
    return base64.b64encode(text.encode()).decode()


def rot13(text):
    return codecs.encode(text, "rot13")


def spelled(words, gap=" "):
    return gap.join(words[int(digit)] for digit in CARD)


APART = [
    (" ".join(CARD), "CREDIT_CARD"),
    (".".join(CARD), "CREDIT_CARD"),
    ("_".join(CARD), "CREDIT_CARD"),
    (" ".join(IBAN), "IBAN_CODE"),
    (".".join(MAIL), "EMAIL_ADDRESS"),
    ("<!-- -->".join(CARD), "CREDIT_CARD"),
    ("/**/".join(KEY), "AWS_ACCESS_KEY"),
    (f"{KEY[:9]}<b>{KEY[9:]}", "AWS_ACCESS_KEY"),
    (f"{CARD[:8]}\n{CARD[8:]}", "CREDIT_CARD"),
    (f"{IBAN[:10]}\r\n> {IBAN[10:]}", "IBAN_CODE"),
    (f"{CARD[:4]}--{CARD[4:8]}--{CARD[8:12]}--{CARD[12:]}", "CREDIT_CARD"),
    (f"{CARD[:4]}/{CARD[4:8]}/{CARD[8:12]}/{CARD[12:]}", "CREDIT_CARD"),
    (f"{CARD[:4]}\t{CARD[4:8]}\t{CARD[8:12]}\t{CARD[12:]}", "CREDIT_CARD"),
    (f'{KEY[:9]}" + "{KEY[9:]}', "AWS_ACCESS_KEY"),
    (f"{KEY[:9]}\x1e{KEY[9:]}", "AWS_ACCESS_KEY"),
    (json.dumps({"part1": IBAN[:9], "part2": IBAN[9:]})[11:-2], "IBAN_CODE"),
]
SPELLED = [
    (spelled(WORDS), "CREDIT_CARD"),
    (spelled(WORDS, ", "), "CREDIT_CARD"),
    (spelled(WORDS, "-"), "CREDIT_CARD"),
    (spelled(GERMAN), "CREDIT_CARD"),
    ("four five three nine one four double eight oh three four three six four six seven", "CREDIT_CARD"),
    ("forty-five thirty-nine fourteen eighty-eight oh three forty-three sixty-four sixty-seven", "CREDIT_CARD"),
    (spelled(MORSE), "CREDIT_CARD"),
    (spelled(MORSE, "/"), "CREDIT_CARD"),
    ("anna.schmidt [at] example [dot] org", "EMAIL_ADDRESS"),
    ("anna dot schmidt at example dot org", "EMAIL_ADDRESS"),
    ("anna.schmidt(at)example.org", "EMAIL_ADDRESS"),
    ("anna.schmidt arroba example punto org", "EMAIL_ADDRESS"),
]
CODES = [
    (" ".join(f"{ord(one):02x}" for one in MAIL), "EMAIL_ADDRESS"),
    (", ".join(f"0x{ord(one):02X}" for one in MAIL), "EMAIL_ADDRESS"),
    (" ".join(str(ord(one)) for one in MAIL), "EMAIL_ADDRESS"),
    (" ".join(f"{ord(one):08b}" for one in MAIL), "EMAIL_ADDRESS"),
    ("".join(f"\\{ord(one):03o}" for one in MAIL), "EMAIL_ADDRESS"),
    ("".join(f"={ord(one):02X}" for one in MAIL), "EMAIL_ADDRESS"),
]
TURNED = [
    (rot13(MAIL), "EMAIL_ADDRESS"),
    (rot13(KEY), "AWS_ACCESS_KEY"),
    (rot13(IBAN), "IBAN_CODE"),
    (MAIL[::-1], "EMAIL_ADDRESS"),
    (KEY[::-1], "AWS_ACCESS_KEY"),
    (IBAN[::-1], "IBAN_CODE"),
    (CARD[::-1], "CREDIT_CARD"),
]
LOOK_ALIKES = [
    ("4S39 1488 O343 6467", "CREDIT_CARD"),
    ("453914880Ʒ436467", "CREDIT_CARD"),
    ("DE8937O400440532O13000", "IBAN_CODE"),
    (f"XXXX{CARD}XXXX", "CREDIT_CARD"),
]
CHAINS = [
    (rot13(b64(f"mail {MAIL}")), "EMAIL_ADDRESS", "see \\u0020{}"),
    ("".join(f"%{byte:02X}" for byte in b64(f"mail {MAIL}").encode()), "EMAIL_ADDRESS", "see {}"),
    ("".join(f"&#{ord(one)};" for one in " ".join(CARD)), "CREDIT_CARD", "my card {}"),
    (" ".join(f"{ord(one):02x}" for one in MAIL[::-1]), "EMAIL_ADDRESS", "see {}"),
]


@pytest.mark.parametrize(("hidden", "entity_type"), [*APART, *SPELLED, *CODES, *TURNED, *LOOK_ALIKES])
def test_a_hidden_value_is_found_where_it_was_written(scanner, hidden, entity_type):
    text = f"Please charge my card {hidden} today, thanks." if "CARD" in entity_type else f"see {hidden} please"
    found = [(one.entity_type, text[one.start : one.end]) for one in scanner.scan(text).findings]
    value = hidden.strip("X")
    assert any(kind == entity_type and value in said for kind, said in found), found


@pytest.mark.parametrize(
    ("sentence", "value", "entity_type"),
    [
        ("请把钱打到{}这个账户", IBAN, "IBAN_CODE"),
        ("カードは{}です", CARD, "CREDIT_CARD"),
        ("카드는{}입니다", CARD, "CREDIT_CARD"),
        ("บัตร{}ค่ะ", CARD, "CREDIT_CARD"),
        ("密钥是{}。", KEY, "AWS_ACCESS_KEY"),
        ("主机是{}的", "10.20.30.40", "IP_ADDRESS"),
        ("電話番号は{}です。", "090-1234-5678", "PHONE_NUMBER"),
        ("身份证号{}，", "11010519491231002X", "NATIONAL_ID"),
        ("邮箱是{}谢谢", "li.wei@example.org", "EMAIL_ADDRESS"),
    ],
)
def test_a_value_beside_letters_of_a_script_without_spaces(scanner, sentence, value, entity_type):
    text = sentence.format(value)
    found = [(one.entity_type, text[one.start : one.end]) for one in scanner.scan(text).findings]
    assert any(kind == entity_type and value in said for kind, said in found), found


@pytest.mark.parametrize(
    "value", [KEY, "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "sk-proj-Zx8Qm2Lr7Tn4Wb9Yc3Vd6Kf1HgJpS5aE0uRiOt"]
)
@pytest.mark.parametrize(
    "following",
    [
        "\nexport X",
        "\nDB_URL=1",
        "\n- item",
        "\nThen go",
        "\r\nkey: 1",
        "\nTOKEN_2=abc",
        "\n12 apples",
        "\nfoo_bar(x)",
        "\n}",
    ],
)
def test_the_next_line_is_no_rest_of_a_whole_value(scanner, value, following):
    text = f"a = {value}{following}"
    assert [text[one.start : one.end] for one in scanner.scan(text).findings] == [value]


@pytest.mark.parametrize(("hidden", "entity_type", "sentence"), CHAINS[1:])
def test_disguises_of_disguises_are_undone(scanner, hidden, entity_type, sentence):
    text = sentence.format(hidden)
    found = [(one.entity_type, text[one.start : one.end]) for one in scanner.scan(text).findings]
    assert any(kind == entity_type and hidden in said for kind, said in found), found


def test_a_whole_letter_is_read_when_it_was_turned(scanner):
    letter = "Hello, the name of the customer is Anna Schmidt and she lives in Berlin. Write to her if you can."
    for turned in (rot13(letter), letter[::-1]):
        found = [(one.entity_type, turned[one.start : one.end]) for one in scanner.scan(turned).findings]
        assert ("PERSON", turned[letter.index("Anna") : letter.index("Anna") + 12]) in found or (
            "PERSON",
            "Anna Schmidt"[::-1],
        ) in found


@pytest.mark.parametrize(
    "text",
    [
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
        "0 1 0 0 1 1 0 1\n1 0 0 1 0 1 1 0\n0 0 1 1 0 1 0 1",
        "5 3 . | . 7 . | . . .\n6 . . | 1 9 5 | . . .",
        "a b c d e f g h i j k l m n o p",
        "U.S.A. and e.g. i.e. a.k.a. w.w.w.",
        "Q: a/b/c/d/e/f/g/h?",
        "4539\n1488\n0343\n6468\n1234\n9911\n3323",
        "id,amount\n45391488,12\n03436467,99",
        "2026-11-25 10:00:00 took 35\n2026-11-25 10:00:01 took 4539",
        "H<sub>2</sub>O and E = mc<sup>2</sup>",
        "f(/* a */ 1, /* b */ 2)",
        '"abc" + "def" + str(42)',
        '{"first": "1234", "second": "5678"}',
        "one two three four five six, then we count to seven eight nine ten",
        "The one or two of us; three if you count four-legged ones. Five six-packs.",
        "look at example dot com and meet me at acme.org",
        "recognized at the point in time when it is at 5 dot 3",
        "x at y [dot product]",
        "48 65 6c 6c 6f 20 77 6f 72 6c 64",
        "65, 66, 70, 71, 82, 90, 91, 99, 100",
        "01101000 01100101 01101100 01101100 01101111",
        "aa:bb:cc:dd:ee:ff:00:11 is an id",
        "\\033[0m\\033[1;31mred\\033[0m",
        "a=3D1&b=3D2",
        "-----|-----|----- ..... ----- .....",
        "| --- | ---: | ..... |",
        "gur is a name, naq is not",
        "a racecar, a level, a moc. and a ten.",
        "AIKA is a singer; NXVN a station",
        "Zl anzr vf",
        "S3 O1 B52 I18N K8S L10N",
        "0xDEADBEEF 0O17 1l0O",
        "дом 5Б, кв. 12В, 3З",
        "build_4539148803436467_final and frame 20261125101530123456",
        "2018 70 2019",
        "2024年11月25日，第3季度收入增长12%，iPhone15的销量是1000000台。用Python3写一个函数",
        "3月の売上は1200万円、前年比15%増でした。GPT-4oとClaude3.5を比べて",
        "**Total:** 42, `x = 1`, <b>12</b> items",
    ],
)
def test_what_only_looks_disguised_is_left_alone(scanner, monkeypatch, text):
    read = scanner.scan(text, "data")
    monkeypatch.setattr("detectors.scan.readings", lambda *_: [])
    assert read == scanner.scan(text, "data")


def test_deeper_disguises_than_are_read_are_said():
    text = f"see {MAIL}"
    for _ in range(DEPTH + 2):
        text = f"go {b64(text)}"
    # The outermost encoding is a text of its own; escapes around it make it a view.
    hidden = "".join(f"&#{ord(one)};" for one in text)
    with pytest.raises(TooMuchError):
        readings(hidden)
    scan = Scanner([]).scan(hidden)
    assert scan.skipped == (Skipped("", SkipReason.TOO_LARGE),)


def test_escapes_of_escapes_have_an_end():
    text = "A"
    for _ in range(12):
        text = text.replace("%", "%25") if "%" in text else "%41"
    with pytest.raises(TooMuchError):
        readings(f"a {text} b")


ALPHABET = st.sampled_from([*"0123456789 \n\t/._-<>*'\"+%&#;=\\|@:,!ABZabzoOIlS", "four ", " at ", " dot ", "<!-- -->", "&#52;", "%34",
                            "....-", "moc.", CARD, MAIL, b64(MAIL), "\u200b", "４", "Ο"])  # fmt: skip


@settings(max_examples=300)
@given(st.lists(ALPHABET, max_size=80).map("".join))
def test_every_span_of_every_view_is_a_span_of_the_text(text):
    try:
        views = readings(text)
    except TooMuchError:
        return
    for view in views:
        assert len(view.text) == len(view.starts) == len(view.ends) == len(view.changed)
        for start in range(0, len(view.text), 5):
            first, last = view.original(start, min(start + 4, len(view.text)))
            assert 0 <= first <= last <= len(text)


@pytest.mark.parametrize(
    "unit",
    ["1", "a", " ", "1 ", "a.", "4539\n", "one ", "at ", "<!--", "/*", "'", '"+"', "%41", "&#", "\\", "=", ".-", "....-",
     "48 ", "01", "[at]", "@", "moc.", "O0", "4O", "Ο1", "-", "\n", "1\t", "**1", "<b>", "A1", "{", "\ud800", "e\u0301"],
)  # fmt: skip
def test_long_rows_of_anything_have_an_end(unit):
    """A pattern that tries all ways would not come back in this life."""
    text = unit * (60_000 // len(unit))
    for variant in (text, text + "!", "x" + text + "\x00"):
        try:
            views = readings(variant)
        except TooMuchError:
            continue
        assert sum(len(view.text) for view in views) <= 8 * max(len(variant), 25_000)


def test_the_letter_in_a_logs_time_is_no_digit():
    log = "".join(f"2026-11-24T10:00:{second:02d}.331Z INFO request took {second}ms\n" for second in range(40))
    assert readings(log) == []


def test_the_gate_leaves_out_no_reading():
    pattern_detectors()
    gate = build_gate()
    texts = [text for file in sorted(Path(__file__).parent.rglob("test_*.py")) for text in strings_of(file)]
    assert len(texts) > 1000
    left_out = 0
    for text in texts:
        places = gate.places(text)
        for read, needed in all_readings._NEEDED.items():
            if not needed.possible(places):
                left_out += 1
                assert list(read(text)) == [], text
    assert left_out > 2 * len(texts)


def strings_of(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [text for text in dict.fromkeys(found) if 6 < len(text) < 2000]
