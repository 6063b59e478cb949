"""Files as programs write them, made when a test asks for one; in each, `value` stands somewhere."""

import io
import tarfile
import zipfile
from email.message import EmailMessage

import docx
import fpdf
import openpyxl
import pptx
from openpyxl.comments import Comment
from PIL import Image, ImageDraw, ImageFont

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def word(value: str, *, author: str = "", header: str = "", comment: str = "") -> bytes:
    """A letter; the value is split over two runs, as Word does it."""
    letter = docx.Document()
    letter.core_properties.author = author
    paragraph = letter.add_paragraph("Dear ")
    half = len(value) // 2
    paragraph.add_run(value[:half]).bold = True
    paragraph.add_run(f"{value[half:]}, welcome.")
    letter.sections[0].header.paragraphs[0].text = header
    if comment:
        letter.add_comment(paragraph.runs, text=comment, author="Reviewer", initials="R")
    return _saved(letter)


def workbook(value: str, *, hidden: str = "", comment: str = "", number: object = 1) -> bytes:
    """A table of people, and a hidden sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "People"
    sheet.append(["Name", "Number"])
    sheet.append([value, number])
    if comment:
        sheet["A2"].comment = Comment(comment, "Reviewer")
    other = book.create_sheet("Other")
    other.sheet_state = "hidden"
    other["A1"] = hidden
    return _saved(book)


def slides(value: str, *, notes: str = "") -> bytes:
    """One slide with notes."""
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Agenda"
    slide.placeholders[1].text = value
    slide.notes_slide.notes_text_frame.text = notes
    return _saved(deck)


def pdf(*pages: str, author: str = "", annotation: str = "", password: str | None = None) -> bytes:
    """A PDF with a text layer; with a password, encrypted."""
    made = fpdf.FPDF()
    made.set_author(author)
    if password is not None:
        made.set_encryption(owner_password="owner", user_password=password)
    for text in pages:
        made.add_page()
        made.set_font("helvetica", size=12)
        made.multi_cell(180, text=text)
    if annotation:
        made.text_annotation(50, 50, text=annotation)
    return bytes(made.output())


def scan(*values: str) -> bytes:
    """A PDF whose pages are pictures."""
    made = fpdf.FPDF()
    for value in values:
        made.add_page()
        made.image(io.BytesIO(picture(value)), w=190, h=120)
    return bytes(made.output())


def picture(value: str, kind: str = "PNG", *, artist: str = "", size: tuple[int, int] = (900, 240)) -> bytes:
    """Black letters on white."""
    image = Image.new("RGB", size, "white")
    if value:
        ImageDraw.Draw(image).text((40, 80), value, fill="black", font=ImageFont.load_default(40))
    exif = Image.Exif()
    if artist:
        exif[0x013B] = artist
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


def archive(**members: bytes) -> bytes:
    """A zip; names get dots for double underscores."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name.replace("__", "."), data)
    return out.getvalue()


def tar(**members: bytes) -> bytes:
    """A tar, likewise."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, data in members.items():
            info = tarfile.TarInfo(name.replace("__", "."))
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def mail(value: str, **attachments: bytes) -> bytes:
    """A message with attachments."""
    message = EmailMessage()
    message["From"] = "Sender <sender@example.com>"
    message["To"] = "receiver@example.com"
    message["Subject"] = "Grüße"
    message.set_content(f"Hello {value},\n")
    message.add_alternative(f"<p>Hello <b>{value}</b></p>", subtype="html")
    for name, data in attachments.items():
        kind = {"maintype": "application", "subtype": "octet-stream"}
        message.add_attachment(data, filename=name.replace("__", "."), **kind)
    return message.as_bytes()


def _saved(made: object) -> bytes:
    out = io.BytesIO()
    made.save(out)  # type: ignore[attr-defined]
    return out.getvalue()
