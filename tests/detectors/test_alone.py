import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alone import is_first_name, settle
from detectors.finding import Finding


def settled(text, *values, context="", detector="tagger"):
    """The types that the values, each (value, type), come out with, in the order of the text."""
    found = [Finding(text.index(v), text.index(v) + len(v), kind, 0.9, detector) for v, kind in values]
    return [one.entity_type for one in settle(text, context, sorted(found))]


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("David has three sisters and one brother.", "David", "FIRST_NAME"),
        ("text mollie that i am late", "mollie", "FIRST_NAME"),
        ("please call felicity", "felicity", "FIRST_NAME"),
        ("can i call you zebee from now on", "zebee", "FIRST_NAME"),
        ("Lucie est à la maison avec sa petite-fille.", "Lucie", "FIRST_NAME"),
        ("Write a poem about Ada Lovelace and her engine.", "Ada Lovelace", "PUBLIC_FIGURE"),
        ("What did Einstein say about time?", "Einstein", "PUBLIC_FIGURE"),
        ("Is the Hadwiger hypothesis proven today?", "Hadwiger", "PUBLIC_FIGURE"),
        ("Prove Zorn's lemma in two steps.", "Zorn", "PUBLIC_FIGURE"),
        ("Riederer's plan was not approved by us.", "Riederer", "PERSON"),
        # Sums in words and stories are about nobody.
        ("Weng earns $12 an hour. How much does she earn in 50 minutes?", "Weng", "FIRST_NAME"),
        ("Mr. Alvarez buys 3 boxes with 24 sticks. How many has he?", "Alvarez", "FIRST_NAME"),
        ("Ben sells 4 of 9 cakes to customers. How many are left?", "Ben", "FIRST_NAME"),
        ("Lena kauft 5 Hefte zu je 2 Euro. Wie viel bezahlt sie?", "Lena", "FIRST_NAME"),
        ("Write a story about a dark lord called Morvath.", "Morvath", "FIRST_NAME"),
        ("Write a poem for my colleague Riederer.", "Riederer", "PERSON"),
        ("Our patient Alvarez weighs 80 kg and is 70. How much may he take?", "Alvarez", "PERSON"),
        ("Riederer owes 300 of the 900 euros.", "Riederer", "PERSON"),
        ("Ana Novak has 3 apples and 4 pears. How many is that?", "Ana Novak", "PERSON"),
        # Who lived long ago.
        ("Ludolph van Ceulen found 35 digits in 1596.", "Ludolph van Ceulen", "PUBLIC_FIGURE"),
        ("Ferdinand Ries (1784-1838) wrote it.", "Ferdinand Ries", "PUBLIC_FIGURE"),
        ("Who was Ferdinand Ries?", "Ferdinand Ries", "PUBLIC_FIGURE"),
        ("Wer war Ferdinand Ries?", "Ferdinand Ries", "PUBLIC_FIGURE"),
        ("Who is Ferdinand Ries?", "Ferdinand Ries", "PERSON"),
        ("Ana Novak (1784) is at her desk.", "Ana Novak", "PERSON"),
        ("Ana Novak answered in 1500 words.", "Ana Novak", "PERSON"),
        ("Ana Novak (1964-2019) was kind.", "Ana Novak", "PERSON"),
        ("Explain Obergefell v. Hodges in short.", "Obergefell", "PUBLIC_FIGURE"),
        # Said of somebody in particular.
        ("my name is david and i need help", "david", "PERSON"),
        ("Hi David, can we meet on Friday?", "David", "PERSON"),
        ("The plan is good.\nRegards,\nDavid", "David", "PERSON"),
        ("Ich heiße Jonas und brauche Hilfe.", "Jonas", "PERSON"),
        ("Je m'appelle Lucie, j'ai une question.", "Lucie", "PERSON"),
        ("We met Dr. David about the new plan.", "David", "PERSON"),
        ("Our colleague David is often late for work.", "David", "PERSON"),
        ("David wants a higher salary, what do I tell him?", "David", "PERSON"),
        ("Der Mitarbeiter Jonas kommt oft zu spät.", "Jonas", "PERSON"),
        ("My name is Michael Jackson, not that one.", "Michael Jackson", "PERSON"),
        ("Patient: Michael Jordan, admitted today", "Michael Jordan", "PERSON"),
        ("Der Kunde Albert Einstein hat gekündigt.", "Albert Einstein", "PERSON"),
        ('{"customer": "Tom Hanks", "note": "late payer"}', "Tom Hanks", "PERSON"),
        ("name: Ada Lovelace", "Ada Lovelace", "PERSON"),
        ("Who is a better actor than Tom Hanks, say the customers?", "Tom Hanks", "PUBLIC_FIGURE"),
        # More than a first name.
        ("David Novak has three sisters and one brother.", "David Novak", "PERSON"),
        ("Riederer said that this was a good solution.", "Riederer", "PERSON"),
        ("David", "David", "PERSON"),  # an answer, or a form's field
        ("david 7", "david", "PERSON"),
    ],
)
def test_one_name(text, value, kind):
    assert settled(text, (value, "PERSON")) == [kind]


