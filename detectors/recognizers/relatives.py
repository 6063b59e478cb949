"""People who are named by what they are to somebody: relatives, and a title in a chat's small letters.

my cousin Segun · nonno Arcangelo · ma sœur Capucine · tata huguette · mevrouw terpstra · doña eulalia

Behind such a word a capital is a name; in small letters, a first name, or after a title any word that no sentence of
that language would go on with.
"""

import re
from collections.abc import Iterator

from detectors.alone import is_first_name
from detectors.edges import is_no_name
from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.given_names import COMMON
from detectors.recognizers.source import Source

_CAPITAL = r"[^\W\d_a-zß-ÿ][^\W\d_]{1,24}(?:[-'\u2019][^\W\d_]{1,24}){0,2}"
_OWNERS = (
    r"my|our|his|her|their|your|ma|mon|sa|son|ta|ton|notre|votre|leur|mi|tu|su|nuestr[oa]|mia|mio|sua|suo|tua|tuo|nostr[oa]|"
    r"mijn|zijn|haar|onze|ons|minha|meu|seu|nossa|nosso|moj[aą]|m[óo]j(?:ego|emu|ej)?|jego|jej|nasz[a]?"
)
_KIN = (
    r"(?:step|half[- ]|grand)?(?:brother|sister|son|daughter|mother|father)(?:-in-law)?|mum|mom|dad|aunt|auntie|uncle|"
    r"cousin|nephew|niece|wife|husband|fianc[ée]e?|girlfriend|boyfriend|neighbou?r|flatmate|roommate|s[œo]e?ur|fr[èe]re|"
    r"fils|fille|m[èe]re|p[èe]re|cousine?|neveu|ni[èe]ce|mari|femme|voisine?|hermana|hermano|hij[oa]|madre|padre|prim[oa]|"
    r"sobrin[oa]|espos[oa]|marido|novi[oa]|vecin[oa]|sorella|fratello|figli[oa]|cugin[oa]|nipote|moglie|marito|vicin[oa]|"
    r"zus|broer|zoon|dochter|moeder|vader|nicht|neef|vrouw|man|vriendin|buurvrouw|buurman|irmã|irmão|filh[oa]|mãe|pai|"
    r"sobrinh[oa]|espos[oa]|mulher|namorad[oa]|vizinh[oa]|siostr[aąęy]|brat[au]?|syn[au]?|córk[aąęi]|żon[aąęy]|mąż|męża|"
    r"sąsiad(?:ka|a)?"
)
# Words that stand before a name by themselves.
_CALLED = (
    r"aunt|auntie|uncle|grandma|grandpa|granny|tante|onkel|oma|opa|(?-i:tata)|tatie|tonton|mamie|papi|tía|tío|abuel[oa]|zia|"
    r"zio|nonn[oa]|tia|tio|avó|avô|vovó|vovô|cioci[aęiu]?|wuj(?:ek|ka|kiem)?|babci[aęiu]?|dziad(?:ek|ka|kowi)"
)
_TITLES = (
    r"mevrouw|mevr\.?|meneer|dhr\.?|doña|dona|frau|herr|mme|mlle|señora|señorita|signora|signorina|senhora|mister|missus|mrs\.?|"
    r"mr\.?|ms\.?"
)
# In titles of things every word has a capital: the relative has none, but in German, where a first name follows.
_OF_SOMEBODY = gated(re.compile(rf"(?<![^\W_])(?i:{_OWNERS}) (?:{_KIN}),? ({_CAPITAL})(?![\w@])"))
_GERMAN = gated(
    re.compile(
        r"(?<![^\W_])(?i:mein|dein|sein|ihr|unser)\w{0,3} (?:Schwieger|Stief|Groß)?(?:[Ss]chwester|[Bb]ruder|[Mm]utter|"
        r"[Vv]ater|Sohn|Tochter|Nichte|Neffen?|Cousine?|Mann|Frau|Freundin|Freund|Nachbarin|Nachbarn?),? "
        rf"({_CAPITAL})(?![\w@])"
    )
)
_BY_THEMSELVES = gated(re.compile(rf"(?i)(?<![^\W_])(?:{_CALLED}) ([^\W\d_]{{3,24}})(?![\w@])"))
_SMALL_TITLED = gated(re.compile(rf"(?<![\w.])(?:{_TITLES}) ([^\W\d_]{{3,24}})(?![\w@]|['\u2019]\w)"))
_GOES_ON = frozenset(
    """
    president professor doctor minister manager doktor präsidentin ministerin direktorin directeur directrice docteur
    presidenta directora doctora alcaldesa mia mía minha sua tua bella jefa moi elle vous toi who and the has was will
    from with holle gott ich sie wie nur auch doch aber sehr mehr hat habe haben kann soll muss wenn oder ohne nach über
    zij hem haar niet maar wel nog dan dat deze die heeft zegt que quien cuando donde pero como muy tiene está dice
    che chi come dove quando molto non più della del dei sul ora poi dove mas quando tem disse está
    noël pasquale claus natale jesus dios dieu nature earth tongue tongues natuur totoro meisje jongen thermomix
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)


def find(source: Source) -> Iterator[Finding]:
    """Everybody who is named so."""
    for match in source.matches(_OF_SOMEBODY):
        if _is_name(match[1]) and match[1].lower() not in COMMON:
            yield Finding(match.start(1), match.end(1), "PERSON", 0.75, "relatives")
    for match in source.matches(_GERMAN):
        if is_first_name(match[1]):
            yield Finding(match.start(1), match.end(1), "PERSON", 0.75, "relatives")
    for match in source.matches(_BY_THEMSELVES):
        if _is_name(match[1]) and (match[1][0].isupper() or is_first_name(match[1])):
            yield Finding(match.start(1), match.end(1), "PERSON", 0.7, "relatives")
    for match in source.matches(_SMALL_TITLED):
        if match[1].islower() and _is_name(match[1]):
            yield Finding(match.start(1), match.end(1), "PERSON", 0.65, "relatives")


def _is_name(word: str) -> bool:
    return word.lower() not in _GOES_ON and not is_no_name(word.lower())
