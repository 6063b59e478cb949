"""The texts of documents to register: plain text as it is, everything else through the readers of requests."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Document:
    """One file's text, or why it has none."""

    path: Path
    text: str = field(default="", repr=False)
    problem: str = ""


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """The files, folders followed, hidden ones left out, in an order that doesn't change."""
    for path in paths:
        if path.is_dir():
            below = (one for one in path.rglob("*") if one.is_file())
            yield from sorted(one for one in below if not any(p.startswith(".") for p in one.relative_to(path).parts))
        else:
            yield path


def read_document(path: Path, *, opened: bool = False) -> Document:
    """A file's text. Never raises. `opened`: what is text, but a mail or a page, is opened too."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return Document(path, problem=error.strerror or "unreadable")
    if not opened:
        try:
            return Document(path, data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            pass
    from proxy.content.bounds import Bounds  # noqa: PLC0415 - most files are text
    from proxy.content.read import open_file  # noqa: PLC0415 - the same

    read = open_file(data, "", path.name, Bounds())
    reasons = ", ".join(sorted({reason.value for reason in read.skipped}))
    return Document(path, "\n".join(item.text for item in read.texts), reasons)
