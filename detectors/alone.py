"""Names that point to nobody: a first name, a well-known person or a street's name, where a text says nothing more.

"David has three sisters", "a poem about Ada Lovelace", "text mollie that I'm late": nobody who reads this knows who is
meant. Such a finding stays one, of a type that the default policies leave alone: `FIRST_NAME`, `PUBLIC_FIGURE`, and
`LOCATION` for a street without a number. One other identifying value in the text (a full name, a number, an address),
or a word that says how the person stands to the writer (a colleague, a patient, a customer), and all of them count.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

from configs.entities import entity_groups, entity_types
from detectors.finding import Finding
from detectors.given_names import is_given_name
from detectors.public_figures import is_public_figure, plain
from detectors.recognizers.rule import words

# Who these are to the writer, or what is said of them, is what makes a first name somebody's.
_RELATIONS = words(
    ("my (?:name|wife|husband|son|daughter|brother|sister|mother|father|mom|dad|friend|partner|girlfriend|boyfriend)",
    "(?:our|my|her|his|their|the) (?:boss|chef|nurse|doctor|lawyer|tenant|landlord|neighbou?r|therapist|intern)",
    "colleagues?", "co-?workers?", "managers?", "employees?", "supervisor", "team ?mates?", "customers?", "clients?",
    "patients?", "applicants?", "candidates?", "salary", "payroll", "performance review", "fired", "laid off",
    "hired", "maternity", "sick leave", "passwor[dt]", "log ?in", "user ?name", "diagnosed", "diagnosis", "prescribed",
    "medication", "contract", "invoice", "refund",
    "complaint", "plaintiff", "defendant", "witness", "claimant", "lawsuit", "divorce", "HR", "CEO", "CFO", "CTO",
    "kolleg(?:e|in|en)", "mitarbeiter(?:in)?", "kund(?:e|in|en)", "patient(?:in|en)?", "chefin", "gehalt",
    "coll[èe]gues?", "client(?:e|s)?", "patiente?s?", "salari[ée]e?", "patronne?", "salaire",
    "compa[ñn]er[oa]s?", "emplead[oa]s?", "pacientes?", "jef[ae]", "collegh?[iae]", "dipendente", "paziente", "capo",
    "collega'?s?", "werknemer", "klant", "pati[ëe]nte?", "colegas?", "funcion[áa]ri[oa]", "cliente", "chefe",
    "koleg[aiąę]", "koleżank[aiąę]", "pracowni[ck]a?", "klient(?:ka|a)?", "pacjent(?:ka|a)?", "szef(?:owa)?")
)  # fmt: skip
# What stands before a name that somebody gives as theirs or as another's.
_INTRODUCED = re.compile(
    r"(?:\bm(?:y|ein|on|i|ijn|eu) (?:\w+ )?(?:name|nom|nome|nombre|naam|vorname)\b[^.\n]{0,6}|"
    r"\b(?:full |first |last |patient |customer |client )?name\s?[:=]\s?|^name |"
    r"\b(?:i am|i'?m|this is|it'?s|it is|ich bin|ich hei(?:ß|ss)e|je suis|je m'appelle|soy|me llamo|sono|mi chiamo|"
    r"ik ben|ik heet|eu sou|aqui é [ao]|jestem|mam na imi[ęe]|tu)|"
    r"\b(?:mr|mrs|ms|mx|miss|dr|prof|herrn?|frau|mme|mlle|m|monsieur|madame|señora?|sra?|sig|signora?|dott|mevrouw|"
    r"meneer|dhr|mevr|dona?|senhora?|pani?|pana|doktor)\.?|"
    r"\b(?:dear|hi|hey|hello|regards|sincerely|cheers|thanks|signed|liebe[rs]?|hallo|grüße|bonjour|cher|chère|salut|hola|"
    r"estimad[oa]|ciao|cara|caro|gentile|beste|hoi|groeten|groet|oi|olá|prezad[oa]|cześć|pozdrawiam),?)\s{0,3}$",
    re.IGNORECASE,
)
# What is called after a scholar: "Bayes' theorem", "the Riemann hypothesis", "Baker's cyst".
_NAMED_AFTER = re.compile(
    r"(?:['\u2019]s?)? (?:theorem|hypothesis|conjecture|lemma|law of|laws|inequality|equations?|distribution|"
    r"variables?|algorithm|transform|(?:time )?series|matrix|matrices|constant|paradox|principle|effect|disease|"
    r"syndrome|cyst|palsy|reflex|diagram|machine|doctrine|wars?|prize|classifier|filter|integral|polynomials?|sequence|"
    r"curve|coefficients?|correlation|rule|axioms?|criterion|decomposition|expansion|sampling)\b",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"name|user|customer|client|patient|contact|person|author|owner|employee|recipient|sender|member|guest",
    re.IGNORECASE,
)
_VOCABULARY = frozenset({"enum", "const", "required"})
_MAY_BE_ALONE = frozenset({"PERSON", "STREET_ADDRESS"})
_SHORT = 4  # words: a text this short is an answer to "who?", such as a form's field
_BEFORE, _NEAR = 40, 16  # characters before a name that may introduce it, that may say what somebody is
# What an assistant is told to do with somebody of the writer's address book.
_COMMAND = re.compile(r"\b(?:call|ring|phone|text|message|tell|ask|remind|meet|invite)(?: to)?\s$", re.IGNORECASE)


def settle(text: str, context: str, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings of one text, those that point to nobody under their own types."""
    if context in _VOCABULARY:  # "max" among the words of a tool's schema says of nobody more than a first name alone
        findings = [_as_a_word(text, one) for one in findings]
    if all(one.entity_type not in _MAY_BE_ALONE for one in findings):
        return tuple(findings)
    telling = [one for one in findings if one.entity_type in _telling() or one.entity_type not in entity_types()]
    if not telling or _FIELD.search(context):
        return tuple(findings)
    known = {word for one in telling if is_public_figure(value := text[one.start : one.end]) for word in _words(value)}
    weaker = {one: kind for one in telling if (kind := _weaker(text, one, known)) is not None}
    if len(weaker) < len(telling):
        return tuple(findings)
    if any(kind == "FIRST_NAME" for kind in weaker.values()) and _RELATIONS.search(text):
        return tuple(findings)
    return tuple(replace(one, entity_type=weaker[one]) if one in weaker else one for one in findings)


