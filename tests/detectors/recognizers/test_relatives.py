import pytest

from detectors.recognizers.relatives import find


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("me and my cousin Segun in Croydon", "Segun"),
        ("my mother-in-law, Gerlinde, moves in", "Gerlinde"),
        ("Our neighbour Tunde-Ray complained", "Tunde-Ray"),
        ("Auntie Folake's sixtieth", "Folake"),
        ("appeler ma sœur Capucine", "Capucine"),
        ("gli auguri per nonno Arcangelo", "Arcangelo"),
        ("mi hermano Ulises no contesta", "Ulises"),
        ("mijn broer Wubbo komt", "Wubbo"),
        ("o meu irmão Tomé", "Tomé"),
        ("moja siostra Kinga", "Kinga"),
        ("meine Schwester Detlef ruft an", "Detlef"),
        ("bei Onkel Korbinian", "Korbinian"),
        ("zeg tegen tante marie dat", "marie"),
        ("en mevrouw terpstra is boos", "terpstra"),
        ("y doña eulalia está furiosa", "eulalia"),
        ("sag das der frau özdemir", "özdemir"),
    ],
)
def test_positives(found, text, name):
    assert found(find, text) == [(name, "PERSON")]


@pytest.mark.parametrize(
    "text",
    [
        "my cousin is late",
        "How I Met Your Mother And Other Tales",
        "My Brother Sun, Sister Moon",
        "my wife May not come",
        "my neighbor Totoro",
        "Our mother Earth",
        "Tata Motors and Tata Steel",
        "mein Bruder Geld leihen",
        "die frau hat recht",
        "frau und mann",
        "mevrouw heeft gebeld",
        "señora directora",
        "herr doktor",
        "the uncle who left",
        "grandma cooks",
        "my partner Contoso",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
