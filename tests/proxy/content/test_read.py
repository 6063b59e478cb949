"""What no program shows, and still is in the file: it is read all the same."""

import io
import struct
import zlib
from collections.abc import Callable

import pypdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from detectors.finding import SkipReason
from proxy.content import ocr
from proxy.content.bounds import Bounds
from proxy.content.image import blacked_out
from proxy.content.read import open_file
from proxy.content.replace import boxes
from tests.fakes import files

ANNA = "Anna Schmidt"
needs_tesseract = pytest.mark.skipif(ocr.tesseract() is None, reason="tesseract is not installed")


def said(data: bytes) -> str:
    found = open_file(data, "", "", Bounds())
    assert found.skipped == ()
    return "\n".join(text.text for text in found.texts)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG with one more chunk at its end, where decoders read it after the pixels."""
    png = files.picture("")
    at = png.index(b"IEND") - 4
    added = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return png[:at] + added + png[at:]


def jpeg(marker: int, data: bytes) -> bytes:
    """A JPEG with one more segment."""
    plain = files.picture("", "JPEG")
    return plain[:2] + bytes([0xFF, marker]) + struct.pack(">H", 2 + len(data)) + data + plain[2:]


def exif(tag: int, value: bytes) -> bytes:
    tags = Image.Exif()
    tags[tag] = value
    out = io.BytesIO()
    Image.open(io.BytesIO(files.picture(""))).save(out, "JPEG", exif=tags)
    return out.getvalue()


def package(**parts: bytes) -> bytes:
    plain = b"<w:d xmlns:w='w'><w:p><w:t>x</w:t></w:p></w:d>"
    return files.archive(**{"[Content_Types].xml": b"<a/>", "word/document.xml": plain, **parts})


def body(xml: bytes) -> bytes:
    return package(**{"word/document.xml": b"<w:d xmlns:w='w'>" + xml + b"</w:d>"})


def written(change: Callable[[pypdf.PdfWriter], object]) -> bytes:
    made = pypdf.PdfWriter(clone_from=io.BytesIO(files.pdf("Hello")))
    change(made)
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()


NAME = ANNA.encode()
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><dc:creator>Anna <b>Schmidt</b></dc:creator></x:xmpmeta>"
HIDDEN_IN_PICTURES = {
    "png text": chunk(b"tEXt", b"Comment\0" + NAME),
    "png compressed text": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(NAME)),
    "png international text": chunk(b"iTXt", b"Comment\0\0\0\0\0" + NAME),
    "png compressed international text": chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(NAME)),
    "png private": chunk(b"prVt", NAME),
    "png behind": files.picture("") + NAME,
    "jpeg comment": jpeg(0xFE, NAME),
    "jpeg iptc": jpeg(0xED, b"Photoshop 3.0\0008BIM\x04\x04\0\0\0\0\0\x11\x1c\x02\x78\0\x0c" + NAME),
    "jpeg xmp": jpeg(0xE1, XMP),
    "jpeg behind": files.picture("", "JPEG") + NAME,
    "jpeg zip behind": files.picture("", "JPEG") + files.archive(a__txt=NAME),
    "exif of Windows": exif(0x9C9B, ANNA.encode("utf-16-le")),
    "exif comment": exif(0x9286, b"ASCII\0\0\0" + NAME),
    "gif comment": files.picture("", "GIF")[:-1] + b"\x21\xfe\x0c" + NAME + b"\0;",
    "gif behind": files.picture("", "GIF") + NAME,
    "webp behind": files.picture("", "WEBP") + NAME,
    "bmp behind": files.picture("", "BMP") + NAME,
}
HIDDEN = {
    "deleted": body(b"<w:del><w:r><w:delText>Anna Schmidt</w:delText></w:r></w:del>"),
    "who deleted": body(b"<w:del w:author='Anna Schmidt'/>"),
    "an unknown element": body(b"<w:zzz>Anna Schmidt</w:zzz>"),
    "an unknown attribute": body(b"<w:p w:zzz='Anna Schmidt'/>"),
    "an XML comment": body(b"<!-- Anna Schmidt -->"),
    "a processing instruction": body(b"<?x Anna Schmidt?>"),
    "a bookmark": body(b"<w:bookmarkStart w:name='Anna Schmidt'/>"),
    "a tag": body(b"<w:sdt><w:tag w:val='Anna Schmidt'/></w:sdt>"),
    "split runs": body(
        b"<w:p><w:r><w:t>An</w:t></w:r><w:proofErr/><w:r><w:t>na Sch</w:t></w:r><w:r><w:t>midt</w:t></w:r></w:p>"
    ),
    "a space of its own": body(b"<w:p><w:t>Anna</w:t><w:t xml:space='preserve'> </w:t><w:t>Schmidt</w:t></w:p>"),
    "a part of another kind": package(**{"word/afchunk.htm": b"<html>Anna Schmidt</html>"}),
    "a link": package(**{"word/_rels/a.rels": b"<R><S Target='mailto:Anna Schmidt'/></R>"}),
    "a pivot cache": package(**{"xl/pivotCache/p.xml": b"<a><s v='Anna Schmidt'/></a>"}),
    "a connection": package(**{"xl/connections.xml": b"<a><b connection='User=Anna Schmidt'/></a>"}),
    "pdf attachment": written(lambda made: made.add_attachment("a.txt", NAME)),
    "pdf attachment's name": written(lambda made: made.add_attachment(f"{ANNA}.txt", b"x")),
    "pdf outline": written(lambda made: made.add_outline_item(title=ANNA, page_number=0)),
    "pdf information": written(lambda made: made.add_metadata({"/Anything": ANNA})),
    "pdf before": NAME + b"\n" + files.pdf("x"),
    "pdf behind": files.pdf("x") + NAME,
}


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden_in_documents(name: str) -> None:
    assert ANNA in said(HIDDEN[name])


@needs_tesseract
@pytest.mark.parametrize("name", HIDDEN_IN_PICTURES)
def test_hidden_in_pictures(name: str) -> None:
    data = HIDDEN_IN_PICTURES[name]
    assert ANNA in said(data).replace("Anna \n", "Anna ")
    assert ANNA not in said(blacked_out(data, []))


@needs_tesseract
def test_noise_behind_a_picture_is_unreadable() -> None:
    assert open_file(files.picture("") + bytes(range(128, 255)), "", "", Bounds()).skipped == (SkipReason.UNREADABLE,)


def test_what_stands_around_an_archive_is_unreadable() -> None:
    plain = files.archive(a__txt=b"x")
    for data in (plain + NAME, plain[:4] + NAME + plain):
        assert open_file(data, "", "", Bounds()).skipped == (SkipReason.UNREADABLE,)


@needs_tesseract
def test_where_a_picture_was_taken_is_text() -> None:
    tags = Image.Exif()
    tags.get_ifd(0x8825).update({1: "N", 2: (50.0, 44.0, 0.0), 3: "E", 4: (7.0, 6.0, 0.0)})
    out = io.BytesIO()
    Image.open(io.BytesIO(files.picture(""))).save(out, "JPEG", exif=tags)
    assert "GPS coordinates: 50.733333 N, 7.100000 E" in said(out.getvalue())


def test_what_programs_write_by_themselves_is_nobodys() -> None:
    """Names of programs and fonts look like people's names to a detector, and would change every document."""
    noise = ("Microsoft", "Cambria", "Macintosh", "schemas.openxmlformats", "Normal.dotm", "fpdf2")
    for data in (files.word("x"), files.slides("x"), files.workbook("x"), files.pdf("x")):
        text = said(data)
        assert not [word for word in noise if word in text]


