import random
import re

import pytest

from detectors.recognizers.token_forms import example, expression, fixed_width, literals, open_ended


@pytest.mark.parametrize(
    ("form", "fixed"),
    [
        ("ghp_<A:36>", ("ghp_",)),
        ("sq0{atp,csp}-<u:22-43>", ("sq0atp-", "sq0csp-")),
        ("<h:36>NRAL", ("nral",)),
        ("px-{api,dep}-<uuid>", ("px-api-", "px-dep-")),
        ("<d:8-10>:AA<u:32-34>", (":aa",)),
        ("<A:40>", ()),
    ],
)
def test_a_form_makes_examples_that_its_expression_and_literals_find(form, fixed):
    assert literals(form) == fixed
    for seed in range(20):
        made = example(form, random.Random(seed))
        assert re.fullmatch(expression(form), made)
        assert not fixed or any(literal in made.lower() for literal in fixed)


def test_signs_of_a_form_are_themselves():
    assert re.fullmatch(expression("a.b$<d:1>"), "a.b$7")
    assert not re.fullmatch(expression("a.b$<d:1>"), "axb$7")


def test_where_a_token_could_go_on():
    assert open_ended("glpat-<u:20>")
    assert not open_ended("glptt-<h:40>")


@pytest.mark.parametrize("form", ["<A:36", "<:3>", "a<b", "{a,b"])
def test_a_form_that_says_nothing_is_refused(form):
    with pytest.raises(ValueError, match="a form is made of"):
        expression(form)


def test_how_wide_a_beginning_is():
    assert (fixed_width("ghp_"), fixed_width("{M,N,O}"), fixed_width("{api,test}")) == (4, 1, None)
