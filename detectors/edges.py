"""What isn't part of a name at its edges: small words, roles, labels and days of the languages that people write.

The tagger learnt names mostly from English, and takes a word too many in others: "Roccaforte martedì", "alunna Leila
Bennani", "sabina di". A finding of which nothing else is left is none: "Luogo di", "Mobiel". Particles that begin a
family name ("van", "de", "di") stay in front of it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from detectors.finding import OWN, Finding

# Written small, no part of anybody's name in these languages. (Das, Lo, Do, Per and Domingo are people's names.)
_SMALL_WORDS = """
der die dem den ein eine einer und oder mit bei von zum zur aus auf für ist hat hatte war wird wohnt sagt fragt fragen
ruft kommt dass weil heute gestern nicht noch nata nato wohnhaft geboren
le la une du et avec chez pour par est sont était qui que dit demande habite lundi mardi mercredi jeudi vendredi samedi
dimanche aujourd'hui hier demain née né
el los las una unos y por para del es son era dice dijo pregunta vive lunes martes miércoles jueves viernes sábado hoy
ayer mañana
il gli i di da in è sono che dice chiede abita lunedì martedì mercoledì giovedì venerdì domenica oggi ieri domani dalle
alle
het een en of bij voor door naar uit op is zijn was heeft zegt vraagt moest woont wonende maandag dinsdag woensdag
donderdag vrijdag zaterdag zondag vandaag gisteren
o a um uma com da no é são diz pergunta mora aguarda pede hoje ontem amanhã
oraz lub od przy we w za że żeby jest są był była mówi pyta mieszka czeka poniedziałek wtorek środa czwartek piątek
sobota niedziela dziś wczoraj jutro jak gdzie kiedy długo
"""
# A person's role, a form's label, a greeting; with or without a capital.
_OTHER_WORDS = """
zeugin zeuge schülerin schüler patientin mieterin mieter kollegin kollege mitarbeiterin mobil handy telefon geehrte
geehrter antragsteller antragstellerin geburtsort geburtsdatum anschrift
patiente témoin salariée collègue chère demandeur demanderesse portable téléphone prénom adresse domicile bonjour
alumna alumno paciente testigo empleada compañera querida querido estimada estimado solicitante lugar móvil teléfono
apellidos nombre dirección domicilio cabecera
alunna alunno paziente dipendente collega richiedente luogo nascita cellulare telefono cognome indirizzo grazie
buongiorno gentile
leerling patiënt getuige werknemer verzoeker sollicitatie mobiel telefoon voornaam achternaam geachte bedankt
aluna aluno testemunha funcionária colega requerente prezada prezado telemóvel telefone apelido endereço obrigado
passaporte naturalidade
buchhaltung vertrieb einkauf personalabteilung kolleginnen kollegen mahnung comptabilité achats contabilidad tesorería
compras administración contabilità ufficio acquisti magazzino boekhouding inkoop rondvraag tesouraria contabilidade
kadry księgowość zakupy budżet
uczennica uczeń pacjentka pacjent świadek pracownica pracownik koleżanka wnioskodawca wynajmujący wynajmująca komórka
nazwisko dziękuję proszę
"""
_SMALL = frozenset((*_SMALL_WORDS.split(), *_OTHER_WORDS.split()))
_ANY = frozenset(_OTHER_WORDS.split())
_PARTICLE_WORDS = """
van von der den de del della di da do dos das du la las los le el les het ten ter i y e o
"""
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_FIRST = re.compile(r"(?<!\w)[^\W\d_]+(?:'[^\W\d_]+)?(?!\w)")
_LAST = re.compile(r"(?<!\w)([^\W\d_]+(?:'[^\W\d_]+)?)[^\w]*\Z")
_NAMES = frozenset({"PERSON", "FIRST_NAME", "PUBLIC_FIGURE"})
_TRIMMED = _NAMES | {"STREET_ADDRESS"}


def without_edges(text: str, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings without what isn't part of the names at their edges. What the company registered stays as it is."""
    return tuple(
        trimmed for one in findings if (trimmed := _trimmed(text, one) if _is_trimmed(one) else one) is not None
    )


def _is_trimmed(one: Finding) -> bool:
    return one.entity_type in _TRIMMED and not one.detector.startswith(OWN)


def _trimmed(text: str, one: Finding) -> Finding | None:
    start, end = one.start, one.end
    while (last := _LAST.search(text, start, end)) is not None and is_no_name(last[1]):
        end = last.start(1)
    while (first := _FIRST.search(text, start, end)) is not None and is_no_name(first[0]):
        if one.entity_type in _NAMES and first[0] in _PARTICLES and text[first.end() : end].strip()[:1].isupper():
            break
        start = first.end()
    if (start, end) == (one.start, one.end):
        return one
    while start < end and (text[end - 1].isspace() or text[end - 1] in ",:;"):
        end -= 1
    while start < end and (text[start].isspace() or text[start] in ".,:;"):
        start += 1
    if start >= end or not any(character.isalpha() for character in text[start:end]):
        return None
    return replace(one, start=start, end=end)


def is_no_name(word: str) -> bool:
    """Whether a word is no name."""
    return word in _SMALL or (word.istitle() and word.lower() in _ANY)
