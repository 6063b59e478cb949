"""Disguised values: found where they were written; what only looks disguised stays untouched; laws of all readings."""

import ast
import base64
import binascii
import codecs
import gzip
import json
import zlib
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
from detectors.whole import gathered, parts

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


def rot47(text):
    return text.translate({code: 33 + (code - 33 + 47) % 94 for code in range(33, 127)})


def xxd(text):
    data = text.encode()
    rows = (data[at : at + 16] for at in range(0, len(data), 16))
    groups = (" ".join(row.hex()[at : at + 4] for at in range(0, 2 * len(row), 4)) for row in rows)
    return "\n" + "".join(
        f"{16 * number:08x}: {group:<39}  {text[16 * number : 16 * number + 16]}\n"
        for number, group in enumerate(groups)
    )


def uu(text):
    return f"\nbegin 644 x.txt\n{binascii.b2a_uu(text.encode()).decode()}`\nend\n"


def b58(text):
    number, written = int.from_bytes(text.encode()), ""
    while number:
        number, rest = divmod(number, 58)
        written = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[rest] + written
    return f"(base58) {written}"


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
PARTED = [
    (json.dumps({"part1": "12ABC", "part2": "12345"}), "ACCOUNT_NUMBER"),
    ("<data>12ABC12345</data>", "ACCOUNT_NUMBER"),
    (", ".join(f"'{one}'" for one in CARD), "CREDIT_CARD"),
    ("4539 then 1488 then 0343 and finally 6467", "CREDIT_CARD"),
    ("45391488 and it ends with 03436467", "CREDIT_CARD"),
]
DUMPS = [
    (xxd(f"the mail is {MAIL}"), "EMAIL_ADDRESS"),
    (uu(MAIL), "EMAIL_ADDRESS"),
    (f"<~{base64.a85encode(MAIL.encode()).decode()}~>", "EMAIL_ADDRESS"),
    (" + ".join(f"chr({ord(one)})" for one in MAIL), "EMAIL_ADDRESS"),
    (f"String.fromCharCode({'), String.fromCharCode('.join(str(ord(one)) for one in MAIL)})", "EMAIL_ADDRESS"),
    (base64.b64encode(gzip.compress(f"my mail is {MAIL}".encode())).decode(), "EMAIL_ADDRESS"),
    (base64.b64encode(zlib.compress(f"my mail is {MAIL}".encode())).decode(), "EMAIL_ADDRESS"),
    (b58(f"my mail is {MAIL}"), "EMAIL_ADDRESS"),
    (rot47(MAIL), "EMAIL_ADDRESS"),
    (rot47(KEY), "AWS_ACCESS_KEY"),
]
OTHER_LETTERS = [
    ("My name is Ꭺnna Schmidt.", "Ꭺnna Schmidt"),
    ("My name is ᗩnna Ꮪchmidt.", "ᗩnna Ꮪchmidt"),
    ("my name is ᴀɴɴᴀ sᴄʜᴍɪᴅᴛ from Berlin", "ᴀɴɴᴀ sᴄʜᴍɪᴅᴛ"),
    ("My name is A̶n̶n̶a̶ S̶c̶h̶m̶i̶d̶t ok", "A̶n̶n̶a̶ S̶c̶h̶m̶i̶d̶t"),
    ("\u028fW \u01ddɯɐu s\u0131 ʇp\u0131ɯɥɔS ɐuu∀"[3:], "ʇp\u0131ɯɥɔS ɐuu∀"),
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


@pytest.mark.parametrize(("hidden", "entity_type"), [*PARTED, *DUMPS])
def test_a_value_in_parts_or_in_a_dump_is_found(scanner, hidden, entity_type):
    text = f"my card is {hidden}." if entity_type == "CREDIT_CARD" else f"Reference value: {hidden}."
    found = {one.entity_type: text[one.start : one.end] for one in whole_scan(scanner, text).findings}
    assert entity_type in found, found
    assert len(found[entity_type]) >= min(10, len(hidden))


def whole_scan(scanner, text):
    among = parts(text)
    return gathered(among, scanner.scan_many([(part.text, part.context) for part in among]))


@pytest.mark.parametrize(("text", "value"), OTHER_LETTERS)
def test_names_in_other_letters(scanner, text, value):
    found = [(one.entity_type, text[one.start : one.end]) for one in scanner.scan(text).findings]
    assert ("PERSON", value) in found, found


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("noll ett två tre fyra fem sex sju åtta nio", "sv"),
        ("nula jedna dva tři čtyři pět šest sedm osm devět", "cs"),
        ("ноль один два три четыре пять шесть семь восемь девять", "ru"),
        ("s\u0131f\u0131r bir iki üç dört beş altı yedi sekiz dokuz".replace("ı", "\u0131"), "tr"),
        ("zero unu doi trei patru cinci șase șapte opt nouă", "ro"),
        ("nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän", "fi"),
        ("nul een twee drie vier vijf zes zeven acht negen", "nl"),
        ("zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć", "pl"),
        ("zero um dois três quatro cinco seis sete oito nove", "pt"),
    ],
)
def test_digits_in_words_of_many_languages(scanner, words, language):
    text = f"card: {spelled(words.split())}"
    assert "CREDIT_CARD" in {one.entity_type for one in scanner.scan(text).findings}, language


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
        '{"data": "x", "field1": 4, "value0": {"a": 1}}',
        '{"line1": "12 apples", "line2": "and pears"}',
        "letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']",
        "with a card in 2019 there were 2020 and 2021 and later 2022",
        "my card was charged 4539 then 1488 then 0343 and finally 6468",
        "begin 644 what you started\nand end it\nend",
        "a <~ b and c ~> d",
        "00000000: nothing here\n00000010: 12",
        "chr(10) + chr(13) + chr(9) + chr(10)",
        "x ∀ ∃ ʌ and IPA ˈtɹæŋkwɪl ɔ ɾ ɐ",
        "f(x)=y; some_long_name10= other, fontSize12=",
        "Number: 1234\n5678\n9012\n3456\n7890",
        "the base58 alphabet is 123456789ABCDEFGHJKLMNPQRSTUVWXYZ",
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
