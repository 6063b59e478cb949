"""People, addresses and numbers as letters and forms name them in other languages than English.

Sehr geehrte Frau Hajduk · Sig.ra Bellandi · Imię i nazwisko: Róża Esterka · délivré à Anaïs Lemoine · calle mayor 45 ·
12 bis rue des Lilas · Kundennummer KD-448120

A title, a form's label or the kind of a street is the same in any text of its language, so that this needs no model. A
word that is an everyday one in English ("via", "place", "pan") counts only in texts that are in its own language.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.given_names import is_given_name
from detectors.languages import languages
from detectors.recognizers.placeholders import is_placeholder
from detectors.recognizers.rule import Rule, RuleTable
from detectors.recognizers.source import Source

_NAME_WORD = r"[^\W\d_]{2,24}(?:[-'\u2019][^\W\d_]{2,24})?"
_PARTICLE = (
    "(?:van der |van den |van de |van |von der |von |de la |de los |del |della |de |da |dos |do |di |du |le |el |ten |"
    "ter )"
)
_PARTICLES = frozenset(_PARTICLE.strip("(?:)").replace("|", "").split())
_ARTICLES = frozenset(("der", "den", "die", "das", "des", "la", "las", "los", "el", "le", "les"))  # "Herr der Lage"
_WORD = re.compile(r"\S+")
_NO_NAMES = frozenset(
    ("dr", "prof", "ing", "datum", "nummer", "adresse", "doktor", "professor", "presidente", "direttore", "minister",
     "präsidentin", "präsident", "kanzlerin", "bundeskanzlerin", "ministre", "président", "présidente", "director",
     "directora", "directeur", "direktor", "bürgermeister", "bürgermeisterin", "holle", "noël", "gott", "jesus", "dios",
     "dieu")
)  # fmt: skip
_NAME = rf"({_PARTICLE}?{_NAME_WORD}(?: [^\W\d_]\.)?(?: {_PARTICLE}?{_NAME_WORD}){{0,3}})"

# Before a name, in letters. A full stop or a space follows.
_TITLES = (
    r"Frau|Herrn?|Sig\.(?:ra|na)?|Sigra|[Ss]ignor(?:a|e|ina)?|[Dd]ott\.(?:ssa)?|[Dd]ottor(?:e|essa)?|(?<!\.)M\.|"
    r"[Dd]octeur|[Dd]octora?|[Dd]outora?|[Dd]okter|[Dd]oktor|Avv\.|Geom\.|"
    r"[Dd]hr\.?|[Mm]evr\.?|[Mm]evrouw|[Mm]eneer|[Dd]e heer|Sra?\.|Srta\.|[Ss]eñor(?:a|ita)?|Doña|D\.ª|[Ss]enhora?|"
    r"Exm[ao]\. Sra?\.|Mmes?|Mlles?|MM\.|[Mm]adame|[Mm]onsieur|[Mm]ademoiselle|Maître|[Pp]aní|[Ss]lečna|"
    r"Sayın|[Dd]omnu(?:l|lui)|"
    r"[Dd]oamn(?:a|ei|ă)|[Gg]ospodin|[Gg]ospo[dđ]a|[Rr]ouva|[Hh]erra|[Ff]ru|[Ff]röken|"
    r"[Гг]осподин|[Гг]оспожа|[Гг]-н|[Гг]-жа|[Пп]ане?|[Пп]ані|[Кк]ύριος|[Κκ]ύριος|[Κκ]ύριο|[Κκ]υρία|[Κκ]ύριε"
)
_POLISH_TITLES = r"[Pp]an(?:i|a|u|em|ią)?|[Pp]ań?stw[oa]"
_TITLED = gated(re.compile(rf"(?<![^\W_])(?:{_TITLES}) (?:(?:Dr|Prof|Ing|Mag|Dipl)\.(?:-Ing\.)? )?{_NAME}"))
_TITLED_POLISH = re.compile(rf"(?<![^\W_])(?:{_POLISH_TITLES}) (?:(?:dr|prof|inż|mgr|mec)\.? ){{0,2}}{_NAME}")
_POLISH_LETTER = re.compile("[ąćęłńśźżěřůčšžý]")

# Whose something is, or who somebody is; only a full name counts behind these.
_WHOSE = (
    r"délivrée? à|établie? au nom de|au nom de|expedid[oa] a|a nombre de|emitid[oa] a|em nome de|"
    r"rilasciat[oa] a|intestat[oa] a|"
    r"op naam van|t\.n\.v\.|ten name van|auf den Namen|ausgestellt (?:auf|für)|wystawion[yae] na|"
    r"należy do|należąc[ya] do|na nazwisko|"
    r"na jméno|vystaven[ýáo] na|eliberat[ăe]? lui|pe numele lui|adına|выдан[аоы]?|на имя|на ім'я|виданий|"
    r"(?:[Kk]olleg[ea]n?|[Cc]oll[èe]gue|[Cc]ompañer[oa]|[Cc]olega|[Cc]ollega|[Kk]oleżanka|[Kk]olegul|"
    r"[Kk]ollegan|[Kk]ollegaen|"
    r"[Kk]ollegamme|[Kk]ollégánk,?|arkadaşımız|[Чч]оловік|[Кк]оллега|[Кк]олега|[Σσ]υνάδελφος|[Ss]vědek|"
    r"[Tt]este|[Tt]estigo|[Tt]émoin|"
    r"[Tt]estemunha|[Gg]etuige|[Zz]eug(?:e|in)|[Śś]wiadek|[Pp]acjent(?:ka)?|[Pp]aciente|[Pp]aziente|[Pp]atiënte?|"
    r"[Mm]itarbeiter(?:in)?|[Mm]ieter(?:in)?|[Dd]ipendente|[Ee]mplead[oa]|[Ss]alariée?|[Ww]erkne(?:mer|"
    r"emster)|[Pp]racowni(?:k|ca)|"
    r"[Ff]uncionári[oa]|[Ll]ocataire|[Ii]nquilin[oa]|[Hh]uurder|[Nn]ajemca)"
)
_OWNED = gated(re.compile(rf"(?<![^\W_])(?:{_WHOSE}) {_NAME}"))

# A form's labels: behind those of parts of a name one word is a name, behind the others two are.
_PARTS = (
    "Patient(?:in|ka)?|Patiënte?|Paciente|Pacjent(?:ka)?|Pacient(?:ka|ă)?|Paziente|Beteg|Potilas|Hasta|"
    "Vorname|Nachname|"
    "Familienname|Nom(?: de famille)?|Prénom|Apellidos?|Cognome|Apelido|Sobrenome|Voornaam|Achternaam|Imię|Nazwisko|"
    "Příjmení|Priezvisko|Prezime|Priimek|Prenume|Sukunimi|Etunimi|Förnamn|Efternamn|Fornavn|Etternavn|Soyad[ıi]?|"
    "Kontoinhaber(?:in)?|Titulaire|Intestatario|Rekeninghouder|Ansprechpartner(?:in)?|Пациент(?:ка)?|Пацієнт(?:ка)?|"
    "Фамилия|Прізвище|Ασθενής|Επώνυμο"
)
_WHOLES = (
    "Name|Nom et prénom|Nombre(?: y apellidos| completo)?|Nome(?: e cognome| completo)?|Naam|Imię i nazwisko|Jméno"
    "(?: a příjmení)?|Meno|Ime|Nume(?: și prenume)?|Név|Nimi|Namn|Navn|Ad[ıi]?(?: Soyad[ıi]?)?|"
    "Empfänger(?:in)?|Titular|"
    "Właściciel|Mieter(?:in)?|Vermieter(?:in)?|Kund(?:e|in)|Zeug(?:e|in)|Mitarbeiter(?:in)?|Client[e]?|"
    "Locataire|Bailleur|"
    "Salarié[e]?|Témoin|Inquilin[oa]|Arrendador[a]?|Emplead[oa]|Testigo|Dipendente|Locatore|Conduttore|"
    "Klient(?:ka)?|Najemca|"
    "Wynajmujący|Pracowni(?:k|ca)|Świadek|Klant|Huurder|Verhuurder|Werknemer|Senhorio|Имя|ФИО|Ф\\.И\\.О\\.|"
    "Клиент(?:ка)?|Ім'я|ПІБ|Клієнт(?:ка)?|Όνομα|Ονοματεπώνυμο|Πελάτης"
)
_BEHIND = rf"\s?: {{0,3}}{_NAME}(?=\s?[,;|(\n\r.]|\s{{2}}|\s?$)"
_PART = gated(re.compile(rf"(?<![^\W_])(?:{_PARTS}){_BEHIND}"))
_WHOLE = gated(re.compile(rf"(?<![^\W_])(?:{_WHOLES}){_BEHIND}"))

# Streets whose kind stands before their name and the number behind it, and the other way round.
_KINDS = (
    r"calle|c/|avenida|avda\.?|plaza|paseo|camino|carrer|ronda|rua|travessa|praça|estrada|alameda|largo|"
    r"via|viale|corso|piazza|piazzale|vicolo|strada|str\.|ul\.|ulica|ulicy|al\.|aleja|aleje|pl\.|placu?|os\.|osiedle|"
    r"ulice|náměstí|třída|bulevardul|calea|улица|ул\.|проспект|пр-т|переулок|пер\.|вулиця|вул\.|οδός|λεωφόρος"
)
_ORDINARY = frozenset(
    ("via", "strada", "largo", "corso", "str.", "al.", "pl.", "os.", "camino", "plaza", "ronda", "place")
)
_STREET_WORD = r"[^\W\d_](?:[^\W\d_]|['\u2019.-]){0,20}"
_NUMBER = r"\d{1,4}(?: m\. ?\d{1,4}|(?:(?:[A-Za-z]| (?-i:[A-Z]))(?![^\W\d_]))?(?: ?[/-] ?\d{1,4}[A-Za-z]?)?)"
_UNITS = (
    r"(?:metr|mètr|km\b|kilom|person|euro|€|ann[io]|años?\b|ans\b|lat\b|godz|min|hor|heur|ore\b|giorn|d[ií]as|jours)"
)
_SMALL_WORDS = frozenset(
    [
        "de",
        "del",
        "della",
        "dei",
        "degli",
        "di",
        "da",
        "do",
        "dos",
        "das",
        "la",
        "las",
        "los",
        "el",
        "le",
        "les",
        "il",
        "lo",
        "gli",
        "no",
        "na",
    ]
)
_ALWAYS = re.compile(r"(?:rue|avenue|av\.|boulevard|bd\.?|allée|chemin|impasse|quai|faubourg)$", re.IGNORECASE)
_YEAR = re.compile(r" (?:19|20)\d\d$")
_STREET = gated(
    re.compile(
        rf"(?<![\w/@.-])({_KINDS})\s{{1,2}}({_STREET_WORD}(?: {_STREET_WORD}){{0,4}}),? "
        rf"(?:n[.º°]+ ?|nr\.? ?|no:? ?|núm\.? ?|д\. ?|буд\. ?|č\. ?)?{_NUMBER}(?![\w%€$°]|[.,]\d| ?{_UNITS})",
        re.IGNORECASE,
    )
)
_NUMBER_FIRST = gated(
    re.compile(
        r"(?<![\w/@.,-])\d{1,4}(?: ?(?:bis|ter|quater|[A-Da-d](?![^\W\d_])))?,? "
        r"(rue|avenue|av\.|boulevard|bd\.?|place|allée|chemin|impasse|quai|route|cours|square|passage|faubourg) "
        r"((?:(?:de la|de l['\u2019]|des|du|de|d['\u2019]|la|le|les|l['\u2019]) ?)?[^\W\d_]"
        r"(?:[^\W\d_]|['\u2019-]){2,20}(?: (?:de |du |des |la |le )?(?-i:[A-ZÀ-Ý])[^\W\d_]{2,20}){0,3})",
        re.IGNORECASE,
    )
)
_ROMANCE = frozenset(("es", "pt", "it", "fr", "ca", "gl", "ro", "pl", "cs", "sk"))
_NO_STREET = re.compile(
    r"(?i)\b(?:mail|e-mail|http|https|api|ssh|port|sms|fax|usb|tcp|udp|version|zoom|teams|slack|web|el|por)\b"
)

# Numbers that a word of another language says are somebody's.
_NUMBERED = (
    "(?:kunden|personal|mitarbeiter|vertrags?|mitglieds?|policen?|versicherungs?|depot|schüler|matrikel|debitoren|"
    "klant|personeels|werknemers?|lid|polis|leerling|contract)(?:nummer|nr\\.?)|"
    "(?:n[uú]m[eé]ro|n[°ºo]\\.?)(?: de| d['\u2019])? ?(?:client|cliente|dossier|contrat|contrato|adhérent|salarié|"
    "employé|étudiant|police|empleado|funcionário|socio|sócio|póliza|apólice|alumno|aluno|abonado|afiliado|expediente)|"
    "matricule|matr[íi]cula|matricola|(?:codice|numero)(?: di)? ?(?:cliente|dipendente|contratto|polizza|socio|utente)|"
    "(?:numer|nr)(?: ewidencyjny)? ?(?:klienta|pracownika|umowy|polisy|albumu|członkowski)|"
    "(?:kund|kunde|medlems|anställnings|medarbejder|asiakas|jäsen)(?:nummer|nr\\.?|numero)|"
    "číslo (?:klienta|zákazníka|smlouvy|pojistky)|номер (?:клиента|договора|полиса|клієнта|договору)"
)
_TABLE = RuleTable(
    (
        Rule(
            "abroad",
            "ACCOUNT_NUMBER",
            re.compile(
                rf"(?i)(?<![^\W_])(?:{_NUMBERED})(?:\s{{0,2}}(?:[:=#]|nr\.?|n[°º]\.?|lautet|ist|est|es|è|is|é|"
                rf"to)){{0,2}}"
                r"\s{0,3}(([A-Z]{1,5}[-/ ]?)?\d{3,14}(?:[-/.][A-Z0-9]{1,12}){0,3})(?![\w@])"
            ),
            0.85,
            1,
            lambda value: not is_placeholder(value),
            within="numbers",
        ),
        # A contract by its letters and number.
        Rule(
            "abroad",
            "ACCOUNT_NUMBER",
            re.compile(
                r"(?i)(?<![^\W_])(?:vertrag|contrat|contrato|contratto|umow[aęy]|polic[ey]|póliza|apólice|polizza|"
                r"polis[aęy]?|"
                r"avtal|kontrakt|smlouv[auy])(?:\s?:|\s(?:nr|n)[.º°]*)?\s((?-i:[A-Z]{1,4})[-/]?\d{5,14})(?![\w@])"
            ),
            0.75,
            1,
            within="numbers",
        ),
        # A chat in small letters: who was told or asked. Only frequent given names count.
        Rule(
            "abroad",
            "PERSON",
            re.compile(
                r"(?i)(?<![^\W_])(?:dit à|dis à|demander? à|dije a|dile a|pregunt(?:ar|ara|a|é) a|disse (?:ao?|à)|"
                r"diga (?:ao?|à)|"
                r"pergunt(?:ar|a|e) (?:ao?|à)|detto a|chied(?:ere|i) a|gesagt,? dass|frag(?:e|st)?(?: mal)?|"
                r"hab(?:e)? (?:mit|mich mit)|"
                r"zei tegen|zeg tegen|vraag(?: het)?(?: aan)?|powiedział[ea]m|zapytaj|told|tell|"
                r"ask(?:ed)?) ([^\W\d_]{3,15})(?![\w@'\u2019])"
            ),
            0.7,
            1,
            lambda value: value.islower() and is_given_name(value),
        ),
    )
)


def find(source: Source) -> Iterator[Finding]:
    """Everybody and everything that is named so."""
    text = source.text
    for match in source.matches(_TITLED):
        yield from _named(match, 0.85)
    for match in source.matches(_PART):
        yield from _named(match, 0.8)
    for pattern in (_WHOLE, _OWNED):
        for match in source.matches(pattern):
            yield from _named(match, 0.8, least=2)
    if not text.isascii() and _POLISH_LETTER.search(text):
        for match in _TITLED_POLISH.finditer(text):
            yield from _named(match, 0.85)
    yield from _streets(source)
    yield from _TABLE.apply(source)


def _named(match: re.Match[str], score: float, least: int = 1) -> Iterator[Finding]:
    """The capitalised words of what may be a name, as far as they follow each other."""
    end = count = 0
    for word in _WORD.finditer(match[1]):
        written = word[0].strip(".")
        if written[0].isupper() and written.lower() not in _NO_NAMES:
            count += len(written) > 1
            end = word.end() if len(written) > 1 else end
        elif written not in _PARTICLES or (word.start() == 0 and written in _ARTICLES):
            break
    if count >= least:
        yield Finding(match.start(1), match.start(1) + end, "PERSON", score, "abroad")


def _streets(source: Source) -> Iterator[Finding]:
    text, spoken = source.text, None
    for match in source.matches(_STREET):
        name = [word for word in match[2].lower().split() if len(word) > 2 and word not in _SMALL_WORDS]
        if not name:
            continue
        ordinary = match[1].lower() in _ORDINARY
        if ordinary or match[2].islower():
            spoken = set(languages(text)) if spoken is None else spoken
            if (match[1].isascii() and not spoken & _ROMANCE and (spoken or ordinary)) or _NO_STREET.search(match[2]):
                continue
            if ordinary and _YEAR.search(match[0]):
                continue
        yield Finding(match.start(), match.end(), "STREET_ADDRESS", 0.8, "abroad")
    for match in source.matches(_NUMBER_FIRST):
        named = not match[2].islower()
        if not named and _ALWAYS.match(match[1]) is None:
            continue
        spoken = set(languages(text)) if spoken is None else spoken
        if "fr" in spoken or (not spoken and named):
            yield Finding(match.start(), match.end(), "STREET_ADDRESS", 0.8, "abroad")
