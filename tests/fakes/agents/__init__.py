"""Real coding agents from npm, at the versions that package-lock.json pins, and how each is asked for one thing.

    agent = AGENTS["codex"]
    folder = install()                       # once for each checkout, into .cache/; None where npm can't be reached
    agent.command(folder, "Write a letter")  # what to run; agent.environment(home) is what it needs

They run without their updates, telemetry and model lists: what they send goes to the stand-in vendor alone.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.model import Call

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".cache"
MACHINE = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower(), "")


@dataclass(frozen=True, slots=True)
class Agent:
    """A coding agent. `program` stands in its folder; `writes` and `runs` are the calls of its own tools."""

    program: str
    options: tuple[str, ...]
    variables: Mapping[str, str]
    tools: tuple[str, str]  # the one that writes a file, the one that runs a command
    writes: Callable[[Path, str], Call]
    runs: Callable[[str], Call]
    settings: Mapping[str, object] = field(default_factory=dict)  # file under the home directory → JSON

    def command(self, folder: Path, prompt: str) -> list[str]:
        """The command that asks it for something."""
        program = folder / "node_modules" / self.program.format(machine=MACHINE)
        return [str(program), *self.options, prompt]

    def environment(self, home: Path) -> dict[str, str]:
        """Its environment, with a home directory of its own."""
        for name, content in self.settings.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(json.dumps(content), encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "CLAUDE", "CODEX"))}
        return {**kept, "HOME": str(home), "TERM": "dumb", **self.variables}


AGENTS: dict[str, Agent] = {
    "claude-code": Agent(
        program="@anthropic-ai/claude-code-linux-{machine}/claude",
        options=("-p", "--permission-mode", "acceptEdits", "--allowedTools=Bash", "--"),
        variables={
            "ANTHROPIC_API_KEY": "sk-ant-test",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_RETRIES": "0",
            "DISABLE_AUTOUPDATER": "1",
        },
        tools=("Write", "Bash"),
        writes=lambda path, text: Call("Write", {"file_path": str(path), "content": text}),
        runs=lambda command: Call("Bash", {"command": command, "description": "Show it"}),
    ),
    "codex": Agent(
        program="@openai/codex/bin/codex.js",
        options=(
            *("exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-m", "gpt-5"),
            *("-c", "analytics.enabled=false", "-c", "check_for_update_on_startup=false"),
        ),
        variables={"CODEX_API_KEY": "sk-test"},
        tools=("exec_command", "exec_command"),
        writes=lambda path, text: Call("exec_command", {"cmd": f"cat > {path} <<'END'\n{text}\nEND"}),
        runs=lambda command: Call("exec_command", {"cmd": command}),
    ),
    "opencode": Agent(
        program="opencode-linux-{machine}/bin/opencode",
        options=("run", "-m", "openai/gpt-4o"),
        variables={
            "OPENAI_API_KEY": "sk-test",
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        },
        tools=("write", "bash"),
        writes=lambda path, text: Call("write", {"filePath": str(path), "content": text}),
        runs=lambda command: Call("bash", {"command": command, "description": "Show it"}),
    ),
    "gemini-cli": Agent(
        program="@google/gemini-cli/bundle/gemini.js",
        options=("-m", "gemini-2.5-flash", "--skip-trust", "--approval-mode", "yolo", "-p"),
        variables={"GEMINI_API_KEY": "test"},
        tools=("write_file", "run_shell_command"),
        writes=lambda path, text: Call("write_file", {"file_path": str(path), "content": text}),
        runs=lambda command: Call("run_shell_command", {"command": command, "description": "Show it"}),
        settings={
            ".gemini/settings.json": {
                "security": {"auth": {"selectedType": "gemini-api-key"}},
                "privacy": {"usageStatisticsEnabled": False},
                "general": {"enableAutoUpdate": False, "disableAutoUpdate": True},
            }
        },
    ),
}


def install() -> Path | None:
    """The folder with the agents in it, installed if it isn't there yet; None if that can't be done here."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = CACHE / f"agents-{hashlib.sha256(lock).hexdigest()[:12]}"
    if (folder / "complete").exists():
        return folder
    if shutil.which("npm") is None or not MACHINE:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    command = ["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
    if subprocess.run(command, capture_output=True, timeout=600).returncode:
        return None
    (folder / "complete").touch()
    return folder


if __name__ == "__main__":
    raise SystemExit(0 if install() else "the agents can't be installed: is npm there, and does it reach its registry?")