@pytest.mark.parametrize(
    ("text", "values", "kinds"),
    [
        # One other value tells who is meant.
        ("David, call me at 555-0100 about it", [("David", "PERSON"), ("555-0100", "PHONE_NUMBER")], ["PERSON", "PHONE_NUMBER"]),
        ("David met Ana Novak there yesterday.", [("David", "PERSON"), ("Ana Novak", "PERSON")], ["PERSON", "PERSON"]),
        ("Ask Newton and Ana Novak about it.", [("Newton", "PERSON"), ("Ana Novak", "PERSON")], ["PERSON", "PERSON"]),
        # These tell nothing.
        ("David lives in Rome, as does Ana.", [("David", "PERSON"), ("Rome", "LOCATION"), ("Ana", "PERSON")],
         ["FIRST_NAME", "LOCATION", "FIRST_NAME"]),
        ("David loves the music of Johann Sebastian Bach.", [("David", "PERSON"), ("Johann Sebastian Bach", "PERSON")],
         ["FIRST_NAME", "PUBLIC_FIGURE"]),
        ("Harry Potter is a boy. One day Ron came along.", [("Harry Potter", "PERSON"), ("Ron", "PERSON")],
         ["PUBLIC_FIGURE", "FIRST_NAME"]),
        ("please play penny lane for me", [("penny lane", "STREET_ADDRESS")], ["LOCATION"]),
        ("please drive me to 27 moss lane", [("27 moss lane", "STREET_ADDRESS")], ["STREET_ADDRESS"]),
        ("David lives in Moss Lane with his dog.", [("David", "PERSON"), ("Moss Lane", "STREET_ADDRESS")],
         ["FIRST_NAME", "LOCATION"]),
        ("Ana Novak lives in Moss Lane.", [("Ana Novak", "PERSON"), ("Moss Lane", "STREET_ADDRESS")],
         ["PERSON", "STREET_ADDRESS"]),
        ("David has the key sk-abc123 of it", [("David", "PERSON"), ("sk-abc123", "API_KEY")], ["FIRST_NAME", "API_KEY"]),
    ],
)  # fmt: skip
def test_several_values(text, values, kinds):
    assert settled(text, *values) == kinds


def test_a_part_of_a_public_figure_s_name_is_the_figure():
    text = "Tony Stark says: as Stark I would never do that."
    found = [Finding(0, 10, "PERSON", 0.9, "tagger"), Finding(20, 25, "PERSON", 0.8, "repeats")]
    assert [one.entity_type for one in settle(text, "", found)] == ["PUBLIC_FIGURE", "PUBLIC_FIGURE"]


@pytest.mark.parametrize(
    ("context", "kind"), [("content", "FIRST_NAME"), ("first_name", "PERSON"), ("customer", "PERSON")]
)
def test_the_field_s_name_counts(context, kind):
    assert settled("David has three sisters and one brother.", ("David", "PERSON"), context=context) == [kind]


@pytest.mark.parametrize(
    ("context", "text", "kind"),
    [
        ("enum", "max", "FIRST_NAME"),
        ("const", "Novak", "FIRST_NAME"),
        ("enum", "Ana Novak", "PERSON"),
        ("type", "Novak", "PERSON"),
    ],
)
def test_the_words_of_a_schema_are_nobody_in_particular(context, text, kind):
    assert settled(text, (text, "PERSON"), context=context) == [kind]


def test_who_stands_among_public_figures_is_one():
    figures = ["Isaac Newton", "Albert Einstein", "Ada Lovelace"]
    names = [(name, "PERSON") for name in [*figures, "Ferdinand Ries"]]
    text = "Compare Isaac Newton, Albert Einstein, Ada Lovelace and Ferdinand Ries."
    assert settled(text, *names) == ["PUBLIC_FIGURE"] * 4
    assert settled(text.replace("Compare", "Compare my friends"), *names)[3] == "PERSON"
    assert settled(text.replace("Isaac Newton, ", ""), *names[1:])[2] == "PERSON"


def test_a_transcript_s_speaker_is_somebody():
    assert settled("[10:16 AM] Mike: are we on for lunch?", ("Mike", "PERSON"), detector="speakers") == ["PERSON"]


@pytest.mark.parametrize("word", ["David", "Łukasz", "SVENJA", "Nikolaï", "Žofia"])
def test_first_names_of_many_countries(word):
    assert is_first_name(word)


@pytest.mark.parametrize("word", ["Riederer", "table", "Kubernetes", ""])
def test_no_first_names(word):
    assert not is_first_name(word)


@given(st.text(max_size=60), st.data())
def test_nothing_is_lost_and_nothing_moves(text, data):
    kinds = st.sampled_from(["PERSON", "STREET_ADDRESS", "LOCATION", "PHONE_NUMBER", "SECRET"])
    cuts = sorted(set(data.draw(st.lists(st.integers(0, len(text)), max_size=6))))
    found = [
        Finding(a, b, data.draw(kinds), 0.9, "tagger") for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < b
    ]
    out = settle(text, "", found)
    assert [(one.start, one.end, one.score) for one in out] == [(one.start, one.end, one.score) for one in found]
    for before, after in zip(found, out, strict=True):
        if before.entity_type not in {"PERSON", "STREET_ADDRESS"}:
            assert after.entity_type == before.entity_type
