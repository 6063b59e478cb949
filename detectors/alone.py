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
from itertools import islice

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
# A sum in words: "Weng earns $12 an hour. How much did she earn in 50 minutes?" Two numbers, a question for a third.
_ASKED = re.compile(
    r"\b(?:how (?:many|much|long|old|far|fast|tall|heavy|often|likely)|"
    r"what (?:is|was|fraction|percent|percentage|will be)|find|calculate|determine|wie ?viele?|wie lange|combien|"
    r"cu[áa]nt[oa]s?|quant[oaie]s?|hoeveel|ile)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"\d|\b(?:twice|half|double|third|two|three|four|five|six|seven|eight|nine|ten|dozen|zwei|drei|deux|trois|dos|tres|due|"
    r"tre|twee|drie|dwa|trzy|dois)\b",
    re.IGNORECASE,
)
_QUANTITIES, _LONGEST_SUM = 2, 900
# A story, a poem or a figure that is to be made up.
_MADE_UP = re.compile(
    r"\b(?:write|tell|continue|make up|create|invent|imagine|compose|generate|schreib\w*|erfinde|[ée]cri[st]|raconte|"
    r"escribe|inventa|scrivi|schrijf|escreva|napisz)\b[^.\n]{0,60}?\b(?:story|stories|tale|fable|novel|poem|haiku|"
    r"limerick|ballad|screenplay|fan ?fiction|superhero|fairy|legend|riddle|geschichte|m[äa]rchen|gedicht|histoire|"
    r"conte|po[èe]me|"
    r"cuento|historia|poema|storia|favola|verhaal|gedicht|hist[óo]ria|opowiadanie|bajk[ęa]|wiersz)\b|"
    r"\b(?:superhero|hero|heroine|villain|dragon|wizard|witch|knight|princess|prince|robot|elf|alien|dark lord|monster|"
    r"mermaid|unicorn|mouse|bear|fox|cat|dog|puppy|kitten) (?:named|called)\b|\brole-?play\b",
    re.IGNORECASE,
)
# Somebody in particular is meant all the same.
_SOMEBODY_S = re.compile(
    r"\b(?:my|our|mein\w*|unser\w*|mon|ma|mes|notre|nos|mi|mis|nuestr[oa]s?|mio|mia|nostr[oa]|mijn|onze?|meu|minha|nosso|"
    r"m[óo]j|moja|moje\w*|nasz\w*|patient\w*|pacient\w*|pazient\w*|pacjent\w*)\b",
    re.IGNORECASE,
)
_TITLED = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr)\.?|Farmer|Uncle|Aunt|Auntie|Captain|Coach|Sir|King|Queen|Princess|Prince|Lord|Lady) \S+"
)
# Who lived long ago, or is asked for as one who did.
_LIVED = re.compile(
    r"[ ,]{0,2}\((?:born |died |c\. ?|d\. ?|\* ?)1[0-8]\d\d\b|[ ,]{0,2}\([^()\n]{0,12}?\b1\d{3} ?[-\u2013] ?1\d{3}\)"
)
_LONG_AGO = re.compile(
    r"\b(?:in|since|until|im Jahre?|seit|en|desde|nel|em|roku) 1[1-8]\d\d\b(?![.,]\d| ?[-%$€£]| (?:words|pieces|units|"
    r"euros?|dollars|pounds|days|hours|minutes|lines|steps|cases|copies|shares|people)\b)"
)
_WHO_WAS = re.compile(
    r"\b(?:who was|who were|wer war|qui (?:[ée]tait|fut)|qui[ée]n(?:es)? fue(?:ron)?|chi (?:era|fu)|quem foi|wie was|"
    r"kim (?:by[łl]a?)|"
    r"kto napisa[łl])\s$",
    re.IGNORECASE,
)
_SENTENCE_AROUND = 160
_FIGURES = 3  # so many public figures make a text one about them
# "Roe v. Wade": a published judgment.
_CASE = re.compile(r"\bvs?\. $"), re.compile(r" vs?\. [A-Z]")
_FIELD = re.compile(
    r"name|user|customer|client|patient|contact|person|author|owner|employee|recipient|sender|member|guest",
    re.IGNORECASE,
)
_VOCABULARY = frozenset({"enum", "const", "required"})
_MAY_BE_ALONE = frozenset({"PERSON", "STREET_ADDRESS"})
_GOES_ON = re.compile(r"(?: (?:d[aeiu]|della|van|von|de la|bin|al))?(?: [A-Z][\w'\u2019-]+){1,2}")
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
    made_up = _is_made_up(text)
    known = {word for one in telling if is_public_figure(value := text[one.start : one.end]) for word in _words(value)}
    weaker = {one: kind for one in telling if (kind := _weaker(text, one, known, made_up=made_up)) is not None}
    if len(weaker) < len(telling):
        weaker = _among_figures(text, telling, weaker)
        if len(weaker) < len(telling):
            return tuple(findings)
    if any(kind == "FIRST_NAME" for kind in weaker.values()) and not made_up and _RELATIONS.search(text):
        return tuple(findings)
    return tuple(replace(one, entity_type=weaker[one]) if one in weaker else one for one in findings)


