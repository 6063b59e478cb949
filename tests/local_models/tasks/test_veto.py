import pytest

from local_models.tasks.task import load_tasks
from local_models.tasks.veto import veto_for

TASKS = load_tasks()
VETOES = {name: veto_for(task, [*TASKS.values()]) for name, task in TASKS.items()}


@pytest.mark.parametrize(
    ("name", "text", "refused"),
    [
        ("email_categorisation", "My package was supposed to come last week. Where is it now?", False),
        ("email_categorisation", "Ich möchte meinen Vertrag zum Jahresende kündigen.", False),
        ("email_categorisation", "import os\nfor name in os.listdir('.'):\n    print(name)", True),
        ("invoice_dates", "Invoice no. 77\nInvoice date: 3 May 2026\nSubtotal 100.00\nVAT 20% 20.00\nTotal due 120.00", False),
        ("invoice_dates", "Where is my parcel? I ordered it two weeks ago.", True),
        ("invoice_dates", "Write an essay about the history of money.", True),
        ("invoice_dates", "", True),
    ],
)  # fmt: skip
def test_it_refuses_what_is_not_like_the_examples(name, text, refused):
    assert VETOES[name].refuses(text) is refused


@pytest.mark.parametrize("name", sorted(TASKS))
def test_almost_every_example_of_the_task_gets_through(name):
    refused = [one for one in TASKS[name].positives if VETOES[name].refuses(one.input)]
    assert len(refused) <= 0.05 * len(TASKS[name].positives)


def test_it_says_how_many_near_misses_it_stops():
    assert VETOES["invoice_dates"].stopped >= 0.8
    assert VETOES["email_categorisation"].stopped >= 0.5  # mails are hard to tell from what is written about mails


def test_a_task_alone_is_told_from_ordinary_requests():
    assert veto_for(TASKS["invoice_dates"]).refuses("Write a birthday card for my aunt.")


def test_its_repr_is_short():
    assert len(repr(VETOES["invoice_dates"])) < 200