@needs_tesseract
def test_cameras_are_nobodys() -> None:
    tags = Image.Exif()
    tags.update({271: "Canon", 272: "Canon EOS 5D Mark III", 305: "Adobe Photoshop"})
    out = io.BytesIO()
    Image.open(io.BytesIO(files.picture(""))).save(out, "JPEG", exif=tags)
    assert said(out.getvalue()) == ""


@needs_tesseract
def test_screens_are_read_with_small_light_letters_and_keys() -> None:
    screen = Image.new("RGB", (1280, 400), "#1e1e1e")
    draw, font = ImageDraw.Draw(screen), ImageFont.load_default(15)
    draw.text((40, 40), "api_key = sk-proj-4f9A8bQz77Lm2XcVtR", fill="#dddddd", font=font)
    draw.text((40, 80), "Customer: Anna Schmidt", fill="#dddddd", font=font)
    out = io.BytesIO()
    screen.save(out, "PNG")
    text = said(out.getvalue())
    assert ANNA in text
    assert "sk-proj-" in text


@needs_tesseract
@pytest.mark.parametrize("turned", [90, 180, 270])
def test_pages_that_lie_on_their_side_or_head_are_read_and_changed(turned: int) -> None:
    page = Image.new("RGB", (1000, 700), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(32)
    for number, line in enumerate(["The contract of Anna Schmidt", "was signed on Monday", "in the city of Bonn"]):
        draw.text((60, 80 + 90 * number), line, fill="black", font=font)
    out = io.BytesIO()
    page.rotate(turned, expand=True).save(out, "PNG")
    found = open_file(out.getvalue(), "image/png", "", Bounds())
    assert ANNA in found.texts[0].text
    changed = blacked_out(out.getvalue(), boxes(found, [found.texts[0].text.replace(ANNA, "PERSON_7KQ2MXAB")]))
    upright = Image.open(io.BytesIO(changed)).rotate(-turned, expand=True)
    assert "Schmidt" not in ocr.read_words(upright, "eng").text
    assert "contract" in ocr.read_words(upright, "eng").text
