"""One vendor and one real Privet for the end-to-end tests that don't break anything."""

from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from tests.fakes.model import Behaviour
from tests.fakes.service import Service, serving
from tests.fakes.vendor import Vendor

POLICY = """
schema: privet.policy/1
id: acme
extends: builtin/secrets
defaults: {effect: allow, when_uninspected: block, when_error: block}
departments:
  finance: {users: [ana]}
models:
  inside: {backend: embedded, model: smollm2-135m}
rules:
  - id: unreleased-figures
    description: Quarterly figures stay in the house until they are published.
    when: {departments: [finance]}
    effect: reroute
    obligations: [{to: inside}]
  - id: customers
    when: {entities: [{group: PII}]}
    effect: allow
    obligations: [{tokenize: {types: [PII], restore: true}}]
"""


@pytest.fixture(scope="session")
def vendor_process() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture(scope="session")
def service_process(vendor_process: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    directory: Path = tmp_path_factory.mktemp("privet")
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    (directory / "users.htpasswd").write_text(f"ana:{hashed}\n", encoding="utf-8")
    identity = {"users_file": "users.htpasswd", "trusted_clients": ["127.0.0.0/8"]}
    with serving(directory, vendor_process, POLICY, {"identity": identity}) as service:
        yield service


@pytest.fixture
def real_vendor(vendor_process: Vendor) -> Vendor:
    vendor_process.reset()
    vendor_process.behaviour = Behaviour()  # a test before may have left it another
    return vendor_process


@pytest.fixture
def service(service_process: Service, real_vendor: Vendor) -> Service:
    return service_process
