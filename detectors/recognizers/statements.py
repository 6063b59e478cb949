"""What a text says of a person that the law protects above the rest (GDPR Art. 9 and 10): health, religion, politics.

    Ana Novak is diabetic · she was diagnosed with depression · er ist Mitglied der IG Metall · Religion: Catholic

What is found are the words that say it ("diabetic", "IG Metall"), not the sentence. A word of medicine or religion by
itself is none: somebody has to be spoken of, in the same sentence, or in a record's field. What is said of people in
general ("if you have diabetes", "patients with asthma"), of well-known persons or in a story, is not reported.
"""

import re
from collections.abc import Iterator

from detectors.alone import is_first_name
from detectors.finding import Finding
from detectors.public_figures import is_public_figure
from detectors.recognizers.source import Source
from detectors.statements.grammar import GRAMMARS, Grammar
from detectors.statements.records import FIELDS, NAMES, NOTHING, OPEN, SIGNS, VALUES
from detectors.statements.terms import Hit, hits

_BEFORE, _AFTER = 200, 60  # characters of a sentence that are read on both sides of a term
_END = re.compile(r"[.!?;\n](?=\s|$)|\n|[•|]")
_ABBREVIATED = re.compile(r"(?:\b(?:mr|mrs|ms|dr|prof|st|sr|sra|dott|sig|dhr|mevr|vs|ca|[a-z]))$", re.IGNORECASE)
_AND = re.compile(
    r"[\s,/&+]{1,3}(?:(?:and|or|with|und|et|y|e|en|i|oraz|mit|plus|also|as well as|possibly|mild|severe|chronic|"
    r"type [12]|"
    r"a|an|eine?n?|une?|una|la|le|il|de|d['\u2019]|een|um|uma)[\s,'\u2019]{1,2}){0,4}"
)
_NAME = re.compile(r"(?<![\w@/.])[A-ZÀ-ÖØ-ÞŁŚŻŹĆ][a-zà-öø-ÿąćęłńóśźż'\u2019-]{1,20}(?![\w@/])")
_FULL_NAME = re.compile(r"[A-ZÀ-ÞŁŚŻ][\w'\u2019-]{1,20} [A-ZÀ-ÞŁŚŻ][\w'\u2019-]{1,20}")
_STORY = re.compile(
    r"(?i)(?<!\w)(?:novels?|short story|stories|fiction(?:al)?|protagonist|characters?|movies?|films?|sitcom|"
    r"poem|screenplay|"
    r"plot|fairy tale|fan ?fic\w*|role-?play|backstory|dungeons|romanfigur|erzählung|kurzgeschichte|nouvelle|"
    r"personnage|"
    r"(?:der|ein|im|dem|des|le|un|du|ce|een|de) romane?|cuento|novela|personaje|romanzo|racconto|personaggio|"
    r"verhaal|personage|conto|personagem|opowiadanie|powieść|powieści)(?!\w)"
)
_FIRST_PERSON = re.compile(
    r"(?i)(?<!\w)(?:i|i'?m|i'?ve|my|our|me|ich|mein\w{0,2}|unser\w{0,2}|je|j|mon|ma|mes|notre|yo|mi|soy|tengo|io|"
    r"mio|mia|sono|ho|ik|mijn|eu|"
    r"meu|minha|sou|tenho|jestem|mam|m[oó]j\w{0,3}|moja)(?!\w)"
)
_NOT_ABOUT = re.compile(
    r"(?i)\s(?:about|that my|by the|church|museum|history|food|music|cuisine|party|literature|culture|holiday|art|"
    r"school|theology|kirche|schule|coffee|list|tree|research|awareness|charity|center|centre|clinic|study|studies)\b"
)
# What one was diagnosed with may be any words, up to what goes on with the sentence.
_ANYTHING = (
    r" ?((?:[\w'\u2019-]+[ ]){0,4}?[\w'\u2019-]+)(?=\s?(?:[,.;:!?)\n]|$)|\s(?:and|in|at|on|when|after|last|by|"
    r"who|but|since|this|two|"
    r"three|so|while|during|before|years?|as|for|because|en|hace|il y a|l'an|em|há|nel|nell|da|in|vorig|sinds|y|"
    r"et|e|the|"
    r"recently|back|ten|five|\d+)\b)"
)
_DIAGNOSED = {
    language: re.compile(rf"(?i)(?<!\w)(?:{words}){_ANYTHING}")
    for language, words in {
        "en": "diagnosed (?:with|as having)(?: an?)?|diagnosis of",
        "es": "diagnosticad[oa] (?:de|con)",
        "pt": "diagnosticad[oa] com",
        "fr": "diagnostiquée? (?:avec|de )",
        "nl": "gediagnosticeerd met",
    }.items()
}
_ORIGINS = {
    language: re.compile(rf"(?<!\w){words}(?!\w)")
    for language, words in {
        "en": (
            r"of (?:half[- ])?(?P<value>[A-Z][a-z]{3,14}(?:[- ][A-Z][a-z]{3,14})? (?:descent|origins?|"
            r"heritage|ancestry|"
            r"ethnicity|extraction))"
        ),
        "de": r"(?P<value>[a-zäöü]{3,14}e?[rn]? (?:Herkunft|Abstammung|Wurzeln))",
        "fr": r"(?P<value>d['\u2019]origine (?:[a-zéèçï]{4,14}))",
        "es": r"(?P<value>de (?:origen|ascendencia|etnia|raza) [a-záéíñ]{4,14})",
        "it": r"(?P<value>di (?:origin[ei]|etnia) [a-z]{3,14})",
        "nl": r"(?P<value>van [A-Z][a-zë]{3,14}e (?:afkomst|komaf|origine))",
        "pt": r"(?P<value>de (?:origem|ascendência|etnia) [a-zéíãç]{4,14})",
        "pl": r"(?P<value>pochodzenia [a-zęóąśłżźćń]{4,14}|[a-zęóąśłżźćń]{4,14}ego pochodzenia)",
    }.items()
}
_ORIGIN_WORDS = (
    *("descent", "origin", "heritage", "ancestry", "ethnicity", "extraction", "herkunft", "abstammung", "wurzeln"),
    *("ascendencia", "etnia", "raza", "afkomst", "komaf", "origem", "ascendência", "pochodzenia", "origen"),
)
_OFFENCE = re.compile(r"(?:\s(?!and\b|in\b|when\b|but\b|who\b|y\b|et\b|und\b|i\b|at\b|after\b)[\w'\u2019-]+){1,3}")
_SURE, _FIELD_SURE, _OPEN_SURE = 0.75, 0.8, 0.7
_SEEN = 2000  # characters of a text that say whether it is a story, or about somebody well known
_ARTICLE = re.compile(r"\ban?\s(?:[\w-]+\s)?$")
_PREPOSITION = re.compile(r"(?<!\w)(?:an|wegen|mit|unter|wurden?|wird)\s(?:[\w-]+\s){0,2}$")
_AS = ("as ", "als ", "como ", "come ", "jako ", "en tant que ")
_NO_NAMES = frozenset(
    {"my", "an", "may", "will", "so", "sun", "do", "in", "can", "see", "long", "young", "van", "de", "la"}
)
# Of what else one says "my" or "our": it isn't somebody.
_OWNED = re.compile(
    r"(?<!\w)(?:my|our|mein|meine|unser|unsere|mon|ma|notre|mi|nuestr[oa]|(?:il |la )?mi[oa]|(?:il |"
    r"la )?nostr[oa]|mijn|onze|ons|meu|minha|noss[oa]|"
    r"m[oó]j|moja|nasz|nasza) (?!(?:dog|cat|horse|pony|puppy|kitten|pet|hamster|rabbit|bird|parrot|cow|goat|sheep|"
    r"car|code|script|app|model|data|dataset|program|system|computer|laptop|phone|screen|team|company|firm|"
    r"organi[sz]ation|"
    r"country|state|city|town|village|region|area|community|neighbou?rhood|school|college|university|church|hospital|"
    r"clinic|government|party|office|shop|store|business|economy|market|book|novel|story|character|paper|study|"
    r"project|"
    r"hund|katze|pferd|auto|land|stadt|schule|firma|kirche|partei|regierung|gemeinde|chien|chat|cheval|voiture|"
    r"pays|ville|"
    r"école|entreprise|église|parti|gouvernement|perro|gato|caballo|coche|país|ciudad|escuela|empresa|iglesia|"
    r"gobierno|"
    r"cane|gatto|cavallo|auto|paese|città|scuola|azienda|chiesa|governo|hond|kat|paard|bedrijf|school|kerk|partij|"
    r"cão|cachorro|cavalo|carro|cidade|escola|igreja|governo|pies|kot|koń|samochód|kraj|miasto|szkoła|firma|"
    r"kościół) )"
    r"[\w-]+ $"
)
_FIELD_BEFORE, _FIELD_AFTER = 24, 160
_IN_SENTENCE = 60  # characters before a term in which people in general are spoken of


