"""Files → texts: each format as programs write it, each place where a value may stand, and each way to be unreadable."""

import base64
import gzip
import io
import os
import struct
import zipfile

import fpdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from detectors.finding import SkipReason
from proxy.content import image, ocr
from proxy.content.bounds import Bounds, Exceeded
from proxy.content.charset import decode
from proxy.content.image import blacked_out
from proxy.content.kind import Kind, declared_charset, kind_of
from proxy.content.opened import Form, Opened, Text, Word, opened_from_plain, opened_to_plain, unread
from proxy.content.read import open_file
from proxy.content.replace import boxes, rewritten
from proxy.content.sink import Sink, joined, pieces
from proxy.errors import BodyError
from tests.fakes import files

ANNA = "Anna Schmidt"
needs_tesseract = pytest.mark.skipif(ocr.tesseract() is None, reason="tesseract is not installed")


def opened(data: bytes, media_type: str = "", name: str = "", **bounds: int) -> Opened:
    return open_file(data, media_type, name, Bounds(**bounds))


def said(data: bytes, media_type: str = "", name: str = "", **bounds: int) -> str:
    found = opened(data, media_type, name, **bounds)
    assert found.skipped == ()
    return "\n".join(text.text for text in found.texts)


READABLE = {
    "word": (files.word(ANNA), files.DOCX, "a.docx"),
    "word author": (files.word("x", author=ANNA), files.DOCX, ""),
    "word header": (files.word("x", header=ANNA), "", "a.docx"),
    "word comment": (files.word("x", comment=ANNA), "application/octet-stream", ""),
    "sheet": (files.workbook(ANNA), files.XLSX, "a.xlsx"),
    "hidden sheet": (files.workbook("x", hidden=ANNA), files.XLSX, ""),
    "sheet comment": (files.workbook("x", comment=ANNA), files.XLSX, ""),
    "formula": (files.workbook(f'="{ANNA}"&"!"'), files.XLSX, ""),
    "slide": (files.slides(ANNA), files.PPTX, "a.pptx"),
    "slide notes": (files.slides("x", notes=ANNA), files.PPTX, ""),
    "pdf": (files.pdf("One", f"Two {ANNA}"), "application/pdf", "a.pdf"),
    "pdf author": (files.pdf("One", author=ANNA), "application/pdf", ""),
    "pdf annotation": (files.pdf("One", annotation=ANNA), "application/pdf", ""),
    "pdf that anybody may open": (files.pdf(ANNA, password=""), "application/pdf", ""),
    "html": (b"<p>Anna <b>Schmi</b>dt</p>", "text/html", "a.html"),
    "html reference": (b"<p>Anna&nbsp;&#83;chmidt</p>".replace(b"&nbsp;", b" "), "text/html", ""),
    "html comment": (b"<!doctype html><!-- Anna Schmidt -->", "text/plain", ""),
    "html attribute": (b'<html><img alt="Anna Schmidt">', "", ""),
    "xml": (b"<?xml version='1.0'?><a><![CDATA[Anna Schmidt]]></a>", "application/xml", ""),
    "svg": (b"<svg xmlns='x'><text>Anna <tspan>Schmidt</tspan></text></svg>", "image/svg+xml", "a.svg"),
    "csv": (b"name;tel\nAnna Schmidt;1\n", "text/csv", "a.csv"),
    "utf-16": ("name;Anna Schmidt".encode("utf-16"), "text/csv", ""),
    "latin-1": (b"Anna Schmidt \xe4\xf6\xfc", "text/plain; charset=iso-8859-1", ""),
    "json": (b'{"n": "\\u0041nna Schmidt"}', "application/json", "a.json"),
    "json lines": (b'{"n": 1}\n{"n": "\\u0041nna Schmidt"}\n', "", "a.jsonl"),
    "a file in json": (
        b'{"a": "data:application/pdf;base64,%s"}' % base64.b64encode(files.pdf(ANNA)),
        "application/json",
        "a.ipynb",
    ),
    "rtf": (rb"{\rtf1\ansi{\fonttbl{\f0 Times;}}Dear {\b An}na \u83?chmidt\par}", "application/rtf", "a.rtf"),
    "rtf author": (rb"{\rtf1{\info{\author Anna Schmidt}}Hello}", "text/rtf", ""),
    "rtf footnote": (rb"{\rtf1 Hello{\footnote Anna Schmidt}}", "application/msword", "a.doc"),
    "mail": (files.mail(ANNA), "message/rfc822", "a.eml"),
    "mail attachment": (files.mail("x", a__docx=files.word(ANNA)), "", "a.eml"),
    "mail attachment's name": (files.mail("x", **{f"{ANNA}__txt": b"x"}), "message/rfc822", ""),
    "mail that says nothing": (files.mail(ANNA), "", ""),
    "zip": (files.archive(a__txt=b"x", b__txt=ANNA.encode()), "application/zip", "a.zip"),
    "zip in zip": (files.archive(a__zip=files.archive(b__pdf=files.pdf(ANNA))), "application/zip", ""),
    "zip member's name": (files.archive(**{f"{ANNA}__txt": b"x"}), "", "a.zip"),
    "tar": (files.tar(a__txt=ANNA.encode()), "application/x-tar", "a.tar"),
    "tar.gz": (gzip.compress(files.tar(a__csv=ANNA.encode())), "application/gzip", "a.tgz"),
    "gz": (gzip.compress(ANNA.encode()), "", "a.txt.gz"),
    "word in word": (
        files.archive(
            **{"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>", "word/embeddings/a.docx": files.word(ANNA)}
        ),
        "",
        "",
    ),
    "picture's artist": (files.picture("", "JPEG", artist=ANNA), "image/jpeg", ""),
}


