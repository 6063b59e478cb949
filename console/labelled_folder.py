"""A company's labelled documents: a folder with one folder per label, and `labels.yaml` that says what each means."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from configs.yaml_source import YamlSource, load_yaml
from console.document_files import files_in, read_document
from policy.vocabulary import CONFIDENTIAL

MEANINGS = "labels.yaml"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_LETTERS = re.compile(r"[^\W\d_]")
_FEWEST_LETTERS = 40
_RICH = (".eml", ".html", ".htm", ".mht", ".mhtml", ".rtf")  # text that says more when it is opened


@dataclass(frozen=True, slots=True)
class Paper:
    """One document's text."""

    path: Path
    label: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LabelledFolder:
    """What was read, what each label means, and what is not as it should be: `errors` stop the training."""

    papers: tuple[Paper, ...] = ()
    meanings: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def read_labelled(folder: Path) -> LabelledFolder:
    """Read every label's documents. Raises `SourceError` if labels.yaml can't be read; never another error."""
    warnings: list[str] = []
    errors: list[str] = []
    if not folder.is_dir():
        return LabelledFolder(errors=(f"{folder}: no such folder. Expected one with a folder for each label",))
    entries = sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    folders = [one for one in entries if one.is_dir()]
    warnings += [
        f"{one}: lies in no label's folder and is left out" for one in entries if one.is_file() and one.name != MEANINGS
    ]
    errors += [
        f"{one}: a label is called by 2 to 40 of a-z, 0-9 and _, such as {_suggested(one.name)}"
        for one in folders
        if not _NAME.fullmatch(one.name)
    ]
    errors += [
        f"{one}: {CONFIDENTIAL} is Privet's label for sentences; call it otherwise, such as trade_secrets"
        for one in folders
        if one.name == CONFIDENTIAL
    ]
    labels = [one.name for one in folders]
    papers = list(_distinct(_papers(folders, warnings), warnings, errors))
    used = {paper.label for paper in papers}
    errors += [f"{folder / label}: no document in it can be used" for label in labels if label not in used]
    if not labels:
        errors.append(f"{folder}: no folder in it. Expected one for each label, such as board_papers/ and public/")
    return LabelledFolder(tuple(papers), _meanings(folder, labels, warnings, errors), tuple(warnings), tuple(errors))


def skeleton(labels: list[str]) -> str:
    """A `labels.yaml` to be filled in."""
    lines = ["# What each label means, in a sentence: for people, and for the model card.", "labels:"]
    return "\n".join([*lines, *(f'  {label}: ""' for label in labels), ""])


def _papers(folders: list[Path], warnings: list[str]) -> Iterator[Paper]:
    for folder in folders:
        for path in files_in([folder]):
            document = read_document(path, opened=path.suffix.lower() in _RICH)
            if document.problem and not document.text:
                warnings.append(f"{path}: can't be read ({document.problem}) and is left out")
            elif len(_LETTERS.findall(document.text)) < _FEWEST_LETTERS:
                warnings.append(f"{path}: has hardly any text and is left out")
            else:
                if document.problem:
                    warnings.append(f"{path}: was read in part only ({document.problem})")
                yield Paper(path, folder.name, document.text)


def _distinct(papers: Iterator[Paper], warnings: list[str], errors: list[str]) -> Iterator[Paper]:
    """Each text once: a copy would be learned from and judged by at the same time."""
    seen: dict[bytes, Paper] = {}
    for paper in papers:
        key = hashlib.sha256(" ".join(paper.text.split()).encode("utf-8", "surrogatepass")).digest()
        first = seen.setdefault(key, paper)
        if first is paper:
            yield paper
        elif first.label == paper.label:
            warnings.append(f"{paper.path}: is the same as {first.path} and is left out")
        else:
            errors.append(f"{paper.path} is the same as {first.path}: one text can't have two labels")


def _meanings(folder: Path, labels: list[str], warnings: list[str], errors: list[str]) -> dict[str, str]:
    path = folder / MEANINGS
    if not path.exists():
        try:
            path.write_text(skeleton(labels), encoding="utf-8")
        except OSError:
            warnings.append(f"{path}: is missing. It says what each label means")
        else:
            warnings.append(f"{path}: was made; say in it what each label means")
        return dict.fromkeys(labels, "")
    source = load_yaml(path)
    told = source.data.get("labels") if isinstance(source.data, dict) else None
    if not isinstance(told, dict):
        errors.append(f"{path}: expected `labels:` with a line for each label, what it means")
        return dict.fromkeys(labels, "")
    errors += _wrong(source, path, told, labels)
    warnings += [
        f"{path}: doesn't say what {label} means" for label in labels if not str(told.get(label) or "").strip()
    ]
    return {label: " ".join(str(told.get(label) or "").split()) for label in labels}


def _wrong(source: YamlSource, path: Path, told: dict[str, object], labels: list[str]) -> Iterator[str]:
    for name, value in told.items():
        if name not in labels:
            yield str(source.problem(("labels", name), f"no folder {path.parent / str(name)}", of_key=True))
        elif value is not None and not isinstance(value, str):
            yield str(source.problem(("labels", name), "expected a sentence"))


def _suggested(name: str) -> str:
    made = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return made if _NAME.fullmatch(made) else "board_papers"