def _as_a_word(text: str, one: Finding) -> Finding:
    single = one.entity_type == "PERSON" and " " not in text[one.start : one.end]
    return replace(one, entity_type="FIRST_NAME") if single else one


def _is_made_up(text: str) -> bool:
    """Whether a text is a sum in words, or asks for a story: who is in it is nobody, unless the writer says "my"."""
    if _SOMEBODY_S.search(text) is not None:
        return False
    if _MADE_UP.search(text) is not None:
        return True
    if len(text) > _LONGEST_SUM or _ASKED.search(text) is None:
        return False
    return sum(1 for _ in islice(_QUANTITY.finditer(text), _QUANTITIES)) == _QUANTITIES


def _among_figures(text: str, telling: Sequence[Finding], weaker: dict[Finding, str]) -> dict[Finding, str]:
    """With the names of a text that is about public figures: who stands among many of them is one, too."""
    figures = [one for one, kind in weaker.items() if kind == "PUBLIC_FIGURE"]
    rest = [one for one in telling if one not in weaker]
    enough = len(figures) >= _FIGURES and len(figures) >= len(rest)
    if not enough or any(one.entity_type != "PERSON" or _is_introduced(text, one) for one in rest):
        return weaker
    if _SOMEBODY_S.search(text) is not None or _RELATIONS.search(text) is not None:
        return weaker
    return weaker | dict.fromkeys(rest, "PUBLIC_FIGURE")


def _is_past(text: str, one: Finding) -> bool:
    """Whether somebody lived long ago: years beside the name say so, a year in the same sentence or the question."""
    if (
        _LIVED.match(text, one.end) is not None
        or _WHO_WAS.search(text[max(0, one.start - _NEAR) : one.start]) is not None
    ):
        return True
    first = max(0, one.start - _SENTENCE_AROUND, *(text.rfind(sign, 0, one.start) for sign in (". ", "\n")))
    ends = [end for sign in (". ", "\n", "? ") if (end := text.find(sign, one.end)) >= 0]
    return _LONG_AGO.search(text, first, min([*ends, one.end + _SENTENCE_AROUND])) is not None


def _around(text: str, one: Finding) -> str:
    """A name with the capitalised words that follow it, of which the models may have seen a part."""
    rest = _GOES_ON.match(text, one.end)
    return text[one.start : rest.end() if rest else one.end]


def _weaker(text: str, one: Finding, known: set[str], *, made_up: bool) -> str | None:
    """The type of a finding that points to nobody by itself; None if it does."""
    value = text[one.start : one.end]
    if one.entity_type == "STREET_ADDRESS":
        return None if any(character.isdigit() for character in value) else "LOCATION"
    if one.entity_type != "PERSON":
        return None
    if made_up and (" " not in value or _TITLED.fullmatch(value)):
        return "FIRST_NAME"
    if _is_introduced(text, one):
        return None
    if _is_past(text, one) or is_public_figure(_around(text, one)):
        return "PUBLIC_FIGURE"
    if len(value.split()) > 1:
        return "PUBLIC_FIGURE" if is_public_figure(value) else None
    if _is_answer(text, one):
        return None
    if (
        _NAMED_AFTER.match(text, one.end) is not None
        or _CASE[0].search(text[: one.start][-4:])
        or _CASE[1].match(text, one.end)
    ):
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
