import pytest

from detectors.recognizers.said_passwords import find


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Bitte nimm das Passwort Holunder#5 dafür", "Holunder#5"),
        ("mein Passwort ist Sommer2024!", "Sommer2024!"),
        ("Das Passwort für den Router lautet: hgzT-77kd", "hgzT-77kd"),
        ("Kennwort: Winter#23", "Winter#23"),
        ("la contraseña es Verano2024!", "Verano2024!"),
        ("mi contraseña: gato#99x", "gato#99x"),
        ("mot de passe : Soleil#42", "Soleil#42"),
        ("mon mot de passe est Soleil42, merci", "Soleil42"),
        ("la password è Estate2024!", "Estate2024!"),
        ("het wachtwoord is Zomer2024!", "Zomer2024!"),
        ("a senha é Verao2024!", "Verao2024!"),
        ("hasło to Lato2024!", "Lato2024!"),
        ("moje hasło: kot#99x", "kot#99x"),
    ],
)
def test_positives(found, text, value):
    assert (value, "PASSWORD") in found(find, text)


def test_codes_that_a_conversation_asked_for(found):
    text = "We sent a code for verification.\n[2:22 PM] Customer: The code is 471936."
    assert found(find, text) == [("471936", "PASSWORD")]
    assert found(find, "Your discount works, the code is 471936.") == []
    assert found(find, "The error code is 50012.") == []


@pytest.mark.parametrize(
    "text",
    [
        "Das Passwort ist falsch",
        "Passwort: <dein-Passwort>",
        "la contraseña es obligatoria",
        "mot de passe : ${PASSWORD1}",
        "a senha é https://example.com/reset1",
        "hasło to podstawa",
        "La clave es 123456789012",
        "Kennwort 2",
        "Passwort 2. Teil (2026)",
        "password: " + "AgB4" * 40,
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
