"""Secrets by the name that they are given: `password = "…"`, `DB_PASS: …`, `{"apiKey": "…"}`, `--token …`.

A password is believed when it isn't a placeholder or code; a key or token also has to look random, since names like
`token` and `key` are given to harmless things.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.assigned import Assigned, assigned
from detectors.recognizers.placeholders import entropy, is_code, is_placeholder
from detectors.recognizers.source import Source
from detectors.recognizers.wordlike import is_made_up, is_named

# A part of a name that tells: `vm_password`, `FromEmailPassword`, `twilioApiKeySecret`. Two kinds.
_NAMING = (
    r"pass(?:word|wd|phrase|code|wort)|passw|(?<![a-z])pass(?![a-z]|_[a-z])|pwd|psw|(?<![^\W_])pw(?![^\W_])|"
    r"(?:store|key|require)pass|contraseñ?a|mot[_ ]de[_ ]passe|wachtwoord|senha|hasło|lösenord|salasana|heslo|jelszó|"
    r"adgangskode|parola|пароль"
)
_KEY = (
    r"secret|token|api[ _-]?key|apikey|[_-]key|(?-i:(?<=[a-z])Key(?![a-z]))|credential|access[ _-]?key|account[_-]?key|"
    r"private[_-]?key|auth[_-]?key|(?:wi-?fi|security|master|service|storage|webhook) key|"
    r"license[_-]?key|signing[_-]?key|encryption[_-]?key|shared[_-]?key|preshared[_-]?key|authorization|"
    r"api[_-]?auth|bearer|"
    r"(?<![a-z])auth(?![a-z])|client[_-]?key|dsn|webhook|crumb|sonar\.?login|(?<![a-z])pat(?![a-z])|jwt|"
    r"erlang[_-]?cookie|(?:auth|logged_in|nonce)_salt|initial_management"
)
# One of these stands in every name of either kind, in lower case: a cheap test that spares most texts the expression.
_PARTS = (
    *("pass", "pw", "psw", "contraseñ", "mot", "woord", "senha", "hasło", "lösen", "salasana", "heslo", "jelszó"),
    *("adgang", "parola", "пароль", "secret", "token", "key", "cred", "auth", "bearer", "dsn"),
    *("webhook", "crumb", "sonar", "jwt", "cookie", "_salt", "initial_m"),
    *("_pat", "-pat", ".pat", " pat ", " pat=", " pat:", "\npat", '"pat', "'pat"),
)
_SAID_PARTS = (
    *(
        "pass",
        "pwd",
        "pw ",
        "pw:",
        "otp",
        "pin ",
        "pin:",
        "pin=",
        "pin-",
        "one time",
        "one-time",
        "onetime",
        "verification code",
        "secret code",
    ),
    *("access code", "security answer"),
)
_NAME = gated(re.compile(rf"(?P<password>{_NAMING})|(?P<key>{_KEY})", re.IGNORECASE))
# What a telling name must not end in: it then holds something about a secret, not the secret.
_ABOUT = re.compile(
    r"(?i)(?:^|[_-])?(?:id|ids|name|url|uri|path|file|filename|field|type|length|len|size|count|policy|expir\w*|ttl|"
    r"min|max|"
    r"regex|pattern|hint|label|placeholder|input|form|error|message|prompt|reset|changed|required|limit|usage|budget|"
    r"strategy|format|version|endpoint|prefix|header|algorithm|alg|provider|manager|service|class|model|validator|"
    r"enabled|rotation|rules?|attempts|strength|visible|domain|user|username|host|email|mail|callback|audience|"
    r"realm|tenant|region|bucket|at|by|on|specs?|sha\d{1,3}|checksum|fingerprint|_?location|store|scope|scopes|issuer|status|arn)$"
)
# Keys that open nothing.
_HARMLESS = re.compile(
    r"(?i)(?:primary|foreign|public|publishable|cache|sort|partition|range|idempotency|dedup\w{0,12}|group|routing|row|"
    r"object|map|lookup|translation|message|i18n|local[_-]?storage|registry|hash|unique|index|composite|natural|"
    r"websocket|existing|bucket|event|query|react|list|item|tag|label|css|sibling|parent|child|order|shard|flag|feature|menu|hot|meta|ctrl|alt|shift|short"
    r"cut)[_-]?key$|"
    r"(?:page|next|client[_-]?request|continu\w{1,6}|pagination|paging|sync|delta|bos|eos|pad|unk|sep|cls|mask|stop|start|end|special|"
    r"input|output|prompt|completion|cached?|public[ _-]?key)[ _-]?token$|existing[_-]?secret$"
)
_TAIL = re.compile(r"[\w.-]{0,40}")
_FALLBACK = re.compile(r"[\"')\]]{0,2}\s?(?:\|\||\?\?|,|or)\s?[\"'](?P<value>[^\"'\n]{4,200})[\"']")
_ASKED = re.compile(r"(?i)env|get|conf|sett|option|prop|param")
_SYMBOL = re.compile(r"[^\w\s]|_")
_EXPRESSION = re.compile(r"\(\?[:=!<Pix]|\[\^|\[(?:a-z|A-Z|0-9|\\)|\]\{\d|\(%s|\[-?\d{1,2}\]|\{[a-z]{2,9}\}")
_IN_ARN = re.compile(r"\barn:[\w:/-]{1,80}\Z")  # its last part is a name
# A guest is asked for any password.
_ANYBODY = re.compile(r"(?i)(?:user|login)\w{0,8}[\"']?\s?[:=>]{1,2}\s?[\"']?anonymous[\"']?[\s;,][^=:]{0,60}\Z")
_HASHED = re.compile(
    r"(?i)(?:checksum/|(?:md5|sha-?\d{1,3}|blake\w{1,3}) ?\()[\w.-]{0,40}\Z"
)  # the hash of a file called so
_TAIL_LETTER = re.compile(r"[\w-]")
_HANDED_ON = re.compile(r"[a-z]{1,30}(?:_[a-z]{1,30}){1,6}")  # `f(x, password=some_name)`
_ARGUMENTS = re.compile(r"[(,]\s{0,40}\Z")
_COMMENT = re.compile(r"[ \t]{1,20}(?:#|//|;)")
# What stands between the quotes of two strings (`"password": "+ value`), a selector, a route, an escaped stand-in.
_NO_VALUE = re.compile(
    r"[,+.](?:\W|[a-z]{2,}\b|[A-Za-z]{2,40}:$)|;[a-z]|['\"]|#[a-z][\w-]*$|[a-z_/]+#[a-z_]+$|&lt;|/[\w.@/-]+$|\$\w+$|"
    r"[A-Z]+(?:_[A-Z]+)+$|\(\?[:=!<Pix]|\[\^"
)
_SURELY_RANDOM = re.compile(
    r"(?=[^\d]*\d)(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])\w{10,600}|[0-9a-f-]{32,128}|(?=[^\d]*\d)\S*[!#$%^&*?]\S*"
)
_LONG = 24
_VARIETY = 5
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WORDS = re.compile(r"[a-z]+(?:[-_. /:][a-z]+)*[.:!?]?|[A-Z][a-z]+(?:[A-Z][a-z]+)*", re.ASCII)
_SAME = re.compile(r"(.)\1{9}")
_PHRASE = re.compile(r"(?=\S*[!#%^&*+?~])[\w!#$%^&*+?~@.-]{8,64}", re.ASCII)
_APP_PASSWORD = re.compile(r"[a-z]{4}(?: [a-z]{4}){3}")  # as Google writes them
# `signing.password=gr1ll.zirp`, a line of its own in a properties file: dotted, but no variable with a digit in it.
_DOTTED = re.compile(r"(?=\D{0,90}\d)[A-Za-z0-9-]{1,30}(?:\.[A-Za-z0-9-]{1,30}){1,3}")
_PROPERTY = re.compile(r"(?:\n|^|;\s?)[\w.-]{0,60}\Z")
_NULL_UUID = re.compile(r"0{8}-")

# `the password for "ana" is "tulip"`, `Password is: 'tulip'`, "use the following password:⏎⏎3f2a…": quotes or a line
# of its own say that a word is the value.
_QUOTED_SAID = gated(
    re.compile(
        r"(?i)\bpass ?(?:word|phrase|code)\b(?: for [^.\n:]{1,40}?)? (?:is|was|are)(?: set)?(?: to)?:? {1,2}"
        r"(?P<quote>[\"'`])(?P<value>[^\s\"'`]{4,40})(?P=quote)|"
        r"\bpass ?word\b[^.\n:]{0,60}:\s{1,20}(?P<line>[A-Za-z0-9+/=_-]{16,80})(?=\s|$)"
    )
)

# "my password is hunter2", "otp 4623": in a sentence the value needs a digit or a symbol.
_SAID = gated(
    re.compile(
        r"(?i)\b(?:pass\s?word|passwd|passcode|pass ?phrase|pwd|pw|pass(?=\s?[:=])|"
        r"one[ -]?time (?:password|code|pin)|otp|verification code|"
        r"pin(?: code| number)?|secret code|access code|security answer)\b(?: (?:number|no))?"
        r"(?:\s{0,3}(?:is|are|was|were|as|to|:|=|-|its|"
        r"it's)){0,2}(?:'s)?\s{1,3}[\"'`]?([^\s\"'`,;<>=:][^\s\"'`,;<>]{2,63}(?![^\s\"'`,;<>])(?: \d{2,6}(?!\S))?)"
    )
)


_ATTRIBUTE = re.compile(r"[a-z-]{1,20}=")


def find(source: Source) -> Iterator[Finding]:
    """Every named secret in a text; and the text itself, if its field's name says that it is one."""
    yield from _field(source)
    text = source.text
    for start, end in source.beside(_PARTS, 16, 24) if source.may(_NAME) else ():
        for name in source.matches(_NAME, start, end):
            finding = _assigned(text, name)
            if finding is not None:
                yield finding
    if source.may(_SAID) or source.may(_QUOTED_SAID):
        for start, end in source.beside(_SAID_PARTS, 24, 200):
            yield from _said(source, start, end)


