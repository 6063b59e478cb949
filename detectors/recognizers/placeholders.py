"""What stands where a secret would: variables, stand-ins, words of documentation. None of them is a secret."""

import math
import re
from collections import Counter

_STAND_IN = re.compile(
    r"""(?ix)
    ^(?:
      [*x•.#_:-]+ | (.)\1* |                                  # ****, xxxx, ....
      (?:key|token|secret|value|test)[_-]?\d{1,4} |
      <.*>? | \[.*\]? | \{.*\}? | %[\w.%{}()-]+%? |           # <key>, [KEY], {{ key }}, %KEY%
      \$[\w{(].* | @\w+@ | \#\{.*\} | !\w+\ .* |
      !(?:ref|getatt|sub|importvalue|join|findinmap|select|vault|reference|env|secret|base64|if) |
      ssh-\w+ | ecdsa-[\w-]+ | yourstrong.* |              # ${KEY}, $(…), #{key}, !Ref
      (?:none|null|nil|undefined|true|false|string|str|text|bytes|int|bool|any|optional|required|empty|blank|redacted|
         hidden|masked|encrypted|unset|default|value|key|token|secret|passwords?|passwd|pwd|pass|pw|passphrase|user|username|
         userid|user_id|open[_ -]?sesame|
         bearer|basic|test|testing|dummy|fake|foo|bar|foobar|sample|todo|tbd|n/?a|abc|abcdef|qwerty|login|
         process|config|settings|environ|self|this|data|input|params|request|response|options|args|kwargs|
         incorrect|wrong|invalid|expired|missing|protected|changed|reset|forgotten|correct|valid|strong|weak)
    )$ |
    ^(?:your|my|the|an?|enter|insert|put|add|set|use|some|replace|provide|type|paste|choose|confirm)[\W_] |
    your[_-] | change_?-?me | replace[_-]?(?:me|with|this) | placeholder | example | insert[_-] | [_-]here$ |
    goes[_-]?here | not[_-](?:set|real|a|long|needed|used) | dummy | redacted | <[\w-]+> | \$\{ | \{\{ |
    fake[_-] | ^fake | x{5,} | \.\.\.+ | … |
    ^(?:ENC[\[(]|\{cipher\}|vault:v\d|AgB[\w+/]{150,}|op://)    # encrypted, or kept elsewhere
    """
)
_REFERENCE = re.compile(
    r"""(?x)
    ^(?:arn:|https?://|file:|vault:|ref:|env:|urn:|s3://|gs://|[A-Za-z]:\\|
      (?!(?=[\w/]*\d)(?=[\w/]*[A-Z])(?=[\w/]*[a-z])[\w/]{40}$)[.~]{0,2}/[\w./-]+$) |
    ^(?:os\.|process\.|sys\.|self\.|this\.|ENV\[|env\.|System\.|Environment\.|config\.|settings\.|
      request\.|req\.|var\.|local\.|data\.|module\.|secrets?\.)
    """
)
_CODE = re.compile(r"^[A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)+$|[({\[]|^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|^&|^\*")


# Values of standards and emulators, the same everywhere.
_PUBLIC = frozenset(
    {
        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11",  # WebSocket (RFC 6455)
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",  # Azurite
        # Cosmos DB emulator
        "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==",
    }
)
_READ = 160  # characters that decide; a longer value is no placeholder, and reading all of it would cost too much


def is_placeholder(value: str) -> bool:
    """Whether a value only stands for a secret, or says where one is."""
    if value in _PUBLIC:
        return True
    value = value[:_READ]
    return _STAND_IN.search(value) is not None or _REFERENCE.match(value) is not None


def is_code(value: str) -> bool:
    """Whether an unquoted value is an expression: `user.password`, `get_token(`, `DB_PASSWORD`."""
    return _CODE.search(value[:_READ]) is not None


def entropy(value: str) -> float:
    """Shannon's entropy of a string in bits per character."""
    counts = Counter(value)
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