def find(source: Source) -> Iterator[Finding]:
    """Every statement about a person; of several that overlap, the merge keeps one."""
    yield from _fields(source)
    text = source.text
    last: Finding | None = None
    lower = source.lower
    for hit in hits(text):
        listed = last is not None and hit.start >= last.end and _AND.fullmatch(text, last.end, hit.start) is not None
        kind = hit.term.meaning.entity_type
        if (listed and last is not None and last.entity_type == kind) or _is_said(text, hit):
            end = hit.end
            if hit.term.meaning.how == "done" and (offence := _OFFENCE.match(text, hit.end)):
                end = offence.end()
            last = Finding(hit.start, end, kind, _SURE, "statements")
            yield last
    if "diagnos" in lower:
        yield from _anything(text, _DIAGNOSED, 1, "HEALTH_CONDITION")
    if any(word in lower for word in _ORIGIN_WORDS):
        yield from _anything(text, _ORIGINS, "value", "ETHNIC_ORIGIN")


def _anything(text: str, patterns: dict[str, re.Pattern[str]], group: str | int, kind: str) -> Iterator[Finding]:
    """What is said in words that need not be terms."""
    for language, pattern in patterns.items():
        for match in pattern.finditer(text):
            first, last = _sentence(text, match.start())
            if _somebody(text, (first, last), match.start(), GRAMMARS[language]):
                yield Finding(*match.span(group), kind, _OPEN_SURE, "records")