def _said(source: Source, first: int, last: int) -> Iterator[Finding]:
    text = source.text
    for match in source.matches(_QUOTED_SAID, first, last):
        start, end = match.span("value" if match["value"] else "line")
        value = text[start:end]
        if not (is_placeholder(value) or is_code(value)) and (match["value"] or is_random(value)):
            yield Finding(start, end, "PASSWORD", 0.75, "assignments")
    for match in source.matches(_SAID, first, last):
        value = match[1].rstrip(".?):;]}")
        if _ATTRIBUTE.match(value):
            continue
        digits = sum(character.isdigit() for character in value)
        strong = digits >= 1 and (digits < len(value) or 4 <= digits <= 12)
        if (strong or (_SYMBOL.search(value) and len(value) >= 6 and not _WORDS.fullmatch(value.lower()))) and not (
            is_placeholder(value) or (is_code(value) and not _DOTTED.fullmatch(value))
        ):
            yield Finding(match.start(1), match.start(1) + len(value), "PASSWORD", 0.75, "assignments")


def _field(source: Source) -> Iterator[Finding]:
    """A JSON field named `password` holds one, alone."""
    value = source.text.strip()
    name = _NAME.search(source.context)
    if name is not None and _HARMLESS.search(source.context[: name.end()]):
        return
    if name is None or not 3 <= len(value) <= 600 or "\n" in value or says_about(source.context[name.end() :]):
        return
    start = source.text.index(value)
    if name["password"] and value.count(" ") <= 2 and not is_placeholder(value):
        yield Finding(start, start + len(value), "PASSWORD", 0.9, "assignments")
    elif name["key"] and is_random(value):
        yield Finding(start, start + len(value), "SECRET", 0.85, "assignments")


