"""Numbers and names that are somebody's because the words before them say so: account, policy, licence, user name.

    account number is 555-987-6543 · Patient ID: 4567 · MRN 00123456 · my order number is 123-456 · username: jdoe42

What the value may look like is wide, so the words decide; the value must hold a digit (a user name need not).
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.recognizers.placeholders import is_placeholder
from detectors.recognizers.rule import Rule, RuleTable
from detectors.recognizers.source import Source

_NUMBER_WORD = r"(?:numbers?|numb|num|no|nr|nbr|id|identifier|code|ref|reference|pin|#|№)"
_LINK = (
    r"(?:\.|\s?#)?[\"']?(?:\s?\([^()\n]{1,20}\))?"
    r"(?: (?:for|on|of) (?:this|the|your|my|our|that)(?: \w{1,15}){1,2}(?= is))?"
    r"(?:\s{0,3}(?:is|was|as|are|of|:|=|-|#|for it is|would be|will be|it's|its)){0,3}\s{0,3}[\"'#]{0,2}"
)
_VALUE = (
    r"((?=[A-Za-z-]{0,12}\d)[A-Za-z0-9]{1,20}(?:[-/.][A-Za-z0-9]{1,20}){0,5}(?:(?<=\d) \d{2,6}(?!\S?\w*[A-Za-z])){0,4})"
)


# Ids that machines give to machines: UUIDs and hashes.
_MACHINE = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=\d{0,40}[a-f])[0-9a-f]{16,}|\d{24,}", re.IGNORECASE
)


def _named(words: str, *, number_word: str = _NUMBER_WORD, optional: bool = False) -> re.Pattern[str]:
    number = rf"(?:[ _-]{{0,2}}{number_word}){{1,2}}"
    if optional:
        number = (
            rf"(?:{number})?(?=\.?\s?[:=#\"']|\.?\s+(?:is\s|\S{{0,12}}\d))"
            if number_word == _NUMBER_WORD
            else f"(?:{number})?"
        )
    return re.compile(rf"(?i)(?<![^\W_])(?:{words}){number}(?![A-Za-z]){_LINK}{_VALUE}(?![\w@])")


def _long_enough(value: str) -> bool:
    digits = sum(character.isdigit() for character in value)
    return len(value) >= 4 and digits >= 2 and not is_placeholder(value) and not _MACHINE.fullmatch(value)


def _rule(
    entity_type: str, words: str, literals: tuple[str, ...], score: float = 0.8, *, optional: bool = False
) -> Rule:
    pattern = _named(words, optional=optional)
    return Rule("identifiers", entity_type, pattern, score, 1, _long_enough, literals, within="numbers")


_RULES = (
    _rule("ACCOUNT_NUMBER", r"account|acct|a/c|customer|client|member(?:ship)?|subscriber|policy|policyholder|"
        r"employee|staff|student|user|"
          r"loyalty|frequent[ -]flyer|personnel|applicant|cardholder|contract|payroll|badge|enrol?lment|"
              r"registration|matriculation|citizen|"
          r"beneficiary|tenant|owner|guest|personal|profile|donor",
          ("acc", "a/c", "customer", "client", "member", "subscriber", "policy", "employee", "staff", "student",
          "user", "loyalty", "flyer",
           "personnel", "applicant", "cardholder", "contract", "payroll", "badge", "rol", "regist", "citizen",
           "benef", "tenant", "owner",
           "guest", "personal", "profile", "donor")),
    _rule("ACCOUNT_NUMBER", r"(?:(?:from|to|source|destination|debit|credit|checking|savings?|bank|recipient|sender|"
        r"payee|payer)[ _])?(?:account|acct|a/c)|member(?:ship)?|policy(?: ?holder)?|inmate|prisoner|offender",
          ("account", "acct", "a/c", "member", "policy", "inmate", "prisoner", "offender"), optional=True),
    # What is left of a number: the last four digits still tell an account from another.
    Rule("identifiers", "ACCOUNT_NUMBER", re.compile(
        r"(?i)\b(?:(?:card|account|number|ssn)[^.?!\n]{0,24}\b(?:ending|ends)(?: (?:in|with))?|"
        r"last (?:4|four|3|three|5|five|6|six)(?: digits| numbers)?(?: of [^.?!\n]{1,40}?)?"
        r"(?: (?:is|are|were|was))?)[ :#-]{1,3}(\d{3,6})(?!\d)"),
         0.7, group=1, literals=("ending", "ends", "last"), within="numbers"),
    Rule("identifiers", "ACCOUNT_NUMBER", re.compile(r"(?<![\w*•])(?:[*xX•]{2,8}[ -]?){1,4}(\d{3,6})(?![\w])"),
         0.7, group=1, literals=("*", "x", "•"), within="numbers"),
    Rule("identifiers", "ACCOUNT_NUMBER", re.compile(r"[(,;\t ](?:ID|Id)(?: ?(?:No\.?|[Nn]umber|#))?\s?[:#]\s?"
        r"(\d[\d-]{3,18}\d)(?![\w.])"), 0.6, group=1, check=_long_enough, literals=("id",), within="numbers"),
    _rule("MEDICAL_RECORD", r"medical[ _-]?record|patient|mrn|health[ _-]?record|chart|hospital|nhc|"
        r"historia(?: clínica)?|case[ _-]history|specimen|"
          r"prescription|rx|encounter|admission", ("medical", "patient", "mrn", "health", "chart", "hospital",
          "nhc", "historia", "case", "specimen",
          "rx", "prescription", "encounter", "admission")),
    _rule("MEDICAL_RECORD", r"mrn|medical record|nhc", ("mrn", "medical", "nhc"), optional=True),
    _rule("HEALTH_INSURANCE", r"(?:health|medical|dental|group|insurance)(?: insurance| plan| policy)?|insured|"
        r"insurance|medicaid|medicare|"
          r"health[ _-]?card|versichertennummer|krankenversicherung(?:snummer)?",
          ("insur", "medic", "health", "dental", "versicher", "group")),
    _rule("DRIVER_LICENSE", r"driver'?s?[ _-]?licen[cs]e|driving[ _-]?licen[cs]e|licen[cs]e|driver'?s?|dl|"
        r"führerschein(?:nummer)?|permis(?: de conduire)?",
          ("licen", "driv", "dl", "führer", "permis")),
    _rule("DRIVER_LICENSE", r"driver'?s?[ _-]?licen[cs]e|driving[ _-]?licen[cs]e", ("licen",), optional=True),
    _rule("PASSPORT", r"passport|reisepass(?:nummer)?|passeport|pasaporte|passaporto|paspoort|travel document",
          ("pass", "reise", "pasap", "paspo", "travel"), optional=True),
    _rule("LICENSE_PLATE", r"licen[cs]e plates?|number ?plates?|(?:vehicle |car )?registration plates?|plate|"
        r"kennzeichen", ("plate", "kennzeichen"),
          optional=True),
    _rule("BANK_ACCOUNT", r"bank account|checking|savings|kontonummer|account", ("bank", "check", "savings",
    "konto", "account")),
    _rule("NATIONAL_ID", r"national|identity|identification|id card|personal identity|citizenship|resident|"
        r"residence|government|voter|social insurance|"
          r"national insurance|aadhaar|aadhar", ("national", "ident", "id card", "citizen", "resid", "govern",
          "voter", "social", "aadha")),
    _rule("TAX_ID", r"tax(?:payer)?(?:[ _-]?(?:payer|identification|file|registration))?|vat(?: registration)?|tin|"
        r"ein|fein|gst(?:in)?|"
          r"employer identification|steuer(?:nummer|-?id)?|ust-?id(?:nr)?", ("tax", "vat", "tin", "ein", "gst",
          "employer", "steuer", "ust")),
    _rule("TAX_ID", r"tin|ein|fein|vat|steuernummer|steuer-?id(?:nummer|nr)?|tva|partita iva|p\.iva|gstin", ("tin",
    "ein", "vat", "steuer", "tva", "iva", "gst"),
          optional=True),
    _rule("REFERENCE_NUMBER", r"case|claim|ticket|order|invoice|booking|reservation|confirmation|tracking|"
        r"transaction|reference|shipment|parcel|"
          r"purchase order|po|receipt|payment|request|incident|application|delivery|serial|test|report|file|docket|"
              r"quote|appointment|"
          r"return|rma|verification|check|cheque|flight|loan|repair|service|record",
          ("case", "claim", "ticket", "order", "invoice", "booking", "reserv", "confirm", "track", "transact",
          "refer", "ship", "parcel", "po",
           "receipt", "payment", "request", "incident", "applic", "deliver", "serial", "test", "report", "file",
           "docket", "quote", "appoint",
           "return", "rma", "verif", "check", "cheque", "flight", "loan", "repair", "service", "record"), 0.7),
    _rule("REFERENCE_NUMBER", r"invoice|reference|ref|ticket|order|case|claim|confirmation(?: number)?|booking|"
        r"tracking|transaction",
          ("invoice", "ref", "ticket", "order", "case", "claim", "confirm", "booking", "tracking", "transact"), 0.7,
          optional=True),
    Rule("identifiers", "VEHICLE_ID", re.compile(r"(?i)\b(?:vin|vehicle identification)(?: (?:number|no\.?|"
        r"#))?(?: is)?\s?[:=#]?\s?([A-HJ-NPR-Z0-9]{17})\b"),
         0.95, group=1, literals=("vin", "vehicle"), within="numbers"),
    Rule("identifiers", "USERNAME", re.compile(
        r"(?i)(?<![^\W_])(?:user[ _-]?(?:name|id)|login(?:[ _-]?(?:name|id))?|screen ?name|nick(?:name)?|handle(?! ?=)|"
            r"skype(?: id)?|"
        r"(?:twitter|instagram|github|discord|telegram|slack|linkedin)(?: (?:handle|user(?:name)?|id|account))|"
            r"account name|gamertag)"
        r"[\"']?(?:\s?(?:is|was|:|=|as)){1,2}\s{0,3}[\"'@]{0,2}((?>[A-Za-z0-9][\w.-]{1,38}(?<=[A-Za-z0-9_])))(?![\w@(])"),
         0.75, group=1,
         check=lambda value: not is_placeholder(value) and not (value.isalpha() and value.islower() and len(value) < 5),
         literals=("user", "login", "name", "handle", "skype", "twitter", "instagram", "github", "discord",
         "telegram", "slack", "linkedin", "gamertag")),
    Rule("identifiers", "USERNAME", re.compile(r"(?<![\w@./:'\"-])"
        r"(?<!\n)(?<!\n    )(?<!\n        )(?<!\n\t)@([A-Za-z](?:[\w]{0,30}[._]?[\w]{1,30})\d{1,6}|"
        r"[a-z]{2,20}[._](?!(?:json|md|py|[jt]sx?|ya?ml|toml|txt|html?|css|sh|rs|go|java|csv|sql|xml|lock|env|ini|cfg)"
        r"(?!\w))[a-z]{2,20})(?![\w@(/.-])"),
         0.6, literals=("@",)),
    # As networks show who wrote something: `User: Ana Novak @ana_n`, `User: Ana Novak (ana.n)`, `User: AnaNovak85`
    Rule("identifiers", "USERNAME", re.compile(
        r"\b(?:User|Profile|Author|Posted by|Comment by|Post by): ?"
        r"(?:[A-Z][\w'-]{1,20} ){1,3}(?:@|\(@?)([A-Za-z][\w.]{2,30}\w)(?![\w@])"),
         0.7, group=1, literals=("user:", "profile:", " by:", "author:")),
    Rule("identifiers", "USERNAME", re.compile(
        r"(?m)^(?:User|Username|Author|Posted by): ?@?"
        r"((?=[A-Za-z]{1,30}[\d_]|[A-Z][a-z]{1,20}[A-Z][a-z])[A-Za-z][\w.]{2,38}\w)[ \t]{0,4}$"),
         0.7, group=1, literals=("user:", "username:", " by:", "author:")),
    Rule("identifiers", "USERNAME", re.compile(
        r"(?i)\b(?:follow|find|add|message|dm) (?:me|us|him|her|them)(?: on \w{2,20})?:? "
        r"@([a-z][\w.]{2,30}\w)(?![\w@])"),
         0.7, group=1, literals=("@",)),
)  # fmt: skip
_TABLE = RuleTable(_RULES)


def find(source: Source) -> Iterator[Finding]:
    """Every number or user name that is named as somebody's."""
    yield from _TABLE.apply(source)
