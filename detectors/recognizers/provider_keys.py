"""Keys and tokens by their format: a prefix or a structure that nothing else has, or a shape beside a telling word.

The vendors' formats are a table (`detectors.recognizers.vendor_tokens`). A key without a telling format is found by its
name (`detectors.recognizers.assignments`) or by its vendor's (`detectors.recognizers.vendor_keys`).
"""

import re
from collections.abc import Callable, Iterator

from detectors.finding import Finding
from detectors.recognizers.placeholders import entropy, is_placeholder
from detectors.recognizers.rule import Rule, RuleTable, words
from detectors.recognizers.source import Source, Within
from detectors.recognizers.vendor_tokens import TOKENS
from detectors.recognizers.wordlike import is_made_up, is_named

_B = r"(?<![A-Za-z0-9])"  # not inside a longer word; `_`, `-` and `=` may come before
_E = r"(?![A-Za-z0-9])"


# Publishable keys and placeholders, for which the form of an unlisted vendor's key says nothing.
_PUBLIC = (
    r"(?:pk|pub|public|foo|bar|req|run|msg|chatcmpl|resp|call|toolu|file|asst|thread|evt|cus|pi|in|sub|price|prod|ses|"
    r"sess|session|conv|item|rs|fc|ws|gen|batch|org|user|proj|acct|ch|py|po|tr|txn|card|src|step|chat|ctc|srvtoolu|order|inv|"
    r"invoice|pay|payment|plan|task|job|event|trace|span|req|request|page|block|group|team|account|image|vol|snap|igw|"
    r"subnet|rtb|eni|nat|acl|vpc|ami|dpl|usr|mem|doc|img|upload|media|asset|build|node|set|wh|we)_|[a-z]+_01[A-Za-z0-9]{22}(?![\w-])"
)
# Their random part is short or of letters mainly: some of them hold no digit.
_MAYBE_WITHOUT_DIGITS = ("hf_", "gsk_", "xox", "AKIA", "ASIA", "ABIA", "ACCA", "A3T", "AKC")


