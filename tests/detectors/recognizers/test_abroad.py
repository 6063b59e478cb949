"""Names, streets and numbers as other languages name them: positives, and what looks like them."""

import pytest

from detectors.recognizers.abroad import find
from detectors.recognizers.source import Source


def told(text):
    return [(text[one.start : one.end], one.entity_type) for one in find(Source(text))]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sehr geehrte Frau Hinrichsen, anbei", "Hinrichsen"),
        ("der Brief an Herrn Dr. Pfeil ist da", "Pfeil"),
        ("Gentile Sig.ra Bellandi, in allegato", "Bellandi"),
        ("le analisi del signor Unali", "Unali"),
        ("medico curante Dott. Ettore Brambilla", "Ettore Brambilla"),
        ("les analyses de M. Unal sont là", "Unal"),
        ("a Sra. de la Cruz Montes llamó", "de la Cruz Montes"),
        ("dhr. Tillema wacht", "Tillema"),
        ("mevrouw van der Berg belde", "van der Berg"),
        ("czy pan Tyszkiewicz już dzwonił, proszę o odpowiedź", "Tyszkiewicz"),
        ("Dobrý den, paní Horáčková", "Horáčková"),
        ("Sayın Ayşe Yıldırım, ekte", "Ayşe Yıldırım"),
        ("Κύριε Αντωνίου, σας γράφω", "Αντωνίου"),
        ("Patientin: Wiebke Oltmanns, geb.", "Wiebke Oltmanns"),
        ("Nom : Roux, Prénom : Élodie", "Roux"),
        ("Imię i nazwisko: Róża Esterka; PESEL", "Róża Esterka"),
        ("Пациентка: Валентина Ольшанская, тел.", "Валентина Ольшанская"),
        ("Passeport délivré à Anaïs Lemoine.", "Anaïs Lemoine"),
        ("expedido a Ainhoa Lemos", "Ainhoa Lemos"),
        ("t.n.v. Sientje Kruithof", "Sientje Kruithof"),
        ("La teste Immacolata Quaranta dichiara", "Immacolata Quaranta"),
    ],
)
def test_names(text, name):
    assert (name, "PERSON") in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "Er war Herr der Lage und Frau seiner Sinne.",
        "Frau Holle schüttelt die Betten",
        "the frying pan Teflon made",
        "Patient: unbekannt",
        "Name: Pizzeria",
        "Name: README",
        "Nombre: Madrid",
        "un mitarbeiter der Verwaltung",
        "ein Mitarbeiter der Dürener Kreisverwaltung",
        "Frau Bundeskanzlerin",
        "délivré à Paris",
        "colega de trabajo",
        "F.M. Radio",
    ],
)
def test_no_names(text):
    assert "PERSON" not in {kind for _, kind in told(text)}


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("vive en la calle mayor 45 desde hace años", "calle mayor 45"),
        ("Avda. de la Constitución, 7", "Avda. de la Constitución, 7"),
        ("abita in via roma 45 da dieci anni", "via roma 45"),
        ("Corso Vittorio Emanuele II 7, Torino, è lontano da casa mia", "Corso Vittorio Emanuele II 7"),
        ("moro na rua direita 45 há dez anos", "rua direita 45"),
        ("zam. ul. Lipowa 12/4, Warszawa", "ul. Lipowa 12/4"),
        ("abita in corso Garibaldi 7 a Vercelli", "corso Garibaldi 7"),
        ("na ulicy Długiej 8 w Tarnowie", "ulicy Długiej 8"),
        ("Calle Goya 31 B, Madrid", "Calle Goya 31 B"),
        ("al. Niepodległości 7 m. 3, proszę dostarczyć jutro", "al. Niepodległości 7 m. 3"),
        ("живёт на ул. Липовая, д. 12", "ул. Липовая, д. 12"),
        ("domiciliée au 12 bis rue des Lilas à Lyon depuis hier", "12 bis rue des Lilas"),
        ("J'habite au 3 place Bellecour depuis dix ans.", "3 place Bellecour"),
        ("elle habite 45 rue de la république avec sa mère", "45 rue de la république"),
    ],
)
def test_streets(text, street):
    assert (street, "STREET_ADDRESS") in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "We sent the parcel via express 24 and it arrived before noon on Monday",
        "connect via port 8080 and place 3 orders for the team before lunch",
        "via HTTP 2",
        "place 3 items in the cart, then route 5 requests to the queue",
        "una calle de 45 metros",
        "il est arrivé 3 place après moi",
        "J'ai 3 cours de maths et 2 passages obligés",
        "en la plaza 300 personas",
        "corso di formazione 2024",
    ],
)
def test_no_streets(text):
    assert "STREET_ADDRESS" not in {kind for _, kind in told(text)}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Kundennummer KD-448120, bitte", "KD-448120"),
        ("Kundennummer: 448120", "448120"),
        ("Numéro client CL-448120", "CL-448120"),
        ("(matricule 100482)", "100482"),
        ("(matricola 100482)", "100482"),
        ("número de empleado 100482", "100482"),
        ("numer klienta KL-448120", "KL-448120"),
        ("klantnummer: KL 448120", "KL 448120"),
        ("номер договора 448120", "448120"),
        ("meinen Vertrag V-2204417 kündigen", "V-2204417"),
        ("wypowiedzieć umowę U-2204417", "U-2204417"),
    ],
)
def test_numbers(text, number):
    assert (number, "ACCOUNT_NUMBER") in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "Vertrag 2024",
        "der Vertrag von 1998",
        "numéro 12",
        "Kundennummer fehlt",
        "contrat no 3",
        "matricule",
        "Kundennummer: 0000000",
    ],
)
def test_no_numbers(text):
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ich hab gesagt, dass moritz kommt", ["moritz"]),
        ("le dije a mateo que sí", ["mateo"]),
        ("zeg tegen anna dat het klaar is", ["anna"]),
        ("tell will that", []),
        ("tell me that", []),
        ("ask the team", []),
    ],
)
def test_chats_in_small_letters(text, expected):
    assert [value for value, kind in told(text) if kind == "PERSON"] == expected
