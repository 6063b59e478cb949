"""What Privet asks of a vendor's certificate is what the client would have asked: `upstream.hosts` changes the way only."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.certificates import Authority
from tests.fakes.privet import running
from tests.fakes.vendor import Vendor

BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}


def trusting(authority: Authority, vendor: Vendor, path: Path) -> dict[str, Any]:
    file = path / "trusted.pem"
    file.write_bytes(authority.pem())
    return {"upstream": {"hosts": {"api.openai.com": f"127.0.0.1:{vendor.port}"}, "ca_file": file}}


@pytest.mark.parametrize("way", ["proxy", "gateway"])
@pytest.mark.parametrize(
    ("names", "known", "status"),
    [
        (("api.openai.com",), True, 200),
        (("api.openai.com",), False, 502),  # an authority that Privet wasn't told to trust
        (("other.test", "localhost", "127.0.0.1"), True, 502),  # a certificate of other names
    ],
)
async def test_vendors_certificates_are_checked(
    tmp_path: Path, way: str, names: tuple[str, ...], known, status
) -> None:
    with Vendor(names=names) as vendor:
        trusted = vendor.authority if known else Authority("Another")
        async with running(tmp_path, vendor, settings=trusting(trusted, vendor, tmp_path)) as privet:
            if way == "proxy":
                async with privet.client() as client:
                    reply = await client.post("https://api.openai.com/v1/chat/completions", json=BODY)
            else:
                async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
                    reply = await client.post(f"{privet.gateway}/openai/v1/chat/completions", json=BODY)
        assert reply.status_code == status
        if status == 502:
            assert reply.json()["error"]["code"] == "privet_upstream"
            assert "certificate can't be trusted" in reply.json()["error"]["message"]
        assert (vendor.http_bytes > 0) is (status == 200)
