"""Which connections are read as HTTP, and which are ended. With real sockets: tests/proxy/test_traps.py."""

import pytest
from mitmproxy.test import tflow

from proxy.mitm.raw import NoRawBytes


@pytest.mark.parametrize(("host", "ends"), [("llm.example", True), ("other.example", False)])
def test_raw_bytes_end_only_to_an_llm_host(host: str, ends: bool) -> None:
    flow = tflow.ttcpflow()
    flow.live = True
    flow.server_conn.address = (host, 443)
    NoRawBytes(lambda name: name == "llm.example").tcp_start(flow)
    assert (flow.error is not None) is ends
