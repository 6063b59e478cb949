"""A browser's fetch through the explicit proxy: Chromium reads a streamed reply piece by piece, names restored."""

import base64
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.model import Behaviour
from tests.fakes.service import Service
from tests.fakes.vendor import Vendor

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TEXT = "Please write to Anna Schmidt (anna.schmidt@acme-mail.com) about her order."
PAGE = """<!doctype html><meta charset="utf-8"><script>
(async () => {
    const tell = (told) => fetch("REPORT", {method: "POST", body: JSON.stringify(told)});
    try {
        const body = JSON.stringify({model: "gpt-4o", stream: true, messages: [{role: "user", content: TEXT}]});
        const headers = {"content-type": "application/json"};
        const reply = await fetch("https://api.openai.com/v1/chat/completions", {method: "POST", headers, body});
        const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
        let all = "", pieces = 0;
        for (let got = await reader.read(); !got.done; got = await reader.read()) { all += got.value; pieces += 1; }
        const events = all.split("\\n").filter((line) => line.startsWith("data: {")).map((line) => JSON.parse(line.slice(6)));
        const said = events.map((event) => event.choices[0]?.delta?.content ?? "").join("");
        await tell({status: reply.status, said, pieces, done: all.includes("[DONE]")});
    } catch (error) { await tell({error: String(error)}); }
})();
</script>"""


def authority_pin(service: Service) -> str:
    """What tells Chromium to trust Privet's authority without a certificate store: the hash of its public key."""
    key = x509.load_pem_x509_certificate(service.ca.read_bytes()).public_key()
    return base64.b64encode(
        hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    ).decode()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_a_streamed_fetch(service: Service, real_vendor: Vendor, tmp_path: Path) -> None:
    real_vendor.once(Behaviour(pace=0.01))
    page = tmp_path / "page.html"
    page.write_text(
        PAGE.replace("TEXT", json.dumps(TEXT)).replace("REPORT", f"{real_vendor.plain_url}/echo"), encoding="utf-8"
    )
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--disable-background-networking", "--disable-component-update", "--no-first-run",
        "--disable-web-security",  # the page is a file; the stand-in knows nothing of origins
        f"--user-data-dir={tmp_path / 'profile'}", f"--proxy-server={service.proxy}",
        f"--ignore-certificate-errors-spki-list={authority_pin(service)}",
        page.as_uri(),
    ]  # fmt: skip
    browser = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        asked, told = real_vendor.wait_for(2, timeout=120)  # the fetch, and the page's own report past the proxy
    finally:
        browser.terminate()
        browser.wait(20)
    assert told.path == "/echo"
    shown = told.json()
    assert shown == {"status": 200, "said": f"You said: {TEXT}", "pieces": shown.get("pieces"), "done": True}
    assert shown["pieces"] > 1
    assert "Anna" not in asked.text
    assert "PERSON_" in asked.text
