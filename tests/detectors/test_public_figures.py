import pytest

from detectors.public_figures import is_public_figure, plain


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "ada lovelace",
        "Albert  Einstein",
        "Erwin Schrödinger",
        "Einstein's",
        "Elon Musk\u2019s",
        "PLATO",
    ],
)
def test_known_to_the_world(name):
    assert is_public_figure(name)


@pytest.mark.parametrize(
    "name", ["Ana Novak", "Ada", "Lovelace Ada", "Albert Einstein Novak", "", "'s", "Musk Industries"]
)
def test_anybody(name):
    assert not is_public_figure(name)


def test_names_are_stored_as_they_are_looked_up():
    from detectors.public_figures import _known

    assert all(plain(name) == name for name in _known())
    assert len(_known()) > 900
