"""Surrogates: the right form, from a reserved range, always the same, never the value."""

import ipaddress
import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn

from configs.entities import entity_types
from detectors.given_names import is_given_name
from proxy.transforms.surrogate import Draw, make_surrogate, parts_of

KEY = b"k" * 32


def made(entity_type: str, value: str, attempt: int = 0) -> str:
    surrogate = make_surrogate(KEY, "s", entity_type, value, attempt)
    assert surrogate is not None
    return surrogate


@pytest.mark.parametrize(
    ("entity_type", "value", "pattern"),
    [
        ("PERSON", "Anna Schmidt", r"[A-Z][a-z]+ [A-Z][a-z]+"),
        ("PERSON", "Dr. Anna Maria von Schmidt", r"[A-Z][a-z]+ [A-Z][a-z]+"),
        ("PERSON", "Anna", r"[A-Z][a-z]+"),
        ("PERSON", "ANNA SCHMIDT", r"[A-Z]+ [A-Z]+"),
        ("EMAIL_ADDRESS", "anna@acme.com", r"[a-z.]+\d{1,2}@example\.(?:com|org|net)"),
        ("USERNAME", "aschmidt", r"[a-z]+\d{3}"),
        ("PHONE_NUMBER", "+49 30 1234567", r"\+1-\d{3}-555-01\d\d"),
        ("STREET_ADDRESS", "Hauptstr. 5", r"\d+ [A-Z][a-z]+ [A-Z][a-z]+"),
        ("US_SSN", "078-05-1120", r"666-(?!00)\d\d-(?!0000)\d{4}"),
        ("MAC_ADDRESS", "a4:5e:60:c1:22:0f", r"00:00:5E:00:53:[0-9A-F]{2}"),
        ("MAC_ADDRESS", "A4-5E-60-C1-22-0F", r"00-00-5E-00-53-[0-9A-F]{2}"),
        ("DATE_OF_BIRTH", "1980-03-14", r"\d{4}-\d\d-\d\d"),
        ("DATE_OF_BIRTH", "14.03.1980", r"\d\d\.\d\d\.19\d\d"),
        ("DATE_OF_BIRTH", "3/14/80", r"\d\d/\d\d/\d\d"),
        ("DATE_TIME", "March 14th", r"\d{4}-\d\d-\d\d"),
        ("LICENSE_PLATE", "B-AB 1234", r"[A-Z]-[A-Z]{2} [1-9]{4}"),
        ("API_KEY", "sk-abc123DEF", r"[a-z]{2}-[a-z]{3}\d{3}[A-Z]{3}"),
    ],
)
def test_forms(entity_type: str, value: str, pattern: str) -> None:
    for attempt in range(20):
        assert re.fullmatch(pattern, made(entity_type, value, attempt)), made(entity_type, value, attempt)


@pytest.mark.parametrize("value", ["4111 1111 1111 1111", "4111-1111-1111-1111", "371449635398431", "4111111111111111"])
def test_cards_are_valid_test_cards_laid_out_alike(value: str) -> None:
    surrogate = made("CREDIT_CARD", value)
    assert re.sub(r"\d", "0", surrogate) == re.sub(r"\d", "0", value)
    digits = re.sub(r"\D", "", surrogate)
    assert digits.startswith("400000")
    assert luhn.is_valid(digits)


@pytest.mark.parametrize("value", ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"])
def test_ibans_are_valid_and_of_no_bank(value: str) -> None:
    surrogate = made("IBAN_CODE", value)
    assert iban.is_valid(surrogate, check_country=False)
    assert "TEST" in surrogate
    assert (" " in surrogate) == (" " in value)


@pytest.mark.parametrize("value", ["10.1.2.3", "8.8.8.8", "fe80::1", "2a00:1450:4001:80b::200e"])
def test_addresses_are_of_the_documentation_ranges(value: str) -> None:
    networks = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    for attempt in range(50):
        address = ipaddress.ip_address(made("IP_ADDRESS", value, attempt))
        assert address.version == ipaddress.ip_address(value).version
        assert any(address in ipaddress.ip_network(network) for network in networks)


def test_days_are_days() -> None:
    for attempt in range(100):
        date.fromisoformat(made("DATE_TIME", "2024-02-29", attempt))


def test_names_are_nobodys() -> None:
    for number in range(500):
        given_name, family_name = made("PERSON", f"A{number} B{number}").split()
        assert not is_given_name(given_name)
        assert not is_given_name(family_name)


def test_a_family_keeps_its_name() -> None:
    anna, bob, first = made("PERSON", "Anna Schmidt"), made("PERSON", "Bob Schmidt"), made("PERSON", "Anna")
    assert anna.split()[1] == bob.split()[1]
    assert anna.split()[0] == first != bob.split()[0]
    assert parts_of("PERSON", "Anna Maria Schmidt", anna) == {first: "Anna", anna.split()[1]: "Schmidt"}
    assert made("FIRST_NAME", "Anna") == first
    assert parts_of("PERSON", "Anna", first) == parts_of("EMAIL_ADDRESS", "a b", "c d") == {}


@pytest.mark.parametrize(
    ("entity_type", "value"),
    [
        ("CARD_SECURITY_CODE", "123"),
        ("PASSWORD", "ab1"),
        ("PRIVATE_KEY", "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----"),
        ("API_KEY", "x" * 65),
        ("PASSWORD", 'say "please"'),
        ("ACCOUNT_NUMBER", "١٢٣٤٥٦٧"),
        ("PERSON", " "),
    ],
)
def test_what_nothing_can_be_made_up_for(entity_type: str, value: str) -> None:
    assert make_surrogate(KEY, "s", entity_type, value) is None


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(sorted(entity_types())), value=st.text(max_size=30), attempt=st.integers(0, 3))
def test_the_same_every_time_plain_and_never_the_value(kind: str, value: str, attempt: int) -> None:
    surrogate = make_surrogate(KEY, "s", kind, value, attempt)
    assert surrogate == make_surrogate(KEY, "s", kind, value, attempt)
    if surrogate is not None:
        assert surrogate.isascii()
        assert surrogate.lower() != value.lower()
        assert not set(surrogate) & set("\"'\\<>\n")


def test_scope_and_key_change_it() -> None:
    value = "anna@acme.com"
    assert len({make_surrogate(k, s, "EMAIL_ADDRESS", value) for k in (b"a", b"b") for s in ("x", "y")}) == 4


def test_draws() -> None:
    draw = Draw(KEY, "x")
    numbers = [draw.below(10) for _ in range(5000)]
    assert set(numbers) == set(range(10))
    assert all(400 < numbers.count(number) < 600 for number in range(10))
    again = Draw(KEY, "x")
    assert [again.below(10) for _ in range(5000)] == numbers