def _as_a_word(text: str, one: Finding) -> Finding:
    single = one.entity_type == "PERSON" and " " not in text[one.start : one.end]
    return replace(one, entity_type="FIRST_NAME") if single else one


def _weaker(text: str, one: Finding, known: set[str]) -> str | None:
    """The type of a finding that points to nobody by itself; None if it does."""
    value = text[one.start : one.end]
    if one.entity_type == "STREET_ADDRESS":
        return None if any(character.isdigit() for character in value) else "LOCATION"
    if one.entity_type != "PERSON":
        return None
    if _is_introduced(text, one):
        return None
    if len(value.split()) > 1:
        return "PUBLIC_FIGURE" if is_public_figure(value) else None
    if _is_answer(text, one):
        return None
    if _NAMED_AFTER.match(text, one.end) is not None:
        return "PUBLIC_FIGURE"
    if is_public_figure(value) or (_words(value) and known.issuperset(_words(value))):
        return "PUBLIC_FIGURE"
    # What is left is a surname, or a word that nobody knows.
    return "FIRST_NAME" if value.islower() or is_first_name(value) else None


def _is_introduced(text: str, one: Finding) -> bool:
    """Whether what stands before a name says that it is somebody's: "my name is", "Dear", "patient"."""
    if _INTRODUCED.search(text[max(0, one.start - _BEFORE) : one.start]) is not None:
        return True
    return _RELATIONS.search(text[max(0, one.start - _NEAR) : one.start]) is not None


def _is_answer(text: str, one: Finding) -> bool:
    """Whether a single name is most of what is said, or a speaker's."""
    if one.detector == "speakers":
        return True
    return len(text.split(maxsplit=_SHORT)) < _SHORT and _COMMAND.search(text[: one.start]) is None


def _words(value: str) -> list[str]:
    """The words that make up a name, without particles and initials."""
    return [word for word in plain(value).split() if len(word) > 2]


def is_first_name(word: str) -> bool:
    """Whether people of some country are called so."""
    return plain(word) in _first_names() or is_given_name(word)


@cache
def _telling() -> frozenset[str]:
    """The types that tell who is meant; types that a company named itself do, too."""
    return entity_groups()["PII"] | entity_groups()["COMPANY"]


@cache
def _first_names() -> frozenset[str]:
    lines = files("detectors").joinpath("first_names.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
