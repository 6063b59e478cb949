"""People that the whole world writes about: rulers, scientists, artists, athletes, founders, and people of fiction.

A question about one of them tells nothing of anybody whom the writer knows. `public_figures.txt` has full names, and
single names by which one is known. It is our own list, as good as any; a name alone decides nothing where a text says
something else of a person (`detectors.alone`).
"""

import re
import unicodedata
from functools import cache
from importlib.resources import files

_LETTERS = str.maketrans("łøđ", "lod")  # accents that Unicode counts as part of the letter
_GENITIVE = re.compile("(?<=\\w)['\u2019]s?$")


def plain(name: str) -> str:
    """Lower case, without accents, a genitive's ending and double spaces."""
    if name.isascii():
        return _GENITIVE.sub("", " ".join(name.lower().split()))
    letters = unicodedata.normalize("NFKD", name.casefold()).translate(_LETTERS)
    return _GENITIVE.sub("", " ".join("".join(one for one in letters if not unicodedata.combining(one)).split()))


def is_public_figure(name: str) -> bool:
    """Whether a full name, or a single name by which somebody is known, is a public figure's."""
    return plain(name) in _known()


@cache
def _known() -> frozenset[str]:
    lines = files("detectors").joinpath("public_figures.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
