"""Numbers of biometric records that are named as one: `fingerprint ID: FP-20931`, `face template 88213-A`.

A record of a body is somebody's for life, 45 CFR 164.514(b)(2)(i)(P). What it says of the body is no text.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.recognizers.placeholders import is_placeholder
from detectors.recognizers.rule import Rule, RuleTable
from detectors.recognizers.source import Source

_KINDS = (
    r"finger[- ]?prints?|fingerabdruck|empreinte|huella|impronta|vingerafdruk|impressão digital|odcisk|"
    r"biometric|biometrisch\w{0,2}|"
    r"biométrique|biométric[oa]|biometrico|biometryczn\w{1,3}|iris|retina|voice ?print|palm ?print|face|facial|"
    r"dna|hand geometry"
)
_RECORDS = (
    r"id|identifier|template|profile|record|scan|sample|enrol?lment|hash|ref(?:erence)?|token|code|nummer|"
    r"number|no\.?|identifiant|plantilla"
)
_RULES = (
    Rule(
        "biometrics",
        "BIOMETRIC_ID",
        re.compile(
            rf"(?i)(?<![^\W_])(?:{_KINDS})[ _-]?(?:{_RECORDS})(?:[ _-](?:{_RECORDS}))?[\"']?(?:\s?(?:is|was|:|=|"
            rf"#)){{0,2}}\s?[\"'#]?"
            r"((?=[A-Za-z-]{0,20}\d)[A-Za-z0-9][\w-]{3,40})(?![\w.])"
        ),
        0.8,
        group=1,
        check=lambda value: sum(map(str.isdigit, value)) >= 2 and not is_placeholder(value),
        literals=(
            *("finger", "empreinte", "huella", "impronta", "vinger", "impress", "odcisk", "biom", "iris",
            "retina", "voice"),
            *("palm", "face", "facial", "dna", "hand geom"),
        ),
    ),
)  # fmt: skip
_TABLE = RuleTable(_RULES)


def find(source: Source) -> Iterator[Finding]:
    """Every number of a biometric record."""
    yield from _TABLE.apply(source)