def _genuine(value: str) -> bool:
    """Not `sk-xxxxxxxx` or `ghp_aaaaaaaa`: a random part has many different characters."""
    tail = value[-24:]
    if not any(character.isdigit() for character in value) and not value.startswith(_MAYBE_WITHOUT_DIGITS):
        return False
    if len(set(tail)) < min(6, len(tail) // 2) or re.search(r"(?i)x{6,}|your|\.\.\.|placeholder", value):
        return False
    return not (_WORD_FIRST.match(value) and is_named(value))


def _mixed(value: str) -> bool:
    return (
        entropy(value) >= 3.2
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and not (is_placeholder(value) or is_named(value) or is_made_up(value))
    )


_HASHES = (
    ("$2", r"\$2[abxy]?\$\d{2}\$[./A-Za-z0-9]{53}"),
    ("$", r"\$(?:1|5|6|7|y|gy|apr1|8|9)\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,32}\$[./A-Za-z0-9]{22,128}"),
    ("$y$", r"\$(?:y|gy)\$[./A-Za-z0-9]{2,8}\$[./A-Za-z0-9]{4,40}\$[./A-Za-z0-9]{22,128}"),
    ("{", r"\{(?:S?(?:SHA|MD5)(?:256|384|512)?|CRYPT|SMD5|PBKDF2[A-Z0-9-]{0,10})\}[A-Za-z0-9+/=$.]{20,200}"),
    ("$argon2", r"\$argon2(?:id|i|d)\$[\w$=,+/.-]{30,250}"),
    ("pbkdf2", r"pbkdf2[_:-]sha(?:1|256|512)[$:]\d{3,8}[$:][\w+/=.]{4,64}[$:][\w+/=.-]{20,128}"),
    ("$krb5", r"\$krb5(?:tgs|asrep|pa)\$[\w$*.@/:-]{30,4000}"),
)

_NEAR_AWS = words(
    (
        *("aws", "amazon", "secret", "secret_?access_?key", "aws_?secret_?access_?key", "aws_?secret_?key"),
        *("secretaccesskey", "AKIA[A-Z0-9]{16}", "ASIA[A-Z0-9]{16}"),
    )
)
_NEAR_TOKEN = words(
    (
        *("azure", "devops", "ado", "vso", "pat", "ado_pat", "personal_?access_?token", "token", "okta", "ssws"),
        *("api_?key", "auth", "authorization", "bearer", "secret", "key", "unseal", "vault", "kagi", "postmark"),
        *("dynatrace", "heroku", "cloudflare", "datadog", "discord", "jenkins", "sonar", "twilio", "facebook", "fb"),
        *("codeclimate", "cc_?test_?reporter_?id", "particle", "nasa", "algolia", "mailgun", "zendesk", "cohere"),
        *("mistral", "together", "elevenlabs", "deepgram", "pinecone", "newrelic", "sendbird"),
    )
)
_NEAR_UUID = words(
    (
        *(
            "api_?key",
            "access_?key",
            "license_?key",
            "_authtoken",
            "auth[_-]?token",
            "auth[_-]?key",
            "servertoken",
            "secret",
        ),
        *("client_?secret", "heroku", "postmark"),
    )
)
# What says that digits are a hash: of a file, of a commit, of a package.
_HASHED = re.compile(
    r"(?i)(?:sha-?\d{1,3}|md5|sha|hash(?:es)?|digest|checksum|integrity|commit|revision|etag|rev|tree|parent|fingerprint|"
    r"identifier|thumbprint|serial|version|(?:md5|sha-?\d{1,3}|blake\w{1,3}) ?\([^()\n]{1,80}\)|checksum/[\w-]{1,30})"
    r"[\"']?\s{0,12}[:=@-]{0,2}\s?[\"'(]{0,2}$|#$|\b(?:at|from|to|in|of|commits?|and)\s$"
)
_NEAR_LITERALS = (  # one of them stands in each of `_NEAR_TOKEN`
    *("azure", "devops", "ado", "vso", "_pat", "-pat", " pat", "pat:", "pat=", "token", "okta", "ssws", "key", "auth"),
    *("bearer", "secret", "unseal", "vault", "kagi", "postmark", "dynatrace", "heroku", "cloudflare", "datadog"),
    *("discord", "jenkins", "sonar", "twilio", "facebook", "fb", "codeclimate", "reporter", "particle", "nasa"),
    *("algolia", "mailgun", "zendesk", "cohere", "mistral", "together", "elevenlabs", "deepgram", "pinecone"),
    *("newrelic", "sendbird"),
)
_WORD_FIRST = re.compile(
    r"(?i)(?:test|live|sandbox|secret|key|[a-z]{1,3})[_.-]"
)  # `test_encodeEmptyBytes4` begins like a token
_RANDOM = 3.8  # bits per character of two dozen letters and digits by chance


def _both_cases(value: str) -> bool:
    return _mixed(value) and any(c.isupper() for c in value) and any(c.islower() for c in value)


def _random_tail(value: str) -> bool:
    return _mixed(value) and any(c.isupper() for c in value) and entropy(value.rpartition("_")[2]) >= _RANDOM


def _key(
    expression: str,
    entity_type: str = "API_KEY",
    *,
    score: float = 0.95,
    group: int = 0,
    check: Callable[[str], bool] | None = _genuine,
    literals: tuple[str, ...] = (),
    inside: bool = False,
    near: re.Pattern[str] | None = None,
    unless: re.Pattern[str] | None = None,
    reach: int = 60,
    within: Within = "runs",
) -> Rule:
    pattern = re.compile(expression)
    return Rule(
        "provider_keys", entity_type, pattern, score, group, check, literals, inside, near, unless, reach, within
    )


_AWS = (
    _key(
        rf"{_B}(?<![A-Za-z0-9+/][+/])(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{{16}}{_E}(?![+/][A-Za-z0-9+/]{{8}})",
        "AWS_ACCESS_KEY",
        literals=("akia", "asia", "abia", "acca", "a3t"),
    ),
    _key(
        r"(?<![A-Za-z0-9+/=.])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=.])",
        "AWS_ACCESS_KEY",
        score=0.9,
        check=_both_cases,
        near=_NEAR_AWS,
        literals=("aws", "amazon", "secret", "akia", "asia"),
        reach=90,
    ),
)
# No telling format: a word beside them says what they are.
_NEARBY = (
    _key(
        rf"{_B}(?<!/)(?:[a-z2-7]{{52}}|00[\w-]{{40}}|[0-9a-f]{{32}}|[0-9a-f]{{40}}|[0-9a-f]{{64}}|[A-Za-z0-9]{{40}})(?![\w-])",
        score=0.8,
        check=_mixed,
        near=_NEAR_TOKEN,
        unless=_HASHED,
        literals=_NEAR_LITERALS,
        reach=40,
    ),
    _key(
        rf"(?i)(?<![A-Za-z0-9/])[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}{_E}",
        score=0.8,
        check=lambda value: len(set(value)) > 6,
        near=_NEAR_UUID,
        unless=_HASHED,
        literals=("key", "token", "secret", "heroku", "postmark"),
        reach=32,
    ),
    # Twilio: the account, then its token.
    _key(
        r"\bAC[0-9a-f]{32}[\"']?\s?[,:]\s{0,9}[\"']?([0-9a-f]{32})(?![\w-])",
        score=0.9,
        group=1,
        literals=("ac",),
        within="text",
    ),
    # A vendor that nobody listed: a short prefix, an underscore, a long random part.
    _key(
        rf"(?<![\w-])(?!{_PUBLIC})[a-z]{{2,8}}_(?:[a-z]{{2,6}}_)?[A-Za-z0-9]{{24,120}}(?![\w-])",
        "SECRET",
        score=0.7,
        check=_random_tail,
        literals=("_",),
    ),
    _key(
        r"(?i)\bunseal(?: key(?: \d{1,2})?\s?[:=])?\s?([A-Za-z0-9+/]{43,44}=?|[0-9a-f]{64})(?![\w+/=])",
        "SECRET",
        score=0.9,
        group=1,
        check=None,
        literals=("unseal",),
    ),
    _key(
        r"(?i)\bBearer\s{1,4}([\w.~+/=-]{20,2000})",
        score=0.85,
        group=1,
        check=_mixed,
        literals=("bearer",),
        within="text",
    ),
    _key(
        r"(?i)\bBasic\s{1,4}([A-Za-z0-9+/]{12,400}={0,2})",
        score=0.85,
        group=1,
        check=_mixed,
        literals=("authorization",),
        within="text",
    ),
)

_RULES = (
    *(_key(token.pattern, literals=token.literals, inside=True) for token in TOKENS),
    *(
        _key(token.pattern, score=1.0, check=token.checksum, literals=token.literals, inside=True)
        for token in TOKENS
        if token.checksum is not None
    ),
    *(_key(text, "SECRET", score=0.9, check=None, literals=(prefix,)) for prefix, text in _HASHES),
    *_AWS,
    *_NEARBY,
)
_TABLE = RuleTable(_RULES)


def find(source: Source) -> Iterator[Finding]:
    """Every key that a vendor's format gives away."""
    yield from _TABLE.apply(source)
