"""The table of keys."""

import pytest

from policy.grammar import GRAMMAR, names


@pytest.mark.parametrize("section", GRAMMAR)
def test_keys_are_named_once_and_described(section):
    assert len(set(names(section))) == len(names(section)) > 0
    assert all(key.expects and key.meaning for key in GRAMMAR[section])


def test_conditions_have_their_keys():
    from policy.model import Condition

    assert set(names("when")) == set(Condition.__slots__)
