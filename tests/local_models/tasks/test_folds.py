"""Nothing is asked about what it was fitted on."""

from hypothesis import given
from hypothesis import strategies as st

from local_models.tasks.folds import alike, by_source, folds
from local_models.tasks.task import Example


def _examples(inputs: list[tuple[str, str]]) -> list[Example]:
    return [Example(text, None, source) for text, source in inputs]


@given(st.lists(st.tuples(st.text(max_size=6), st.sampled_from(["", "a", "b", "c"])), min_size=2, max_size=40))
def test_each_is_left_out_once_and_never_fitted_on(rows: list[tuple[str, str]]) -> None:
    examples = _examples(rows)
    parts = folds(examples, 5)
    out = [row for part in parts for row in part.out]
    assert not parts or sorted(out) == list(range(len(examples)))
    for part in parts:
        assert not set(part.kept) & set(part.out)
        assert not {alike(examples[row].input) for row in part.kept} & {
            alike(examples[row].input) for row in part.out
        } or by_source(examples)


def test_whole_sources_are_left_out_where_there_are_three() -> None:
    examples = _examples([(f"text {number}", "abc"[number % 3]) for number in range(30)])
    for part in folds(examples, 5):
        assert not {examples[row].source for row in part.kept} & {examples[row].source for row in part.out}
    assert len(folds(examples, 5)) == 3


def test_texts_that_are_alike_stay_together() -> None:
    examples = _examples([("Order 12 is late!", ""), ("order 99 is late", ""), ("Something else", "")])
    assert any(set(part.out) >= {0, 1} for part in folds(examples, 3))
