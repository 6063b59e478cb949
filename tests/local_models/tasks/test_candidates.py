"""What a text offers for a field, and what is said of each."""

from decimal import Decimal

from local_models.tasks.candidates import candidates, features

RECEIPT = "CAFE\n12/03/2026 08:15\ncoffee 3.00\ncake 4.50\nTotal\n7.50\nCash 10.00\nChange 2.50"


def test_dates_for_a_date_and_amounts_for_a_number() -> None:
    assert len(candidates("date", RECEIPT, day_first=0.5)) == 1
    marked = [one for one in candidates("number", RECEIPT, day_first=0.5) if "cents" in one.form]
    assert [one.values[0][0] for one in marked] == [Decimal(text) for text in ("3.00", "4.50", "7.50", "10.00", "2.50")]


def test_whole_numbers_for_an_integer() -> None:
    assert [one.values[0][0] for one in candidates("integer", "12 pieces at 4.50", day_first=0.5)] == [Decimal(12)]


def test_the_words_around_tell_two_of_the_same_value_apart() -> None:
    text = "Paid 7.50\nTotal 7.50"
    one, other = features(candidates("number", text, day_first=0.5), text, 1 << 15)
    assert set(one) != set(other)
    assert 0 not in {*one, *other}  # that bucket stands for: nothing


def test_a_text_of_numbers_alone_stays_bounded() -> None:
    text = "1 " * 10_000
    assert len(candidates("number", text, day_first=0.5)) <= 400