@pytest.mark.parametrize("name", READABLE)
def test_what_is_read(name: str) -> None:
    if "picture" in name and ocr.tesseract() is None:
        pytest.skip("tesseract is not installed")
    assert ANNA in said(*READABLE[name])


def test_numbers_and_dates_are_told_as_they_are_shown() -> None:
    assert "4915112345678" in said(files.workbook("x", number=4915112345678))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
@needs_tesseract
def test_pictures_are_read(kind: str) -> None:
    found = opened(files.picture(ANNA, kind), f"image/{kind.lower()}")
    assert found.skipped == ()
    assert ANNA in found.texts[0].text
    assert (found.form, found.media_type) == (Form.PICTURE, f"image/{kind.lower()}")
    assert [found.texts[0].text[word.start : word.end] for word in found.words] == ANNA.split()


@needs_tesseract
def test_a_transparent_picture_is_read_as_it_is_shown() -> None:
    black = Image.open(io.BytesIO(files.picture(ANNA))).convert("L")
    letters = Image.new("RGBA", black.size, (0, 0, 0, 0))
    letters.putalpha(black.point(lambda level: 255 - level))
    out = io.BytesIO()
    letters.save(out, "PNG")
    assert ANNA in said(out.getvalue())


@needs_tesseract
def test_a_turned_picture_is_read_as_it_is_shown() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned to the right
    out = io.BytesIO()
    Image.open(io.BytesIO(files.picture(ANNA))).rotate(90, expand=True).save(out, "JPEG", exif=exif)
    assert ANNA in said(out.getvalue())


@needs_tesseract
def test_scanned_pages_are_read_each_once() -> None:
    assert said(files.scan(ANNA, ANNA, "Bonn am Rhein")).count(ANNA) == 1


@needs_tesseract
def test_a_picture_on_a_page_is_read() -> None:
    made = fpdf.FPDF()
    made.add_page()
    made.set_font("helvetica", size=12)
    made.cell(text="A letter with a picture")
    made.image(io.BytesIO(files.picture(ANNA)), y=50, w=90)
    text = said(bytes(made.output()))
    assert "A letter with a picture" in text
    assert ANNA in text


@needs_tesseract
def test_a_picture_without_words_says_nothing() -> None:
    assert opened(files.picture(""), "image/png").texts == ()


