r"""What a name is given, in the languages people write: where the value stands that follows a name.

    x = "v"   x: v   x := 'v'   x ??= "v"   x => "v"   x: &str = "v"   "x", "v"   x="v"      programs, YAML, JSON, INI
    <x>v</x>   <key>x</key><string>v</string>   <add key="x" value="v"/>                     XML, property lists, .NET
    name: x⏎value: v   {"name": "x", "value": "v"}   variable "x" { default = "v" }          Kubernetes, Terraform
    --x v   -Dx=v   /x:v   ENV x v   #define x "v"   setx x v   .withX("v")   | x | v |      commands, C, tables

Whether the value is a secret is for those who ask.
"""

import re
from dataclasses import dataclass

_QUOTE = r"\\{0,3}[\"'`]"
_SEPARATOR = re.compile(
    rf"(?: ?\d{{1,2}})?(?:\\{{0,3}}[\"'`])?(?:\]|\[\d{{0,4}}\])?\)?[ \t]{{0,20}}(?:"
    r":\s?[|>][-+]?[ \t]{0,4}\r?\n|"  # a YAML block
    r":\s?&?(?:'?[a-z]{1,8} )?[A-Za-z_][\w<>?.\[\]]{0,30}\s?=(?!=)|"  # a declared type, as in Rust and Go
    r"(?<=\s)\*?[A-Za-z][\w.]{0,20}\s=(?!=)|"
    r"=>|<-|:{1,3}=|(?:\?\?|\|\||[.?+])=|\|\||\?\?|[!=]==?|=|:|"
    r"[\"']?\s?,?\s{0,30}[\"']?(?:[Vv]alue|content)[\"']?\s?[:=]|"
    rf"\\{{0,3}}[\"']?\s?(?:,|->)\s?(?={_QUOTE})|"
    r"(?<=\s)(?:value|default)\s?=|(?<=\s)--(?:body|value|secret-string)[ =]|"
    r"(?<=\s)(?:(?:for|of) [^\s:]{1,40} )?(?:is|was)(?: set to| now)?:?(?=\s)|"
    r"\s?\{[^{}]{0,200}?\bdefault\s{0,9}=|"
    r"\|(?!\|)"
    r")\s{0,12}(?:&\s?[\"']|(?:[fbru]|L|u8)(?=[\"'])|@(?=[\"'])|[\[({]\s?(?=[\"']))?"
)
_ELEMENT = re.compile(
    r"(?:[\"'](?:\s[^<>\n]{0,80})?)?>\s{0,20}(?:<(?:[Vv]alue|string)>\s{0,20})?(?P<bare>[^\s<>]{3,600})\s{0,20}</|"
    r"</key>\s{0,20}<(?:string|data)>\s{0,20}(?P<plist>[^\s<>]{3,600})\s{0,20}</"
)
_CALL = re.compile(rf"\(\s?(?={_QUOTE})")
_BUILDER = re.compile(r"(?:^|[^\w])(?:[Ss]et|[Ww]ith|[Uu]se|[Aa]dd)?[_A-Z]?\w{0,12}$")
_ASKING = re.compile(
    r"(?i)(?:get|find|read|load|fetch|is|has|check|verif|valid|generat|creat|delet|remov|look|env|rotat|revok)"
)
_ARGUMENT_OF_CALL = re.compile(rf"\w[(]\s{{0,9}}{_QUOTE}[\w .-]{{0,40}}$")
_ARGUMENT = re.compile(r"[ \t]{1,8}")
_TAKES_ARGUMENT = re.compile(
    r"(?:^|[\s;])(?:ENV|ARG|\#[ \t]?define|setx?|setenv|SetEnv|fastcgi_param|const|IDENTIFIED BY)[ \t]{1,4}"
    r"[\w.]{0,60}$|\((?:def\w*|set[qf])[ \t]{1,4}[\w-]{0,60}$|(?:^|[\s\"'=(,])(?:--?|/)[\w.-]{0,60}$"
)
_VALUE = re.compile(
    r"\\{0,3}\"(?P<double>[^\"\n]{1,600})\"|\\{0,3}'(?P<single>[^'\n]{1,600})'|`(?P<tick>[^`\n]{1,600})`|"
    r"(?P<bare>[^\s\"'`,;<>&|\\]{1,600}(?:&(?!\w{1,30}=|[a-z]{2,4};)\w[^\s\"'`,;<>&|\\]{0,80}){0,4})"
)
_SCHEME = re.compile(r"(?:Bearer|Basic|Token|SSWS|ApiKey|Api-Key|Digest|Splunk|Negotiate)\s+", re.IGNORECASE)
_NEXT = re.compile(r"\s?(?:=(?!=)|\()")
_BEFORE = 80


@dataclass(frozen=True, slots=True)
class Assigned:
    """Where a value stands."""

    start: int
    stop: int
    quoted: bool
    tight: bool
    """It follows a `=` with nothing between, as in configurations and shells."""
    listed: bool = False
    """It only follows a comma, not as an argument of a call: `["token", "v"]`."""


def assigned(text: str, name: int, end: int) -> Assigned | None:
    """The value of a name that stands at `name` and ends at `end`; None if it is given none."""
    element = _ELEMENT.match(text, end) if text[end : end + 1] in {">", '"', "'", "<"} else None
    if element is not None:
        kind = element.lastgroup or "bare"
        return Assigned(*element.span(kind), quoted=True, tight=False)
    separator = _SEPARATOR.match(text, end)
    before = text[max(0, name - _BEFORE) : name]
    if (
        separator is None
        and text[end : end + 1] == "("
        and "." not in text[name:end]
        and _BUILDER.search(before)
        and not _ASKING.search(before[-14:])
    ):
        separator = _CALL.match(text, end)
    if separator is None and _TAKES_ARGUMENT.search(before):
        separator = _ARGUMENT.match(text, end)
    if separator is None or (separator[0].strip().startswith("|") and not _in_row(text, name, separator)):
        return None
    position = separator.end()
    scheme = _SCHEME.match(text, position + (text[position : position + 1] in {'"', "'"}))
    value = _VALUE.match(text, scheme.end() if scheme else position)
    if value is None:
        return None
    kind = value.lastgroup or "bare"
    start, stop = value.span(kind)
    if kind == "bare":
        while stop > start and text[stop - 1] in ").]}:":
            stop -= 1
    while stop > start and text[stop - 1] == "\\":
        stop -= 1
    if stop <= start:
        return None
    if kind == "bare" and _NEXT.match(text, stop) and "\n" in separator[0]:
        return None  # the next statement
    sign = separator[0]
    listed = "," in sign and ":" not in sign and "=" not in sign and not _ARGUMENT_OF_CALL.search(before)
    return Assigned(start, stop, quoted=kind != "bare", tight="=" in sign and sign.strip() == sign, listed=listed)


def _in_row(text: str, name: int, separator: re.Match[str]) -> bool:
    """`| name | value |` is a table's row, `name|value` a record; `echo $name | command` is not."""
    if separator[0].strip().startswith("||"):  # both sides are values
        return True
    if separator[0] == "|":
        return text[name - 1 : name] not in {"$", "{"}
    line = text.rfind("\n", max(0, name - _BEFORE), name) + 1
    return text[line or max(0, name - _BEFORE) : name].lstrip().startswith("|")
