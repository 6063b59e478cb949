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
        "AccountName=devstoreaccount1;AccountKey=<key>",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