def _fields(source: Source) -> Iterator[Finding]:
    """What the fields of a record say."""
    text = source.text
    for kind, pattern in FIELDS.items():
        if source.context and len(text) <= 120 and NAMES[kind].fullmatch(source.context):
            value = text.strip()
            if value and _says(kind, value):
                start = text.index(value)
                yield Finding(start, start + len(value), kind, _FIELD_SURE, "records")
        if (":" not in text and "=" not in text) or not any(sign in source.lower for sign in SIGNS[kind]):
            continue
        for start, end in source.beside(SIGNS[kind], _FIELD_BEFORE, _FIELD_AFTER):
            for match in pattern.finditer(text, start, end):
                if _says(kind, match[1]):
                    yield Finding(*match.span(1), kind, _FIELD_SURE, "records")


def _says(kind: str, value: str) -> bool:
    """Whether a field's value says something of its type."""
    if NOTHING.match(value) or len(value.split()) > 10:
        return False
    if kind in OPEN:
        return True
    if kind in VALUES and VALUES[kind].search(value):
        return True
    return any(hit.term.meaning.entity_type == kind for hit in hits(value))


def _is_said(text: str, hit: Hit) -> bool:
    """Whether the sentence around a term says it of somebody."""
    how = hit.term.meaning.how
    sentence = _sentence(text, hit.start)
    before = text[sentence[0] : hit.start].lower()
    after = text[hit.end : min(sentence[1], hit.end + _AFTER)].lower()
    if (hit.term.article and _ARTICLE.search(before) is None) or _NOT_ABOUT.match(after):
        return False
    return any(
        _is_framed(text, hit, sentence, GRAMMARS[language])
        or (how == "be" and _is_beside(GRAMMARS[language], before, after))
        for language in hit.term.meaning.languages
    ) and not _is_made_up(text, before, hit)


