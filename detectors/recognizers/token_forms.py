r"""How a vendor's token looks, written as people write it down: `ghp_<A:36>`, `sq0{atp,csp}-<u:22-43>`.

    <class:n>, <class:n-m>   that many characters of a class (`CLASSES`); `<uuid>` is a UUID in lower case
    {a,b}                    one of these
    anything else            itself

One form gives the expression that finds tokens, the literal that says cheaply whether a text can hold one, and made-up
examples for tests, so that no example is anybody's key.
"""

import random
import re
import string
from functools import cache

CLASSES = {
    "d": string.digits,
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "x": "0123456789abcdefABCDEF",
    "l": string.ascii_lowercase + string.digits,
    "U": string.ascii_uppercase + string.digits,
    "q": string.ascii_uppercase + "234567",
    "A": string.ascii_letters + string.digits,
    "w": string.ascii_letters + string.digits + "_",
    "u": string.ascii_letters + string.digits + "_-",
    "v": string.ascii_lowercase + string.digits + "_-=",
    "b": string.ascii_letters + string.digits + "+/",
    "e": string.ascii_letters + string.digits + "+/=_-",
    "p": string.ascii_letters + string.digits + "._-",
    "t": string.ascii_letters + string.digits + "._~-",
}
_PART = re.compile(r"<uuid>|<(?P<kind>\w):(?P<least>\d+)(?:-(?P<most>\d+))?>|\{(?P<choice>[^}]*)\}|(?P<plain>[^<{]+)")
_UUID = (8, 4, 4, 4, 12)


@cache
def _class(kind: str) -> str:
    return "[" + re.escape(CLASSES[kind]).replace("/", r"\/") + "]"


def expression(form: str) -> str:
    """The regular expression of a form, with nothing around it."""
    parts: list[str] = []
    for part in _parts(form):
        if part["kind"]:
            most = f",{part['most']}" if part["most"] else ""
            parts.append(f"{_class(part['kind'])}{{{part['least']}{most}}}")
        elif part["choice"] is not None:
            parts.append(f"(?:{'|'.join(re.escape(each) for each in part['choice'].split(','))})")
        elif part["plain"]:
            parts.append(re.escape(part["plain"]))
        else:
            parts.append("-".join(f"[0-9a-f]{{{length}}}" for length in _UUID))
    return "".join(parts)


def open_ended(form: str) -> bool:
    """Whether a form ends in a class with `-` or `_`: such a token must not be followed by one."""
    return bool(re.search(r"<[wuvetp]:[\d-]+>$", form))


def fixed_width(part: str) -> int | None:
    """How long a plain part or a choice is; None if a choice has parts of several lengths."""
    widths = {len(each) for each in part.strip("{}").split(",")} if part.startswith("{") else {len(part)}
    return widths.pop() if len(widths) == 1 else None


def literals(form: str) -> tuple[str, ...]:
    """In lower case: one of these stands in every token of the form. Empty if a form has no fixed part."""
    spelled = [""]
    for part in _parts(form):
        here = part["choice"].split(",") if part["choice"] is not None else [part["plain"] or "\0"]
        spelled = [before + each for before in spelled for each in here]
    longest = {max(each.split("\0"), key=len).lower() for each in spelled}
    return () if "" in longest else tuple(sorted(longest))


def example(form: str, source: random.Random) -> str:
    """A made-up token."""
    made: list[str] = []
    for part in _parts(form):
        if part["kind"]:
            length = source.randint(int(part["least"]), int(part["most"] or part["least"]))
            made.append("".join(source.choices(CLASSES[part["kind"]], k=length)))
        elif part["choice"] is not None:
            made.append(source.choice(part["choice"].split(",")))
        elif part["plain"]:
            made.append(part["plain"])
        else:
            made.append("-".join("".join(source.choices(CLASSES["h"], k=length)) for length in _UUID))
    return "".join(made)


def _parts(form: str) -> list[re.Match[str]]:
    parts = list(_PART.finditer(form))
    if "".join(part[0] for part in parts) != form:
        raise ValueError(f"a form is made of text, <class:n>, <class:n-m>, <uuid> and {{a,b}}; got {form!r}")
    return parts
