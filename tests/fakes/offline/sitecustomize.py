"""On PYTHONPATH of a process under test: it knows no names but those of this machine.

Agents speak to more hosts than the stand-in plays; through Privet, those would be asked in earnest.
"""

import ipaddress
import socket

_resolve = socket.getaddrinfo


def _local(host, *arguments, **options):
    name = host.decode() if isinstance(host, bytes) else host
    if name not in {None, "", "localhost"}:
        try:
            ipaddress.ip_address(name.partition("%")[0])
        except ValueError:
            raise socket.gaierror(socket.EAI_NONAME, "this process is offline") from None
    return _resolve(host, *arguments, **options)


socket.getaddrinfo = _local
