import random
import string

import pytest

from detectors.recognizers.wordlike import is_made_up, is_named

LETTERS = string.ascii_letters + string.digits


@pytest.mark.parametrize(
    "value",
    [
        "projects/my-project/secrets/my-secret/versions/2",
        "PKCS7PrivateKeyTypes",
        "_CookieSecretTypes",
        "V1LocalObjectReference",
        "EngineDefaults.Marker",
        "securityRequirementPackSummaries",
        "DBClusterSnapshots",
        "new_value_2",
        "key_1234",
        "RSA_2048",
        "Uint8Array",
        "authentication.gke.io/v1alpha1",
        "AUTH_TYPE_UNSPECIFIED",
        "CustomerManagedDatastoreS3StorageSummary",
        "next-page-token",
    ],
)
def test_names(value):
    assert is_named(value)


@pytest.mark.parametrize(
    "value",
    [
        "k3Zq9Xw7Lm2Vb8Rt5Yp1",
        "9f86d081884c7d659a2feaa0c55ad015",
        "Tr0ub4dor&3",
        "aGVsbG8gd29ybGQh",
        "12345678",
        "",
    ],
)
def test_no_names(value):
    assert not is_named(value)


@pytest.mark.parametrize(
    "value",
    [
        "1234567890",
        "a1b2c3d4e5f6g7h8",
        "0123456789abcdef0123456789abcdef",
        "1234abcd12ab34cd56ef1234567890ab",
        "kR7dZ0fedcba9876543210",
        "a1b2c3d4-e5f6-g7h8-i8j0-k0l3m3n4o0p5",
    ],
)
def test_rows(value):
    assert is_made_up(value)


@pytest.mark.parametrize(
    "value", ["3f2a9c1e-7b64-4d0a-9e15-6c8b2d4f7a90", "k3Zq9Xw7Lm2Vb8Rt5Yp1", "hunter123", "a", ""]
)
def test_no_rows(value):
    assert not is_made_up(value)


@pytest.mark.parametrize(
    ("alphabet", "length"),
    [
        (LETTERS, 16),
        (LETTERS, 32),
        (string.ascii_lowercase + string.digits, 20),
        ("0123456789abcdef", 32),
        (LETTERS + "_-", 40),
    ],
)
def test_what_a_machine_drew_is_neither(alphabet, length):
    """One in two hundred may look so by chance."""
    source = random.Random(7)
    values = ["".join(source.choices(alphabet, k=length)) for _ in range(1000)]
    assert sum(is_named(value) or is_made_up(value) for value in values) <= 5
