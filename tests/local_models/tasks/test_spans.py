"""Dates and amounts taken out of invoices: learnt from the shipped task, saved, read again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from local_models.errors import ModelError, TrainingError
from local_models.tasks.candidates import candidates, features
from local_models.tasks.spans import SpansAnswerer, load
from local_models.tasks.task import SHIPPED, Example, Task, load_task, same

UNSEEN = """Kessler Werkzeuge GmbH
Bestellt am 02.02.2026
Rechnungsdatum: 13.02.2026
2 Bohrer              40,00 EUR
Zwischensumme         40,00 EUR
MwSt 19 %              7,60 EUR
Gesamtbetrag          47,60 EUR
Zahlbar bis 27.02.2026"""


@pytest.fixture(scope="module")
def task() -> Task:
    return load_task(SHIPPED / "invoice_dates")


@pytest.fixture(scope="module")
def fitted(task: Task) -> SpansAnswerer:
    return SpansAnswerer().fit(task, task.examples)


def test_the_right_one_of_several_dates_and_amounts(fitted: SpansAnswerer) -> None:
    answer = fitted.answer(UNSEEN)
    assert answer.output == {"date": "2026-02-13", "total": 47.6}
    assert 0.3 < answer.confidence <= 1.0


def test_it_knows_what_it_was_fitted_on(task: Task, fitted: SpansAnswerer) -> None:
    right = [same(task, one.output, fitted.answer(one.input).output) for one in task.positives]
    assert sum(right) >= len(right) - 1


def test_what_the_text_does_not_say_is_no_answer(fitted: SpansAnswerer) -> None:
    for text in ("Please pay soon.", "", "Rechnungsdatum: 13.02.2026"):
        answer = fitted.answer(text)
        assert answer.output is None
        assert answer.confidence == 0.0


def test_two_ways_to_read_a_date_make_it_unsure(fitted: SpansAnswerer) -> None:
    open_day = fitted.answer("Invoice date: 03/04/2026\nTotal 12.00")
    plain = fitted.answer("Invoice date: 2026-04-03\nTotal 12.00")
    assert open_day.confidence < plain.confidence


def test_what_was_saved_is_read_again(task: Task, fitted: SpansAnswerer, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    read = load(tmp_path, task)
    assert read.answer(UNSEEN).output == fitted.answer(UNSEEN).output
    assert read.answer(UNSEEN).confidence == pytest.approx(fitted.answer(UNSEEN).confidence, abs=1e-3)
    other = replace(
        task, schema={**task.schema, "properties": {"date": {"type": "string", "format": "date"}}, "required": ["date"]}
    )
    with pytest.raises(ModelError, match="were changed since it was made"):
        load(tmp_path, other)
    path = tmp_path / "answerer.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"fields": []}))
    with pytest.raises(ModelError, match="other fields"):
        load(tmp_path, task)


def test_what_can_not_be_learnt_is_told(task: Task, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no date and no number"):
        SpansAnswerer().fit(load_task(SHIPPED / "email_categorisation"), ())
    absent = [Example("nothing here", {"date": "2026-01-01", "total": 5.0})] * 20
    with pytest.raises(TrainingError, match="0 examples stands"):
        SpansAnswerer().fit(task, absent)
    with pytest.raises(ModelError, match="learnt nothing"):
        SpansAnswerer().answer("x")
    with pytest.raises(ModelError, match="learnt nothing"):
        SpansAnswerer().save(tmp_path)


def test_a_long_text_is_read_in_bounded_time(fitted: SpansAnswerer) -> None:
    answer = fitted.answer("12.50 on 03/04/2026 " * 5000)
    assert answer.seconds < 10


def test_features_say_how_amounts_relate() -> None:
    text = "subtotal 10.00\ntax 2.00\ntotal 12.00"
    found = candidates("number", text, day_first=0.5)
    rows = list(features(found, text, 1 << 15))
    assert len(rows) == len(found) == 3
    assert 0 not in {bucket for row in rows for bucket in row}