def _assigned(text: str, name: re.Match[str]) -> Finding | None:
    tail = _TAIL.match(text, name.end())
    end = tail.end() if tail else name.end()
    if says_about(text[name.end() : end]):
        return None
    if name["key"] and (
        name[0][-3:].lower() in {"key", "ken", "ret"} and _HARMLESS.search(text, max(0, name.start() - 24), name.end())
    ):
        return None
    if name["key"] and _NAME.match(text, name.end()):  # `secret_key`: the second part decides
        return None
    given = assigned(text, name.start(), end)
    if given is None or _IN_ARN.search(text, max(0, name.start() - 90), name.start()):
        return None
    if _HASHED.search(text, max(0, name.start() - 60), name.start()):
        return None
    start, stop, quoted = given.start, given.stop, given.quoted
    if (
        not quoted
        and (is_code(text[start:stop]) or text[stop : stop + 1] == "(")
        and not _is_property(text, name, given)
    ):
        # `process.env.PASSWORD || "s3cret"`: what follows the variable is the secret.
        fallback = _FALLBACK.match(text, stop)
        if fallback is None or ("," in fallback[0][:3] and not _ASKED.search(text, start, stop)):
            return None
        start, stop, quoted = *fallback.span("value"), True
    if given.listed and not _SURELY_RANDOM.fullmatch(text[start:stop]):
        return None  # names and words in a list: `["token", "x-amz-date"]`
    return _judge(text, start, stop, name, quoted=quoted, tight=given.tight)


