"""Environments of their own for programs that are measured or measure, made in .cache/ the first time."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def installed(home: Path, packages: Sequence[str]) -> bool:
    """Whether an environment with these packages is there, made now if need be."""
    stamp = home / "complete"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == "\n".join(packages):
        return True
    uv = next(iter([*(ROOT / ".uv").glob("**/bin/uv"), Path("uv")]))
    try:
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, home], check=True, timeout=120)
        command = [uv, "pip", "install", "-q", "--python", home / "bin/python", *packages]
        subprocess.run(command, check=True, timeout=900)
    except (OSError, subprocess.SubprocessError):
        return False
    stamp.write_text("\n".join(packages), encoding="utf-8")
    return True
