"""One scanner for all tests of detection: its models take seconds to load."""

import random
import string

import pytest

from detectors.recognizers.source import Source
from detectors.scan import build_scanner


@pytest.fixture(scope="session")
def scanner():
    return build_scanner()


@pytest.fixture(scope="session")
def seen(scanner):
    """What the whole scanner says of a text: (value, type) pairs."""

    def of(text, context=""):
        scan = scanner.scan(text, context)
        assert scan.skipped == ()
        return [(text[one.start : one.end], one.entity_type) for one in scan.findings]

    return of


@pytest.fixture(scope="session")
def found():
    """What one family says of a text: (value, type) pairs."""

    def of(find, text, context=""):
        return [(text[one.start : one.end], one.entity_type) for one in find(Source(text, context))]

    return of


@pytest.fixture(scope="session")
def rnd():
    """A repeatable random string: no test holds anything that looks like a published token."""

    def of(length, alphabet=string.ascii_letters + string.digits, seed=0):
        body = "".join(random.Random(f"{seed}{length}{alphabet}").choices(alphabet, k=length))
        return "7" + body[1:] if "7" in alphabet else body

    return of
