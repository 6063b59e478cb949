"""Labelled texts from JSON lines: `{"text": …, "spans": [{"start", "end", "label"}]}`, or a text without spans.

A text without spans is harmless: a finding in it is a false alarm. Other keys of a line are left alone.
"""

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SEED = 7


class RowError(Exception):
    """A file that can't be measured on: which line, what was expected, what to do. Never the text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text and its labelled values: start, end, label."""

    text: str = field(repr=False)
    spans: tuple[tuple[int, int, str], ...] = ()


def load_rows(path: Path, sample: int = 0) -> list[Row]:
    """The rows of a file, or a fixed random sample of them. Raises `RowError` at the first that can't be used."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RowError(f"{path}: can't be read: {why}. Expected a file of JSON lines.") from None
    rows = [_row(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise RowError(f"{path}: no line in it. Expected JSON lines with a text and its spans.")
    if not 0 < sample < len(rows):
        return rows
    return random.Random(SEED).sample(rows, sample)  # noqa: S311 - the same texts each time are what is wanted


def _row(line: str, where: str) -> Row:
    try:
        data = json.loads(line)
    except ValueError as error:
        at = f" (column {error.colno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise RowError(f"{where}: no JSON{at}. Expected one object a line.") from None
    except RecursionError:
        raise RowError(f"{where}: nested too deeply. Expected one object a line.") from None
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        raise RowError(f'{where}: expected an object with "text", a string; got {_kind(data)}.')
    spans = data.get("spans") or []
    if not isinstance(spans, list):
        raise RowError(f'{where}: expected "spans" to be a list, got {_kind(spans)}.')
    text: str = data["text"]
    return Row(text, tuple(_span(span, len(text), f"{where}: span {number}") for number, span in enumerate(spans, 1)))


def _span(span: Any, length: int, where: str) -> tuple[int, int, str]:
    if not isinstance(span, dict):
        raise RowError(f'{where}: expected an object with "start", "end" and "label", got {_kind(span)}.')
    start, end, label = span.get("start"), span.get("end"), span.get("label")
    if type(start) is not int or type(end) is not int or not isinstance(label, str) or not label:
        raise RowError(f'{where}: expected "start" and "end" to be numbers and "label" a string.')
    if not 0 <= start < end <= length:
        raise RowError(
            f"{where}: {start} to {end} is outside of its text of {length} characters. "
            "Offsets count characters from 0, the end is exclusive."
        )
    return start, end, label


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "an object without it"
    return {list: "a list", str: "a string", type(None): "null"}.get(type(value), "a number or a truth value")
