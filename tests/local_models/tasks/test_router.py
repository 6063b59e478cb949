import json
import time

import pytest

from local_models.tasks.router import Asked, How, Recognised, Router
from local_models.tasks.task import load_tasks

TASKS = load_tasks()
ROUTER = Router.of(TASKS)
MAIL, INVOICE = "email_categorisation", "invoice_dates"
PARCEL = "My parcel should have been here on Monday. Where is it?"
BILL = "Invoice 41\nInvoice date: 4 May 2026\nSubtotal 100.00\nVAT 20.00\nTotal 120.00"
PROMPT = TASKS[MAIL].templates[0]
SCHEMA = {name: json.dumps(task.schema) for name, task in TASKS.items()}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Asked(user="What is the capital of France?"), ()),
        (Asked(user=PARCEL), ()),
        (Asked(declared=(MAIL,), user=PARCEL), (Recognised(MAIL, How.DECLARED),)),
        (Asked(declared=("Email_Categorisation",), user=PARCEL), (Recognised(MAIL, How.DECLARED),)),
        (Asked(declared=("translation",), user=PARCEL), (Recognised("translation", How.DECLARED),)),
        (Asked(schema=SCHEMA[MAIL], user=PARCEL), (Recognised(MAIL, How.SCHEMA),)),
        (Asked(schema='{"type":"object"}', user=PARCEL), ()),
        (Asked(user=PROMPT.replace("{input}", PARCEL)), (Recognised(MAIL, How.TEMPLATE),)),
        (Asked(system=PROMPT.replace("{input}", ""), user=PARCEL), (Recognised(MAIL, How.TEMPLATE),)),
        (Asked(system="Be brief.", user=PROMPT.replace("{input}", PARCEL)), (Recognised(MAIL, How.TEMPLATE),)),
        # The surest way is told once, and one task hides no other.
        (Asked(declared=(MAIL,), schema=SCHEMA[MAIL], user=PROMPT.replace("{input}", PARCEL)), (Recognised(MAIL, How.DECLARED),)),
        (Asked(declared=("translation",), schema=SCHEMA[INVOICE], user=BILL), (Recognised("translation", How.DECLARED), Recognised(INVOICE, How.SCHEMA))),
        # What doesn't look like the task's input is vetoed.
        (Asked(schema=SCHEMA[INVOICE], user=PARCEL), (Recognised(INVOICE, How.SCHEMA, vetoed=True),)),
        (Asked(declared=(INVOICE,), user=PARCEL), (Recognised(INVOICE, How.DECLARED, vetoed=True),)),
    ],
)  # fmt: skip
def test_which_task_a_request_is(asked, found):
    assert ROUTER.recognise(asked) == found


def test_the_veto_takes_no_declared_task_away():
    assert Recognised(MAIL, How.DECLARED, vetoed=True).counts
    assert not Recognised(MAIL, How.SCHEMA, vetoed=True).counts
    assert Recognised(MAIL, How.SCHEMA).counts


@pytest.mark.parametrize(
    "asked",
    [
        Asked(user=PARCEL),
        Asked(user=PROMPT.replace("{input}", PARCEL)),
        Asked(system=PROMPT.replace("{input}", ""), user=PARCEL),
        Asked(system="Be brief.", user=PROMPT.replace("{input}", PARCEL)),
        Asked(system="Be brief.", user=PARCEL),
    ],
)
def test_what_the_task_is_to_be_done_with(asked):
    assert ROUTER.input_of(MAIL, asked) == PARCEL


def test_two_tasks_with_one_schema_are_not_told_apart_by_it():
    twin = load_tasks()[MAIL]
    object.__setattr__(twin, "id", "twin")
    router = Router.of({MAIL: TASKS[MAIL], "twin": twin})
    assert not any(one.how is How.SCHEMA for one in router.recognise(Asked(schema=SCHEMA[MAIL], user=PARCEL)))


def test_a_request_is_looked_at_in_a_moment():
    texts = [PARCEL, BILL, PROMPT.replace("{input}", PARCEL * 40)] * 30
    began = time.process_time()
    for text in texts:
        ROUTER.recognise(Asked(system="You are helpful.", user=text))
    assert (time.process_time() - began) / len(texts) < 0.02


def test_nothing_that_was_said_is_in_a_repr():
    assert "parcel" not in repr(Asked(system=PARCEL, user=PARCEL, schema=SCHEMA[MAIL]))
    assert "parcel" not in repr(ROUTER)
