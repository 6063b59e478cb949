"""What holds for every test: no network, no settings of the person who runs them, repeatable hypothesis runs in CI."""

import ipaddress
import os
import socket

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)  # two busy cores make single examples slow
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# Variables that would send a test's requests elsewhere, or have it read someone's own settings.
_FOREIGN = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "PRIVET_CONFIG",
    "OPENAI_BASE_URL",
    "ANTHROPIC_BASE_URL",
)


@pytest.fixture(autouse=True, scope="session")
def own_environment(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name in _FOREIGN:
            patch.delenv(name, raising=False)
            patch.delenv(name.lower(), raising=False)
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.setenv("COLUMNS", "120")
        yield


@pytest.fixture(autouse=True, scope="session")
def no_network():
    """A test that reaches for anything but this machine fails at once, instead of when the network is away."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def is_local(host):
        name = host.decode() if isinstance(host, bytes) else host
        if name in {None, "", "localhost", socket.gethostname()}:
            return True
        try:
            address = ipaddress.ip_address(name.partition("%")[0])
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified

    def check(family, address):
        if family in {socket.AF_INET, socket.AF_INET6} and not is_local(address[0]):
            raise AssertionError(f"a test connects to {address[0]}: tests stay on this machine")

    def guarded_connect(self, address):
        check(self.family, address)
        return connect(self, address)

    def guarded_connect_ex(self, address):
        check(self.family, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host, *arguments, **options):
        if not is_local(host):
            try:
                ipaddress.ip_address(host)  # nobody is asked what an address is
            except ValueError:
                raise socket.gaierror(socket.EAI_NONAME, f"tests stay on this machine: {host}") from None
        return getaddrinfo(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield
