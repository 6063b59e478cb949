"""Why somebody sends what a rule with `justify` asks about: read from a header, or from a line of the prompt.

The line is for chat tools, where people can't set headers. It is meant for the company, not for the vendor, so it is
taken out. Only what a person wrote counts: a tool's result or a system prompt gives no reasons.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from proxy.message import Role, Segment

REASON_HEADER = "x-privet-reason"
SHORTEST = 10  # characters: "ok" and "because" are no reasons
LONGEST = 500
# Nothing here can be matched in two ways, so that the time is that of the text, whatever stands there.
_LINE = re.compile(r"(?im)^[ \t]*privet-reason:[ \t]*(?P<reason>\S[^\n]*)(?:\n|\Z)")
# A message can't be empty: where there was a reason alone, this stands.
_ALONE = "(A reason was given.)"


@dataclass(frozen=True, slots=True)
class Reason:
    """What somebody gave as a reason, and how: by `header`, `prompt` or `command`."""

    text: str = field(repr=False)
    by: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """Reasons in the prompts, and the texts without them."""

    reason: Reason | None
    texts: Mapping[str, str] = field(repr=False)  # pointer → text


NOTHING_SPOKEN = Spoken(None, {})


def usable(text: str) -> bool:
    """Whether a reason says anything."""
    return len(text.strip()) >= SHORTEST


def how_to_answer(decision_id: str, *, by_command: bool) -> str:
    """What to tell somebody who is asked why."""
    command = f', or run: privet justify {decision_id} "…" and send it again' if by_command else ""
    return (
        "To send it all the same, say why: add a line `privet-reason: …` to your message "
        f"(programs: the header {REASON_HEADER}){command}. The reason is recorded."
    )


def header_reason(headers: Mapping[str, str]) -> Reason | None:
    """The header's reason, if it says anything."""
    text = headers.get(REASON_HEADER, "").strip()
    return Reason(text[:LONGEST], "header") if usable(text) else None


def spoken_reasons(segments: Sequence[Segment]) -> Spoken:
    """The reason that stands on a line of its own in a person's words; of several the last."""
    reason: Reason | None = None
    texts: dict[str, str] = {}
    for segment in segments:
        if segment.role is not Role.USER or "privet-reason:" not in segment.text.casefold():
            continue
        found = [match["reason"].strip() for match in _LINE.finditer(segment.text)]
        if not found:
            continue
        left = _LINE.sub("", segment.text)
        texts[segment.pointer] = left if left.strip() else _ALONE
        given = [text for text in found if usable(text)]
        reason = Reason(given[-1][:LONGEST], "prompt") if given else reason
    return Spoken(reason, texts)
