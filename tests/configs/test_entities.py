import re
from pathlib import Path

import pytest

from configs.entities import entity_groups, entity_types, sensitive_types, thresholds

ROOT = Path(__file__).parents[2]


def test_every_type_has_a_description_a_group_and_a_threshold():
    grouped = frozenset().union(*entity_groups().values())
    assert set(entity_types()) == grouped == set(thresholds())
    assert all(what.strip() and not what.endswith(".") for what in entity_types().values())
    assert all(0 < limit <= 1 for limit in thresholds().values())
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", name) for name in [*entity_types(), *entity_groups()])


@pytest.mark.parametrize(
    ("group", "some"),
    [
        ("PII", {"PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "US_SSN", "IP_ADDRESS"}),
        ("SECRETS", {"API_KEY", "AWS_ACCESS_KEY", "PRIVATE_KEY", "JWT", "PASSWORD", "CONNECTION_STRING", "SECRET"}),
        ("PCI", {"CREDIT_CARD", "CARD_SECURITY_CODE"}),
        ("FINANCIAL", {"IBAN_CODE", "BANK_ACCOUNT", "CREDIT_CARD"}),
        ("HEALTH", {"MEDICAL_RECORD", "HEALTH_INSURANCE"}),
        ("NETWORK", {"IP_ADDRESS", "MAC_ADDRESS"}),
        ("NATIONAL_ID", {"NATIONAL_ID", "US_SSN", "PASSPORT"}),
        ("SPECIAL_CATEGORY", {"HEALTH_CONDITION", "RELIGION", "UNION_MEMBERSHIP", "CRIMINAL_RECORD"}),
    ],
)
def test_groups(group, some):
    assert some <= entity_groups()[group]


def test_dates_places_and_companies_identify_nobody():
    assert sensitive_types().isdisjoint({"DATE_TIME", "LOCATION", "COUNTRY", "ORGANIZATION", "REFERENCE_NUMBER"})
    assert sensitive_types().isdisjoint(entity_groups()["SPECIAL_CATEGORY"])
    assert entity_groups()["SECRETS"] <= sensitive_types()


def types_in_code():
    """Every entity type that a recogniser's source names."""
    named = set()
    for path in (ROOT / "detectors").rglob("*.py"):
        named |= set(
            re.findall(
                r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PERSON|LOCATION|COUNTRY|CRYPTO|JWT|PASSWORD|SECRET|USERNAME|RELIGION|AGE)"',
                path.read_text(),
            )
        )
    return named


def test_every_type_is_given_by_a_detector():
    assert set(entity_types()) - types_in_code() - {"ORGANIZATION", "PASSPORT"} == set()
