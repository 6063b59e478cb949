import pytest

from detectors.recognizers.wallets import find

ETH = "0x" + "52908400098527886E0F7030069857D2E4169EE7"
TRON = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f"send to {ETH}", [ETH]),
        (TRON, [TRON]),
        (TRON[:-1] + "9", []),
        ("r" + "4" * 33, []),
        ("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", ["rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"]),
        (f"USDT wallet {TRON}", [TRON]),
        ("0x52908400098527886E0F", []),
        (f"hash {ETH}00", []),
    ],
)
def test_find(found, text, values):
    assert found(find, text) == [(value, "CRYPTO") for value in values]


PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
KEY = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"my seed phrase is {PHRASE}.", PHRASE),
        (f"recovery phrase: {PHRASE}", PHRASE),
        (f"mnemonic={PHRASE!r}", PHRASE),
        (f"import {KEY}", KEY),
    ],
)
def test_what_opens_a_wallet(found, text, value):
    assert (value, "PRIVATE_KEY") in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        f"{PHRASE}",
        "seed phrase: " + PHRASE.replace("year", "the"),
        "seed phrase: " + PHRASE.rpartition(" ")[0],
        "the backup is done when all these files were moved into that other folder they made last year",
        KEY[:-1] + "K",
    ],
)
def test_near_misses_of_keys(found, text):
    assert found(find, text) == []