def _is_framed(text: str, hit: Hit, sentence: tuple[int, int], grammar: Grammar) -> bool:
    """Whether the words before a term, or in German those behind it, say it of who is spoken of."""
    before = text[sentence[0] : hit.start].lower()
    after = text[hit.end : min(sentence[1], hit.end + _AFTER)].lower()
    frame = grammar.frames[hit.term.meaning.how].search(before)
    if frame is None:
        if grammar.after is None or hit.term.meaning.how != "have" or not _PREPOSITION.search(before):
            return False
        return grammar.after.match(after) is not None and _somebody(text, sentence, hit.start, grammar)
    if grammar.denied.search(before, max(0, frame.start() - 12)):
        return False
    if frame[0].startswith(_AS):
        return _FIRST_PERSON.search(after) is not None
    return _somebody(text, sentence, sentence[0] + frame.start(), grammar, frame[0])


def _is_beside(grammar: Grammar, before: str, after: str) -> bool:
    """Whether a term stands beside whom it is said of: "my Muslim colleague", "ma mère diabétique"."""
    if grammar.nobody.search(before[-_IN_SENTENCE:]):
        return False
    if grammar.owned.search(before) and grammar.beside.match(after):
        return True
    return grammar.related.search(before) is not None


def _somebody(text: str, sentence: tuple[int, int], at: int, grammar: Grammar, frame: str = "") -> bool:
    """Whether a sentence speaks of a person before `at`: who is spoken of last is neither people nor the reader."""
    written = text[sentence[0] : at]
    before = written.lower()
    others = list(grammar.nobody.finditer(before))
    if any(match[0] in _CONDITIONS for match in others):
        return False
    nobody = max((match.end() for match in others), default=-1)
    if (grammar.self.search(frame) or grammar.self.search(before)) or _OWNED.search(before):
        return True
    if grammar.dropped and not before.strip(" \t-*>\"'(") and frame:
        return text[sentence[1] : sentence[1] + 1] != "?"
    nearest = max((match.end() for match in grammar.people.finditer(before + frame.lower())), default=-1)
    for match in _NAME.finditer(written):
        if is_first_name(match[0]) and match[0].lower() not in _NO_NAMES:
            nearest = max(nearest, match.end())
    return nearest > nobody


_CONDITIONS = frozenset(
    """
    if whether suppose supposing imagine assume assuming unless wenn falls ob angenommen si se als indien jeśli jeżeli
    czy
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)


def _is_made_up(text: str, before: str, hit: Hit) -> bool:
    """Whether it is said of somebody in a story, or of somebody whom everybody knows."""
    if _FIRST_PERSON.search(before):
        return False
    if _STORY.search(text, 0, _SEEN):
        return True
    names = (
        match for match in _FULL_NAME.finditer(text, 0, _SEEN) if match.end() < hit.start or match.start() > hit.end
    )
    return any(is_public_figure(match[0]) for match in names)


def _sentence(text: str, at: int) -> tuple[int, int]:
    """Where the sentence around a place begins and ends, in reach."""
    floor = max(0, at - _BEFORE)
    first = floor
    for match in _END.finditer(text, floor, at):
        if not _ABBREVIATED.search(text[max(0, match.start() - 5) : match.start()]):
            first = match.end()
    match_end = _END.search(text, at, at + _BEFORE)
    return first, match_end.start() if match_end else min(len(text), at + _BEFORE)