def test_without_tesseract_pictures_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "tesseract", lambda: None)
    for data in (files.picture(ANNA), files.scan(ANNA), files.archive(a__png=files.picture(ANNA))):
        assert opened(data).skipped == (SkipReason.UNSUPPORTED_MEDIA,)


def test_a_fault_of_tesseract_is_not_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "tesseract", lambda: "/bin/false")
    monkeypatch.setattr(image, "tesseract", lambda: "/bin/false")
    for data in (files.picture(ANNA), files.scan(ANNA)):
        assert opened(data).skipped == (SkipReason.UNREADABLE,)


def encrypted_zip() -> bytes:
    data = bytearray(files.archive(a__txt=ANNA.encode()))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + offset
        data[at : at + 2] = struct.pack("<H", 1)
    return bytes(data)


def with_entity() -> bytes:
    body = b'<!DOCTYPE a [<!ENTITY x "Anna"><!ENTITY y "&x;&x;&x;">]><w:p xmlns:w="w"><w:t>&y;</w:t></w:p>'
    return files.archive(**{"[Content_Types].xml": b"<a/>", "word/document.xml": body})


UNREADABLE = {
    "pdf with a password": (files.pdf(ANNA, password="secret"), "application/pdf", "", SkipReason.UNREADABLE),
    "damaged pdf": (b"%PDF-1.7\n" + b"x" * 500, "application/pdf", "", SkipReason.UNREADABLE),
    "a type that lies": (files.picture(ANNA), "application/pdf", "", SkipReason.UNREADABLE),
    "a name that lies": (files.pdf(ANNA), "application/octet-stream", "a.docx", SkipReason.UNREADABLE),
    "text that says it is a pdf": (ANNA.encode(), "application/pdf", "", SkipReason.UNREADABLE),
    "a pdf that says it is text": (files.pdf(ANNA), "text/plain", "a.txt", SkipReason.UNREADABLE),
    "an old word file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "application/msword", "", SkipReason.UNSUPPORTED_MEDIA),
    "sound": (b"ID3" + bytes(100), "audio/mpeg", "a.mp3", SkipReason.UNSUPPORTED_MEDIA),
    "a wave": (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav", "", SkipReason.UNSUPPORTED_MEDIA),
    "film": (b"\0\0\0\x18ftypmp42", "video/mp4", "", SkipReason.UNSUPPORTED_MEDIA),
    "noise": (b"\x8f\x00\x13" * 100, "application/octet-stream", "", SkipReason.UNREADABLE),
    "noise that says it is text": (bytes(range(256)), "text/plain", "", SkipReason.UNREADABLE),
    "sound that is nothing known": (b"\x8f\x00\x13" * 100, "audio/x-raw", "", SkipReason.UNSUPPORTED_MEDIA),
    "encrypted zip": (encrypted_zip(), "application/zip", "", SkipReason.UNREADABLE),
    "cut zip": (files.archive(a__txt=b"x" * 999)[:-30], "application/zip", "", SkipReason.UNREADABLE),
    "cut gzip": (gzip.compress(os.urandom(999))[:-30], "", "a.gz", SkipReason.UNREADABLE),
    "cut picture": (files.picture(ANNA)[:300], "image/png", "", SkipReason.UNREADABLE),
    "a program in a zip": (files.archive(a__exe=b"\x7fELF" + bytes(99)), "", "", SkipReason.UNSUPPORTED_MEDIA),
    "a lie in a zip": (files.archive(a__pdf=ANNA.encode()), "", "", SkipReason.UNREADABLE),
    "entities": (with_entity(), files.DOCX, "", SkipReason.UNREADABLE),
    "json with a damaged file in it": (b'{"a": "data:application/pdf;base64,JVBERi0="}', "application/json", "", SkipReason.UNREADABLE),
    "rtf with a picture": (rb"{\rtf1 Hello {\pict\pngblip 89504e47}}", "text/rtf", "", SkipReason.UNSUPPORTED_MEDIA),
    "utf-7": (b"+AEEAbgBuAGE-", "text/plain; charset=utf-7", "", SkipReason.UNREADABLE),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_not_read_says_so(name: str) -> None:
    data, media_type, file, reason = UNREADABLE[name]
    assert reason in opened(data, media_type, file).skipped


def bomb() -> bytes:
    return files.archive(a__txt=bytes(3_000_000))


def quine(depth: int) -> bytes:
    data = files.archive(a__txt=b"x")
    for _ in range(depth):
        data = files.archive(a__zip=data)
    return data


@pytest.mark.parametrize(
    ("data", "bounds"),
    [
        (bomb(), {"expanded_bytes": 1_000_000}),
        (gzip.compress(bytes(3_000_000)), {"expanded_bytes": 1_000_000}),
        (files.archive(a__zip=bomb(), b__zip=bomb()), {"expanded_bytes": 4_000_000}),
        (quine(5), {"depth": 3}),
        (files.archive(**{f"{n}__txt": b"x" for n in range(30)}), {"members": 20}),
        (files.pdf("word " * 900), {"characters": 2_000}),
        (files.word("word " * 900), {"characters": 2_000}),
        (b"word " * 900, {"characters": 2_000}),
        (b'["word word word", "word word word"]', {"characters": 20}),
        (files.picture(ANNA), {"pixels": 1_000}),
    ],
)
def test_what_is_past_a_bound_is_too_large(data: bytes, bounds: dict[str, int]) -> None:
    assert SkipReason.TOO_LARGE in opened(data, **bounds).skipped


@needs_tesseract
def test_pictures_are_bounded_in_number() -> None:
    members = {f"{n}__png": files.picture(f"{n}", size=(200, 60)) for n in range(3)}
    assert SkipReason.TOO_LARGE in opened(files.archive(**members), pictures=2).skipped


def test_what_was_read_before_a_bound_stays_read() -> None:
    found = opened(files.archive(a__txt=ANNA.encode(), b__txt=bytes(3_000_000)), expanded_bytes=1_000_000)
    assert ANNA in found.texts[0].text


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_whatever_the_bytes_nothing_raises(data: st.DataObject) -> None:
    """Valid files with a few bytes changed: where parsers fail."""
    name = data.draw(
        st.sampled_from(["word", "sheet", "slide", "pdf", "html", "rtf", "mail", "zip", "tar", "tar.gz", "json"])
    )
    source, media_type, file = READABLE[name]
    broken = bytearray(source)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(broken) - 1))
        broken[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    opened(bytes(broken), media_type, file)


# Kinds


@pytest.mark.parametrize(
    ("data", "media_type", "name", "expected"),
    [
        (b"%PDF-1.7", "application/pdf", "", Kind.PDF),
        (b"junk\n%PDF-1.7 ... %%EOF", "application/pdf", "", Kind.PDF),
        (b"# How %PDF-1.7 works", "text/markdown", "a.md", Kind.TEXT),
        (files.word(""), "", "", Kind.WORD),
        (files.workbook(""), "application/zip", "", Kind.SHEETS),
        (files.slides(""), "", "a.pptx", Kind.SLIDES),
        (files.archive(a__txt=b""), "", "", Kind.ZIP),
        (b"a;b", "application/vnd.ms-excel", "a.csv", Kind.TEXT),
        (b"{not json", "", "", Kind.TEXT),
        (b"[1]", "", "", Kind.JSON),
        (b"<html>", "", "", Kind.MARKUP),
        (b"a < b", "", "", Kind.TEXT),
        (b"From: a@b.c\nTo: d@e.f\nSubject: x\n\nhello", "", "", Kind.MAIL),
        (b"From: here\nto there", "", "", Kind.TEXT),
        (b"", "", "", Kind.TEXT),
        (files.picture("", "JPEG"), "image/png", "a.webp", Kind.IMAGE),
        (files.picture("", "JPEG"), "text/plain", "", SkipReason.UNREADABLE),
        (b"hello", "image/png", "", SkipReason.UNREADABLE),
        (files.word(""), files.XLSX, "", SkipReason.UNREADABLE),
    ],
)
def test_kinds(data: bytes, media_type: str, name: str, expected: object) -> None:
    assert kind_of(data, media_type, name) == expected


@pytest.mark.parametrize(
    ("media_type", "expected"), [("text/plain; charset=UTF-8", "UTF-8"), ('a/b;charset="x-1"', "x-1"), ("a/b", "")]
)
def test_declared_charsets(media_type: str, expected: str) -> None:
    assert declared_charset(media_type) == expected


@pytest.mark.parametrize(
    ("data", "declared", "expected"),
    [
        (b"Anna", "", ("Anna", "utf-8")),
        (b"\xef\xbb\xbfAnna", "", ("Anna", "utf-8-sig")),
        ("Änna".encode("utf-16"), "utf-8", ("Änna", "utf-16")),
        ("Änna".encode("utf-32"), "", ("Änna", "utf-32")),
        (b"\xc4nna", "latin-1", ("Änna", "iso8859-1")),
        (b"\xc4nna", "hex", ("Änna", None)),
        (b"Anna", "hex", ("Anna", "utf-8")),
        ("Anna".encode("utf-16-le"), "utf-16-le", ("Anna", "utf-16-le")),
        ("Anna".encode("cp037"), "cp037", ("Anna", "cp037")),
        (b"a\0b", "", None),
        (b"\xff\xfe\x00", "", None),
        (b"\xc4\x01nna", "", None),
    ],
)
def test_charsets(data: bytes, declared: str, expected: tuple[str, str | None] | None) -> None:
    found = decode(data, declared)
    if expected is None:
        assert found is None
    elif expected[1] is None:
        assert found is None or found[0].endswith("nna")  # guessed
    else:
        assert found == expected


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_what_was_encoded_is_decoded(text: str) -> None:
    assert decode(text.encode()) == (text, "utf-8")


# The sink


@given(text=st.text(alphabet="ab\n", min_size=0, max_size=200).map(lambda text: text * 300))
def test_pieces_are_the_text(text: str) -> None:
    found = pieces(text)
    assert "".join(found) == text
    assert all(piece.endswith("\n") for piece in found[:-1])


def test_a_line_is_never_cut() -> None:
    assert pieces("x" * 50_000) == ["x" * 50_000]


def test_short_texts_are_joined() -> None:
    assert joined(["a", "b", "c" * 5_000, "d"]) == ["a\n\nb", "c" * 5_000, "d"]


def test_the_sink_keeps_its_bounds() -> None:
    sink = Sink(Bounds(characters=5), lambda *_: None)
    sink.text("abc")
    sink.text("  ")
    with pytest.raises(Exceeded):
        sink.text("def")
    assert sink.texts == ["abc"]
    assert "abc" not in repr(sink)


# Values


def test_values_survive_the_process_boundary() -> None:
    whole = Opened(
        (Text("a", "b", "/c"),), (SkipReason.TOO_LARGE,), Form.PICTURE, "utf-8", "image/png", (Word(0, 1, 2, 3, 4, 5),)
    )
    assert opened_from_plain(opened_to_plain(whole)) == whole
    assert "'a'" not in repr(whole)
    with pytest.raises((ValueError, TypeError)):
        opened_from_plain([1])


# Replacements


def test_a_document_becomes_its_text() -> None:
    found = opened(files.pdf(f"Dear {ANNA}"), "application/pdf")
    new = rewritten(b"", "application/pdf", found, [found.texts[0].text.replace(ANNA, "PERSON_7KQ2MXAB")])
    assert (new.media_type, new.suffix) == ("text/plain", ".txt")
    assert new.data.decode().startswith("[This is the text of a file.")
    assert new.data.decode().endswith("Dear PERSON_7KQ2MXAB\n")


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-8-sig"])
def test_text_stays_in_its_charset(codec: str) -> None:
    source = f"name;tel\nÄ {ANNA};1\n"
    found = opened(source.encode(codec), "text/csv", "a.csv")
    new = rewritten(b"", "text/csv", found, [text.text.replace(ANNA, "TOKEN") for text in found.texts])
    assert new.data.decode(codec) == source.replace(ANNA, "TOKEN")
    assert (new.media_type, new.suffix) == ("text/csv", "")


def test_json_stays_json() -> None:
    data = b'{ "n" : "Anna \\"Schmidt\\"", "m": [1.50]}'
    found = opened(data, "application/json")
    new = rewritten(data, "application/json", found, ['TO"KEN'])
    assert new.data == b'{ "n" : "TO\\"KEN", "m": [1.50]}'


def test_json_with_a_file_that_says_something_becomes_text() -> None:
    data = b'{"n": "x", "a": "data:application/pdf;base64,%s"}' % base64.b64encode(files.pdf(ANNA))
    found = opened(data, "application/json")
    assert (found.form, [text.place for text in found.texts]) == (Form.DOCUMENT, ["", ""])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(BodyError):
        rewritten(b"", "", unread(SkipReason.UNREADABLE), ["one too many"])
    with pytest.raises(BodyError):
        rewritten(b"", "image/png", Opened(form=Form.PICTURE), [])


@needs_tesseract
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
def test_blacked_out_words_are_gone_and_others_stay(kind: str) -> None:
    data = files.picture("Call Anna Schmidt today", kind)
    found = opened(data)
    places = boxes(found, [found.texts[0].text.replace(ANNA, "PERSON_7KQ2MXAB")])
    assert len(places) == 2
    new = blacked_out(data, places)
    assert Image.open(io.BytesIO(new)).format == kind
    text = said(new)
    assert "Anna" not in text
    assert "Schmidt" not in text
    assert "Call" in text
    assert "today" in text
    left, top, width, height = places[0]
    assert Image.open(io.BytesIO(new)).convert("L").getpixel((left + width // 2, top + height // 2)) < 20


@needs_tesseract
def test_blacking_out_drops_metadata() -> None:
    data = files.picture("Call today", "JPEG", artist=ANNA)
    assert ANNA.encode() in data
    new = blacked_out(data, [])
    assert ANNA.encode() not in new
    assert Image.open(io.BytesIO(new)).size == Image.open(io.BytesIO(data)).size


def test_a_film_of_pictures_cannot_be_changed() -> None:
    frames = [Image.new("L", (50, 50), shade) for shade in (0, 255)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match="frames"):
        blacked_out(out.getvalue(), [])


def test_boxes_of_partly_changed_words() -> None:
    words = (Word(0, 4, 0, 0, 9, 9), Word(5, 12, 10, 0, 9, 9), Word(13, 17, 20, 0, 9, 9))
    found = Opened(
        (Text("Anna Anna's Anna"),),
        form=Form.PICTURE,
        words=(words[0], Word(5, 11, 10, 0, 9, 9), Word(12, 16, 20, 0, 9, 9)),
    )
    assert boxes(found, ["Anna X's Anna"]) == [(10, 0, 9, 9)]
    assert boxes(found, ["Anna Anna's Anna"]) == []
    assert len(boxes(found, ["Y"])) == 3


def test_zip_comments_are_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a.txt", "x")
        made.comment = ANNA.encode()
    assert ANNA in said(out.getvalue())


@pytest.mark.parametrize(
    ("data", "media_type", "expected"),
    [
        (b"ID3" + bytes(99), "application/pdf", "audio/mpeg"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "", "audio/wav"),
        (b"\0\0\0\x18ftypM4A ", "", "audio/mp4"),
        (b"\0\0\0\x18ftypmp42", "", "video/mp4"),
        *(
            (b"\0\0\0\x18ftyp" + brand, "", "image/heic")
            for brand in (b"heic", b"heis", b"hevx", b"mif1", b"msf1", b"avif")
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "audio/mpeg", "application/x-ole-storage"),
        (b"\x8f\x00\x13" * 99, "audio/pcm", ""),
        (files.pdf("x", password="y"), "application/pdf", "application/pdf"),
        (files.picture("x"), "audio/mpeg", "image/png"),
    ],
)
def test_a_format_is_what_the_bytes_say(data: bytes, media_type: str, expected: str) -> None:
    assert opened(data, media_type).media_type == expected
