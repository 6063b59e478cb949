import pytest

from detectors.recognizers.connection_strings import find


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("postgres://ana:s3cret@db.example.com/app", "ana:s3cret"),
        ("mongodb+srv://u1:p%40ss@cluster0.example.net/?w=1", "u1:p%40ss"),
        ("redis://:p4ssw0rd!@cache:6379", "p4ssw0rd!"),
        ("https://0123456789abcdef0123@example.com/repo", "0123456789abcdef0123"),
    ],
)
def test_positives(found, text, value):
    assert found(find, text) == [(value, "CONNECTION_STRING")]


def test_account_key(found, rnd):
    key = rnd(86) + "=="
    text = f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={key};EndpointSuffix=x"
    assert found(find, text) == [(key, "CONNECTION_STRING")]


def test_a_password_in_braces(found):
    assert found(find, "Driver={SQL};Uid=adm;Pwd={q7;Rt=2!};") == [("q7;Rt=2!", "PASSWORD")]


@pytest.mark.parametrize("name", ["key", "appid", "code", "app_key"])
def test_keys_in_addresses(found, rnd, name):
    key = rnd(32)
    assert found(find, f"api.example.net/v2?q=Graz&{name}={key}&x=1") == [(key, "API_KEY")]


def test_a_signature_in_either_alphabet(found):
    signature = "q7Rt2LmX9vBz4KdW8_Yp3NfG6hJc-1TgQ5sVbZxCvEw"
    assert found(find, f"https://x.example.net/run?sv=1.0&sig={signature}") == [(signature, "CONNECTION_STRING")]


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/a:b@c",
        "postgres://user:password@localhost/db",
        "postgres://${USER}:${PASSWORD}@host/db",
        "https://example.com:8080/",
        "AccountKey=<key>",
        'create_engine("postgresql://scott:tiger@localhost/test")',
        "github://org:repo@sha/precip/catalog.yml",
        "amqp://guest:guest@localhost:5672/",
        "mysql://root:root@db/test",
        f"https://{'0123456789abcdef' * 2}@o123456.ingest.sentry.io/42",
        "pwd={config.password}; x",
        "https://api.example.net/list?key=settings.notifications.email",
        "https://api.example.net/list?page=3&code=7",
        "AccountName=devstoreaccount1;AccountKey=<key>",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
