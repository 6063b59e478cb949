"""Models for tasks: every candidate of `privet models choose` on labelled texts that it was not fitted on.

Each figure's floor is the plainest way to do the same, in the same run: character n-grams and a linear model for
sorting, the first date and the largest amount for invoices. Milliseconds are of answers one after the other.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench import Row
from local_models.chat import load_chat
from local_models.embed import FEATURE_MODEL
from local_models.tasks.answerer import Answer, Answerer
from local_models.tasks.candidates import candidates
from local_models.tasks.choose import Figures, Wanted, judge, measure
from local_models.tasks.generate import FewShot
from local_models.tasks.heads_answerer import HeadsAnswerer, Vectors
from local_models.tasks.spans import SpansAnswerer
from local_models.tasks.task import SHIPPED, Example, Task, load_examples, load_task

GROUP = "models for tasks"
DATA = Path(__file__).resolve().parents[2] / "shared/data"
_BANK = Path(__file__).parent / "sets/mails-bank.jsonl"  # Banking77, PolyAI, CC-BY-4.0
_CHAT = "smollm2-135m"
_READ = 1_200  # characters of a document: one window
_CERTAIN = 0.95


@dataclass(frozen=True, slots=True)
class FirstAndLargest:
    """The floor for invoices: the first date and the largest amount with cents."""

    name: str = "first date, largest amount"
    memory_mb: float = 0.0

    def fit(self, task: Task, examples: Sequence[Example]) -> Self:  # noqa: ARG002 - nothing to learn
        """Itself."""
        return self

    def answer(self, text: str) -> Answer:
        """What stands there."""
        dates = [day for one in candidates("date", text, day_first=0.5) for day, _ in one.values]
        totals = [one.values[0][0] for one in candidates("number", text, day_first=0.5) if "bare" not in one.form]
        if not dates or not totals:
            return Answer(None, 0.0)
        return Answer({"date": str(dates[0]), "total": float(str(max(totals, key=float)))}, 1.0)

    def save(self, directory: Path) -> None:
        """Nothing to keep."""


def run(*, quick: bool) -> list[Row]:
    """Requests by what they are about, invoices, documents."""
    rows: list[Row] = []
    vectors = Vectors(FEATURE_MODEL)
    chat = load_chat(_CHAT)
    sorting: list[Answerer] = [
        HeadsAnswerer(),
        HeadsAnswerer(grams=False, vectors=vectors),
        HeadsAnswerer(grams=True, vectors=vectors),
        FewShot(chat, _CHAT),
    ]
    finding: list[Answerer] = [FirstAndLargest(), SpansAnswerer(), FewShot(chat, _CHAT)]
    mails, invoices = load_task(SHIPPED / "email_categorisation"), load_task(SHIPPED / "invoice_dates")
    rows += _rows("shipped mails", mails, mails.examples, sorting)
    rows += _rows("questions to a bank", mails, load_examples(_BANK, mails.fields), sorting)
    rows += _rows("shipped invoices", invoices, invoices.examples, finding)
    if DATA.is_dir():
        for what, file, count in (("requests", "clinc150_val", 1_000), ("documents", "doc_dev", 400)):
            task, examples = _labelled(what, DATA / f"{file}.jsonl", 200 if quick else count)
            rows += _rows(what, task, examples, sorting)
    return rows


def _rows(what: str, task: Task, examples: Sequence[Example], tried: Sequence[Answerer]) -> list[Row]:
    figures = [_figures(task, examples, one) for one in tried]
    floor = figures[0]
    rows: list[Row] = []
    for one in figures:
        bounds = f"{one.least * 100:.0f} to {one.most * 100:.0f} % of {one.items}"
        note = bounds + (", given up there" if one.stopped else "") + f"; {one.memory_mb:.0f} MB"
        beside = None if one is floor else floor.right * 100
        rows.append(Row(GROUP, f"{what}, {one.name}: right", one.right * 100, "%", floor=beside, note=note))
        rows.append(Row(GROUP, f"{what}, {one.name}: an answer", one.p50_ms, "ms"))
    return rows


def _figures(task: Task, examples: Sequence[Example], candidate: Answerer) -> Figures:
    wanted = Wanted()
    return judge(measure(task, examples, candidate, wanted, lambda *_: None), wanted, _CERTAIN, 0.0)


def _labelled(what: str, path: Path, count: int) -> tuple[Task, list[Example]]:
    """A task made of labelled lines, as many of each label; what is out of scope is a near miss."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    random.Random(0).shuffle(lines)
    key = "domain" if "domain" in lines[0] else "label"
    words = sorted({line[key] for line in lines} - {"oos"})
    # Of each label as many, and as many again that belong to none where there are such.
    most = count // len(words)
    taken: dict[str, int] = {}
    examples: list[Example] = []
    for line in lines:
        word = line[key]
        taken[word] = taken.get(word, 0) + 1
        if taken[word] <= most:
            output = None if word == "oos" else {"label": word}
            source = line.get("source", "") if key == "label" else ""
            examples.append(Example(line["text"][:_READ], output, source))
    schema = {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": words}},
        "required": ["label"],
        "additionalProperties": False,
    }
    prompt = f"Which of these is it: {', '.join(words)}?\n\n{{input}}"
    return Task(id=what, about="Sorts texts.", kind="classify", prompt=prompt, schema=schema), examples
