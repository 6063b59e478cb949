"""Reasons in headers and prompts."""

import pytest

from proxy.message import Role, Segment
from proxy.reasons import LONGEST, header_reason, how_to_answer, spoken_reasons, usable

GOOD = "The customer asked for it."


def user(text: str, role: Role = Role.USER) -> Segment:
    return Segment("/messages/0/content", role, text)


@pytest.mark.parametrize(
    ("text", "reason", "left"),
    [
        (f"privet-reason: {GOOD}\nTranslate this.", GOOD, "Translate this."),
        (f"Translate this.\nprivet-reason: {GOOD}", GOOD, "Translate this.\n"),
        (f"Translate\r\n  Privet-Reason:   {GOOD}  \r\nthis.", GOOD, "Translate\r\nthis."),
        (f"privet-reason: {GOOD}", GOOD, "(A reason was given.)"),
        (f"<query>\nprivet-reason: {GOOD}\n</query>", GOOD, "<query>\n</query>"),
        ("privet-reason: ok\nTranslate this.", None, "Translate this."),
        (f"privet-reason: ok\nprivet-reason: {GOOD}\n", GOOD, "(A reason was given.)"),
        ("privet-reason:\nTranslate this.", None, None),
        (f"What is privet-reason: {GOOD}", None, None),
        (f"privet-reasons: {GOOD}", None, None),
        ("Translate this.", None, None),
    ],
)
def test_lines(text: str, reason: str | None, left: str | None) -> None:
    spoken = spoken_reasons([user(text)])
    assert (spoken.reason.text if spoken.reason else None) == reason
    assert spoken.texts == ({} if left is None else {"/messages/0/content": left})


@pytest.mark.parametrize(
    "blanks", [" ", "\t", " \t", "\r", "\n", "privet-reason:", "privet-reason: ", " privet-reason:\n"]
)
def test_long_texts_end(blanks: str) -> None:
    text = f"privet-reason: a{blanks * 200_000}b"
    assert spoken_reasons([user(text)]).reason is not None or "\n" in blanks
    assert spoken_reasons([user(f"{blanks * 200_000}x privet-reason:")]).texts.keys() <= {"/messages/0/content"}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.USER])
def test_only_people_give_reasons(role: Role) -> None:
    assert spoken_reasons([user(f"privet-reason: {GOOD}", role)]).reason is None


def test_the_last_of_several() -> None:
    spoken = spoken_reasons([user("privet-reason: the first of them"), user("privet-reason: no"), user("hello")])
    assert spoken.reason is not None
    assert (spoken.reason.text, spoken.reason.by) == ("the first of them", "prompt")
    assert "first" not in repr(spoken)


@pytest.mark.parametrize(("value", "found"), [(GOOD, True), ("  " + GOOD, True), ("ok", False), ("", False)])
def test_headers(value: str, found: bool) -> None:
    reason = header_reason({"x-privet-reason": value})
    assert (reason is not None) is found
    assert reason is None or (reason.text, reason.by) == (GOOD, "header")
    assert header_reason({}) is None


def test_long_reasons_are_cut() -> None:
    reason = header_reason({"x-privet-reason": "x" * 5000})
    assert reason is not None
    assert len(reason.text) == LONGEST


def test_what_is_said() -> None:
    assert usable("because of x")
    assert not usable("   because  ")
    told = how_to_answer("01ABC", by_command=True)
    assert 'privet justify 01ABC "…"' in told
    assert "privet justify" not in how_to_answer("01ABC", by_command=False)
