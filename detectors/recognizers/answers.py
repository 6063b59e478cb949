"""Values that no word beside them names, because a question before them did, or because they are the whole message.

"What's your account number?⏎It's 4455667" · "6 hyh 5 u 8" · "john and 89081" · "85612587531"
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.given_names import is_given_name
from detectors.recognizers.source import Source

# What a question asked for → our type. The first one in `_TYPES` counts.
_ASKED = re.compile(
    r"(?<![^\W_])(?:(?P<phone>phone|mobile|cell|telephone)|(?P<user>user ?name|user id|login|handle|nickname)|"
    r"(?P<secret>password|passcode|pin|otp|verification code|security code|one[- ]time code|the code|that code)|"
    r"(?P<place>zip|post ?code|postal code)|"
    r"(?P<account>(?:account|customer|client|policy|member(?:ship)?|subscription|subscriber|employee|student|patient|"
    r"reference|booking|confirmation|reservation|order|case|ticket|card|ssn|social|passport|licen[cs]e|id|tax|routing)"
    r"(?:'s)?(?: (?:number|no|id|code|digits))?|number|id|digits|identifier))(?![^\W_])",
    re.IGNORECASE,
)
_TYPES = {
    "phone": "PHONE_NUMBER",
    "user": "USERNAME",
    "secret": "PASSWORD",
    "place": "STREET_ADDRESS",
    "account": "ACCOUNT_NUMBER",
}
_ANSWER = gated(
    re.compile(
        r"(?i)\b(?:it'?s|it is|that'?s|that is|here it is|here you go|they are|sure|yes|yeah|ok|okay)"
        r"[,:.]? {1,2}[\"'#]?"
        r"((?=[\w-]{0,24}\d)[A-Za-z0-9](?:[\w-]{1,24}|[ -]?\d){1,5})"
        r"(?![\w@%°]|[.:/]\d| ?(?:am|pm|o'clock|percent|dollars|"
        r"euros|years?|months?|weeks?|days?|hours?|minutes?|seconds?|degrees|miles|km|kg|lbs?|mb|gb)\b)"
    )
)
_AMOUNT = re.compile(
    r"\d{1,2}(?:st|nd|rd|th|[ap]m|x|k|m|gb|mb|kg|km)?|(?:19|20)\d{2}s?|\d{4}-\d{2}-\d{2}", re.IGNORECASE
)
_REACH = 200
_MIN_DIGITS = 3  # of what is a number to somebody; a user name may have fewer

# The names of fields that hold what a person wrote; elsewhere a bare number is data.
_MESSAGES = frozenset({"", "content", "text", "input", "message", "prompt", "query"})
_SHORT = 48
_NUMBER = re.compile(r"\W{0,3}(\d(?:[ -]?\d){5,18})\W{0,3}")
# One word of letters and digits; not a commit's first digits.
_CODE = re.compile(
    r"\W{0,3}((?!(?-i:[0-9a-f]{6,40})\W{0,3}$)(?:[A-Z]{1,5}-?\d{6,12}[A-Z]{0,3}|\d{6,12}-?[A-Z]{1,3}))\W{0,3}",
    re.IGNORECASE,
)
_SPELLED = re.compile(
    r"\W{0,3}((?:[A-Za-z]{1,3} \d{1,4} ?){2,6}[A-Za-z]{0,3}|(?:\d{1,4} [A-Za-z]{1,3} ?){2,6}\d{0,4})\W{0,3}"
)
_PAIR = re.compile(
    r"\W{0,3}([^\W\d_]{2,20}(?: (?!and )[^\W\d_]{2,20})?),?(?P<and> and)?(?: (?:id|is|zip|pin|number|no))? "
    r"(\d{4,12})\W{0,3}"
)
_NAME = re.compile(
    r"\W{0,3}(?:(?:yes|sure|ok|hi|hello|hey|its|it's|im|i am|i'm|this is),? )?"
    r"([^\W\d_]{2,20}(?: [^\W\d_]{2,20}){0,2})\W{0,3}",
    re.IGNORECASE,
)
_NOT_SOMEBODYS = re.compile(
    r"(?i)\b(?:windows|version|year|error|code|port|page|room|line|chapter|python|rfc|iso|route|highway|bus|flight|top|"
    r"part|level|step|section|article|count|total|sum|since|before|after|until|in|by|around|about|over|under|of|to|"
    r"add|plus|minus|times|than|for|at|from|with|the|convert|factor|calculate|what|is|roll|generate)\b"
)


def find(source: Source) -> Iterator[Finding]:
    """Every value that a question or its standing alone tells."""
    yield from _answers(source)
    if len(source.text) <= _SHORT and source.context in _MESSAGES:
        yield from _alone(source.text)


def _answers(source: Source) -> Iterator[Finding]:
    text = source.text
    for match in source.matches(_ANSWER):
        value = match[1]
        if _AMOUNT.fullmatch(value):
            continue
        before = text[max(0, match.start() - _REACH) : match.start()]
        question = before.rpartition("?")[0].rpartition("\n")[2] if "?" in before else ""
        # "I got the code, it's 123456" has no question.
        asked = {match.lastgroup for match in _ASKED.finditer(question or before[-48:])}
        kind = next((kind for name, kind in _TYPES.items() if name in asked), None)
        if kind == "USERNAME" or (kind is not None and sum(map(str.isdigit, value)) >= _MIN_DIGITS):
            yield Finding(match.start(1), match.end(1), kind, 0.6, "answers")


def _alone(text: str) -> Iterator[Finding]:
    match = _NUMBER.fullmatch(text) or _CODE.fullmatch(text) or _SPELLED.fullmatch(text)
    if match:
        yield Finding(match.start(1), match.start(1) + len(match[1].rstrip()), "ACCOUNT_NUMBER", 0.55, "answers")
        return
    pair = _PAIR.fullmatch(text)
    if pair:
        if _NOT_SOMEBODYS.search(pair[1]) or (len(pair[3]) == 4 and not pair["and"]):
            return
        yield Finding(pair.start(3), pair.end(3), "ACCOUNT_NUMBER", 0.55, "answers")
        if is_given_name(pair[1].partition(" ")[0]):
            yield Finding(pair.start(1), pair.end(1), "PERSON", 0.6, "answers")
        return
    name = _NAME.fullmatch(text)
    if name and is_given_name(name[1].partition(" ")[0]) and name[1].count(" ") <= 1:
        yield Finding(name.start(1), name.end(1), "PERSON", 0.6, "answers")
