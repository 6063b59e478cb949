"""What is inside files: bytes in, texts out. Pure, but for tesseract, which is a process of its own (`ocr`).

- kind: what a file really is, by its bytes (`kind`); what it is said to be only makes it unreadable if it disagrees
- opened: the texts of a file, and why some of it could not be read (`opened`)
- sink: where a format's reader puts texts, files within the file, and what it can't read; it keeps the bounds (`sink`)
- bounds: how much a file may unfold to (`bounds`)
- reader: one function per format, `read(data, sink)` (`pdf`, `office`, `sheets`, `mail`, `markup`, `archive`, …)
- replacement: a file with the redacted texts in it, or made of them (`replace`)

It runs in worker processes with a deadline and a memory limit (`proxy.jobs`), since parsers of foreign files fail in
every way there is. A reader that can't read everything says so (`Sink.skip`): nothing is passed over in silence.
"""