def _is_property(text: str, name: re.Match[str], given: Assigned) -> bool:
    """Whether `name=value` is a line of its own whose value has a digit: a program would name a variable there."""
    value = text[given.start : given.stop]
    return bool(
        name["password"]
        and given.tight
        and text[given.stop : given.stop + 1] in {"", "\n", "\r", ";", '"'}
        and _DOTTED.fullmatch(value)
        and not is_placeholder(value)
        and _PROPERTY.search(text, max(0, name.start() - 61), name.start())
    )


def _judge(text: str, start: int, stop: int, name: re.Match[str], *, quoted: bool, tight: bool) -> Finding | None:
    value = text[start:stop]
    if is_placeholder(value) or _NAME.fullmatch(value):
        return None
    if name["password"]:
        if _ANYBODY.search(text, max(0, name.start() - 120), name.start()):
            return None
        if (
            not quoted
            and _HANDED_ON.fullmatch(value)
            and _ARGUMENTS.search(text, max(0, name.start() - 60), name.start())
        ):
            return None
        # A comment may follow: `PASSWORD=tulipfield   # for tests`.
        following = "#" if _COMMENT.match(text, stop) else text[stop : stop + 1]
        score = _password_score(value, following, quoted=quoted, tight=tight)
        return Finding(start, stop, "PASSWORD", score, "assignments") if score else None
    if _EXPRESSION.search(value):
        return None
    if not is_random(value):
        # `secret: "violets#are"`: a password by another name.
        alone = name[0].lower() == "secret" and not _TAIL_LETTER.match(text, name.end())
        secret = quoted and alone and _PHRASE.fullmatch(value)
        return Finding(start, stop, "SECRET", 0.75, "assignments") if secret else None
    around = text[max(0, name.start() - 24) : name.end() + 24].lower()
    kind = "AWS_ACCESS_KEY" if "aws" in around and len(value) in {20, 40} else "SECRET"
    return Finding(start, stop, kind, 0.85, "assignments")


def _password_score(value: str, following: str, *, quoted: bool, tight: bool) -> float:
    if quoted and _APP_PASSWORD.fullmatch(value):
        return 0.9
    if len(value) < 3 or value.count(" ") > 2:
        return 0.0
    if _NO_VALUE.match(value):
        return 0.0
    telling = any(character.isdigit() for character in value) or _SYMBOL.search(value.strip(".:!?")) is not None
    if _WORDS.fullmatch(value) or not telling:
        if " " in value or _NAME.search(value) or len(value) < 5:
            # A sentence about passwords, or a word; `Password=thisismypassword` in a configuration is one all the same.
            return 0.7 if tight and not quoted and len(value) >= 8 and following in {"", "\n", ";", "\r", "#"} else 0.0
        if quoted:
            return 0.7
        return 0.7 if tight and following in {"", "\n", ";", "\r", "&", "#"} else 0.0
    return 0.9 if len(value) >= 4 else 0.0


def says_about(rest: str) -> bool:
    """Whether a name goes on so that it holds something about a secret: `token_type`, `password_url`."""
    return _ABOUT.search(rest) is not None


def is_random(value: str) -> bool:
    """Whether a value looks made by a machine."""
    if not 8 <= len(value) <= 600 or any(character.isspace() for character in value):
        return False
    if len(value) >= _LONG and value.isalnum() and (value.islower() or value.isupper()):
        # No word is that long; `aaaaaaaaaaaaend` is no key.
        return len(set(value)) >= _VARIETY and not (
            is_placeholder(value) or _SAME.search(value) or is_made_up(value) or is_named(value)
        )
    if is_placeholder(value) or _WORDS.fullmatch(value) or _NULL_UUID.match(value):
        return False
    if is_named(value) or is_made_up(value):
        return False
    if _UUID.fullmatch(value):
        return True
    digits = sum(character.isdigit() for character in value)
    letters = sum(character.isalpha() for character in value)
    if digits and letters:
        return entropy(value) >= (2.6 if len(value) < 16 else 3.0)
    if letters and not digits:
        return len(value) >= 16 and entropy(value) >= 3.6 and not value.islower()
    return False
