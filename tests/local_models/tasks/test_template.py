import time

import pytest

from local_models.tasks.template import Prompt, Template, learned

CLASSIFY = """Classify the following customer e-mail into one of: delivery, billing, refund.

{input}"""
FRAMED = """You are a clerk of the {company} company. Here is an invoice:
---
{input}
---
Give its date as JSON. Say nothing else."""


@pytest.mark.parametrize(
    ("template", "prompt", "found"),
    [
        (CLASSIFY, CLASSIFY.replace("{input}", "Where is\n\nmy parcel?"), "Where is\n\nmy parcel?"),
        (CLASSIFY, CLASSIFY.replace("{input}", "Where?").replace(" ", "\n  "), "Where?"),
        (CLASSIFY, "Classify the following customer e-mail into one of: delivery, billing, refund.", None),
        (CLASSIFY, "Where is my parcel?", None),
        (CLASSIFY, "Please help. " + CLASSIFY.replace("{input}", "Where is my parcel, it is late?"), "Where is my parcel, it is late?"),
        (FRAMED, FRAMED.format(company="Acme", input="Invoice 7\n3 May"), "Invoice 7\n3 May"),
        (FRAMED, FRAMED.format(company="Acme and Sons", input="a\n---\nb"), "a\n---\nb"),
        (FRAMED, FRAMED.format(company="Acme", input="Invoice 7\n3 May") + " Thanks.", "Invoice 7\n3 May"),
        (FRAMED, FRAMED.format(company="Acme", input=""), None),
        ("{input}\n\nIs the mail above a complaint? Yes or no.", "It broke.\n\nIs the mail above a complaint? Yes or no.", "It broke."),
        ("{greeting} sort this mail into a drawer: {input}", "Hello sort this mail into a drawer: It broke.", "It broke."),
        ("Sort it: {input}", "Sort it: something", None),
    ],
)  # fmt: skip
def test_the_input_of_a_prompt(template, prompt, found):
    got = Template.of(template).input_of(Prompt(prompt))
    assert got == found


def test_a_prompt_that_talks_about_the_same_things_was_not_made_of_the_template():
    prompt = "Which words would a classifier for customer e-mail about delivery, billing and refund look at?"
    assert Template.of(CLASSIFY).input_of(Prompt(prompt)) is None


def test_lower_case_and_words_put_in_are_near_enough():
    edited = "please classify the following customer e-mail into exactly one of: delivery, billing, refund.\n\nIt came broken."
    assert Template.of(CLASSIFY).input_of(Prompt(edited)) == "It came broken."


def test_the_end_of_a_long_input_is_kept():
    mail = "word " * 100_000 + "END"
    assert Template.of(CLASSIFY).input_of(Prompt(CLASSIFY.replace("{input}", mail))) == mail


def test_what_repeats_a_piece_takes_no_long_time():
    began = time.process_time()
    for template in (FRAMED, CLASSIFY, "a b {x} a b {y} a b {z} a b {input} a b"):
        Template.of(template).input_of(Prompt("a b " * 50_000))
        Template.of(template).input_of(Prompt("--- " * 50_000))
    assert time.process_time() - began < 3


def test_a_template_is_learned_from_what_prompts_have_in_common():
    prompts = [FRAMED.format(company="Acme", input=text) for text in ("one", "two words", "three of them")]
    template = learned(prompts)
    assert template is not None
    assert template.count("{input}") == 1
    assert Template.of(template).input_of(Prompt(FRAMED.format(company="Acme", input="Invoice 9"))) == "Invoice 9"


@pytest.mark.parametrize(
    "prompts",
    [
        [],
        ["one and the same prompt of more than eight words, said again"] * 5,
        ["write a poem", "sort my mail", "what time is it"],
        ["Say: a", "Say: b", "Say: c"],
        ["a prompt {with} braces is no good template to learn: " + word for word in "abc"],
    ],
)
def test_what_has_too_little_in_common_teaches_none(prompts):
    assert learned(prompts) is None
