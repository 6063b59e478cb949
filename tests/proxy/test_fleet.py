"""The ports that several processes share. What a fleet does is tested with real processes: tests/e2e/test_fleet.py."""

import socket
from contextlib import AsyncExitStack

import pytest

from configs.settings import Settings, parse_address
from proxy.errors import ConfigurationError
from proxy.fleet import _reserve


def listening(**addresses: str) -> Settings:
    return Settings.model_validate({"listen": addresses})


async def test_chosen_ports_are_fixed_and_can_be_shared() -> None:
    async with AsyncExitStack() as stack:
        settings, _ = _reserve(listening(proxy="127.0.0.1:0", gateway="127.0.0.1:0"), stack)
        for address in (settings.listen.proxy, settings.listen.gateway):
            host, port = parse_address(address)
            assert port
            for _ in "12":
                one = stack.enter_context(socket.socket())
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                one.bind((host, port))
                one.listen()


async def test_a_port_of_another_program_is_refused() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        async with AsyncExitStack() as stack:
            with pytest.raises(ConfigurationError, match=r"listen\.gateway"):
                _reserve(listening(proxy="127.0.0.1:0", gateway=taken), stack)
