"""Node's `openai` package through `privet run`: it knows nothing of Privet, and Node 20 ignores proxy variables."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fakes.service import Service
from tests.fakes.vendor import Vendor

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TEXT = "Please write to Anna Schmidt (anna.schmidt@acme-mail.com) about her order."
PROGRAM = """
const OpenAI = require("openai").default;
const client = new OpenAI({apiKey: "x"});
const messages = [{role: "user", content: process.argv[2]}];
(async () => {
    const whole = await client.chat.completions.create({model: "gpt-4o", messages});
    console.log("whole:", whole.choices[0].message.content);
    let text = "";
    for await (const chunk of await client.chat.completions.create({model: "gpt-4o", messages, stream: true})) {
        text += chunk.choices[0]?.delta?.content ?? "";
    }
    console.log("streamed:", text);
})();
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package in it, from the npm registry."""
    if shutil.which("npm") is None:
        pytest.skip("no npm")
    folder = tmp_path_factory.mktemp("node")
    command = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
        str(folder),
        "openai@6.49.0",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150)
    if done.returncode:
        pytest.skip("the npm registry can't be reached")
    return folder


def test_whole_and_streamed(service: Service, real_vendor: Vendor, package: Path) -> None:
    program = package / "program.js"
    program.write_text(PROGRAM)
    done = service.privet("run", "--", "node", str(program), TEXT, check=False)
    assert done.returncode == 0, done.stderr
    assert len(real_vendor.requests) == 2
    assert not real_vendor.saw("Anna")
    assert f"whole: You said: {TEXT}" in done.stdout
    assert f"streamed: You said: {TEXT}" in done.stdout
