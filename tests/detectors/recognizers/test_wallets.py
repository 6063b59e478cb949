import pytest

from detectors.recognizers.wallets import find

ETH = "0x" + "52908400098527886E0F7030069857D2E4169EE7"
TRON = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f"send to {ETH}", [ETH]),
        (f"{TRON}", []),
        (f"USDT wallet {TRON}", [TRON]),
        ("0x52908400098527886E0F", []),
        (f"hash {ETH}00", []),
    ],
)
def test_find(found, text, values):
    assert found(find, text) == [(value, "CRYPTO") for value in values]
