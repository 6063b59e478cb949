"""Train the tagger (`detectors/tagger.py`) and write its weights. `privet models train ner` runs it.

By itself, in an environment with what is in `requirements.txt` and `files.txt`, of Python 3.11 or newer:

    python -m training.texts > texts.jsonl                   # in Privet's environment
    python -m training.tagger texts.jsonl --rounds 7 --output trial
    python -m training.tagger texts.jsonl --start detectors/tagger_weights --rounds 2 --output trial
    python -m training.tagger texts.jsonl --output trial --without business_docs --without wnut17_dev

What it learns from is in `training/texts.py`. `--start` teaches weights further. With `--without`, a set is left out,
so that it can be measured on texts of a source that it has never seen. On one core a round takes two to four minutes
when nothing else runs.
"""

import argparse
import hashlib
import json
import random
import re
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from detectors.tagger import CLASSES
from detectors.weights import RAMPART, verified_folder
from detectors.words import LONGEST, ROWS, looks, words_of
from training.texts import IGNORED, WEIGHTS, Names, code, drawn, exchanged, generated, listed, translated
from training.translations import translations

WIDTH = 128
REACHES = (1, 1, 2, 4, 8)
GAP = 8
BATCH = 4096
PIECE = 1800  # characters of a text at a time
GENERATED, DRAWN, LISTED = 7000, 6000, 5000  # texts, documents and lists of our own per round
RATE_TABLE, RATE = 4e-3, 1.5e-3
FURTHER = 0.4  # of the rates, for weights that were taught before
ABOUT = (
    "Weights of Privet's tagger. Made by training/tagger.py; sources and licences are in docs/models.md. "
    "The pieces-*.npy files are derived from the word piece vectors of Rampart (CC-BY-4.0), "
    "changed: projected to 128 numbers and rounded."
)
DROPPED = 51  # of 256 values
HIDDEN = 0.25  # how often a word's own row is hidden: most names are new words


def piece_vectors():
    """The word pieces' vectors of the model that Rampart was made from: what words mean, learned from far more text."""
    graph = onnx.load(verified_folder(RAMPART) / "onnx/model_q4.onnx").graph
    arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    name = "bert.embeddings.word_embeddings.weight_"
    zero = arrays.get(name + "zero_point", np.zeros(1))
    vectors = (arrays[name + "quantized"].astype(np.float32) - zero.astype(np.float32)) * arrays[name + "scale"]
    return ((vectors - vectors.mean(0)) / vectors.std()).astype(np.float32)


class Vocabulary:
    """Every word met, and its rows."""

    def __init__(self):
        self._tokenizer = Tokenizer.from_file(str(verified_folder(RAMPART) / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._unknown = self._tokenizer.token_to_id("[UNK]")
        self._index, self._whole, self._parts, self._pieces = {}, [], [], []

    def add(self, word):
        if word not in self._index:
            self._index[word] = len(self._whole)
            whole, parts = looks(word)
            encoding = self._tokenizer.encode(word[0][:LONGEST], add_special_tokens=False)
            self._whole.append(whole)
            self._parts.append(parts)
            self._pieces.append(encoding.ids[:8] or [self._unknown])
        return self._index[word]

    def rows(self, indices):
        chosen = [self._parts[i] for i in indices], [self._pieces[i] for i in indices]
        return torch.tensor([self._whole[i] for i in indices]), *(_bag(lists) for lists in chosen)


def _bag(lists):
    offsets = np.cumsum([0, *(len(one) for one in lists[:-1])])
    return torch.tensor([row for one in lists for row in one]), torch.tensor(offsets)


class Network(nn.Module):
    """The same sums as `detectors.tagger.Tagger`, to be learned."""

    def __init__(self, vectors):
        super().__init__()
        self.table = nn.Embedding(ROWS, WIDTH)
        nn.init.normal_(self.table.weight, std=0.3)
        self.pieces = nn.EmbeddingBag.from_pretrained(torch.tensor(vectors), freeze=True, mode="mean")
        self.project = nn.Linear(vectors.shape[1], WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.layers = nn.ModuleList(nn.Linear(3 * WIDTH, WIDTH) for _ in REACHES)
        self.out = nn.Linear(WIDTH, len(CLASSES))
        self._noise = np.random.default_rng(11)

    def drop(self, values):
        """A fifth of the values dropped; an eighth of the time that torch's own takes on one core."""
        noise = np.frombuffer(self._noise.bytes(values.numel()), dtype=np.uint8).reshape(values.shape)
        return values * torch.from_numpy((noise >= DROPPED).astype(np.float32) * (256 / (256 - DROPPED)))

    def start_from(self, folder):
        """The weights that `write` wrote, rounded as they are: what follows learns on."""
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        layers = {
            name: torch.tensor(value.astype(np.float32)) for name, value in np.load(folder / "layers.npz").items()
        }
        rows = {
            name: torch.tensor(np.concatenate([np.load(folder / part) for part in card[name]]).astype(np.float32))
            * layers[f"{name}_scale"][:, None]
            for name in ("table", "pieces")
        }
        self.pieces = nn.EmbeddingBag.from_pretrained(rows["pieces"], freeze=True, mode="mean")
        self.project = nn.Linear(WIDTH, WIDTH)
        with torch.no_grad():
            self.table.weight.copy_(rows["table"])
            self.project.weight.copy_(torch.eye(WIDTH))
            self.project.bias.zero_()
            self.norm.weight.copy_(layers["norm_weight"])
            self.norm.bias.copy_(layers["norm_bias"])
            for index, layer in enumerate(self.layers):
                layer.weight.copy_(layers[f"layer{index}_weight"].T)
                layer.bias.copy_(layers[f"layer{index}_bias"])
            self.out.weight.copy_(layers["out_weight"].T)
            self.out.bias.copy_(layers["out_bias"])

    def words(self, whole, parts, pieces):
        rows = self.table(whole)
        shown = (torch.rand(rows.shape[0], 1, 1) > HIDDEN).float()
        rows = torch.cat([rows[:, :1] * shown, rows[:, 1:]], 1)
        of_parts = functional.embedding_bag(parts[0], self.table.weight, parts[1], mode="mean")
        return self.norm(rows.sum(1) + 2 * of_parts + self.project(self.pieces(*pieces)))

    def forward(self, words, index, real):
        values = functional.embedding(index, self.drop(words)) * real  # its gradient is quicker than indexing's
        for reach, layer in zip(REACHES, self.layers, strict=True):
            empty = torch.zeros(reach, WIDTH)
            before, after = torch.cat([empty, values[:-reach]]), torch.cat([values[reach:], empty])
            values = (values + self.drop(functional.relu(layer(torch.cat([before, values, after], 1))))) * real
        return self.out(values)


def items_of(texts, abroad, rnd, names, vocabulary):
    """The words and classes of a round's texts, in pieces, values exchanged and cases changed at random."""
    items = []
    foreign = rnd.sample(abroad, len(abroad) // 2)
    for name, text, spans in [*texts, *_made(rnd, names, texts, foreign)]:
        weight = WEIGHTS.get(name, 1.0)
        for _ in range(int(weight) if weight >= 1 else int(rnd.random() < weight)):
            changed, moved = exchanged(rnd, names, text, spans) if rnd.random() < 0.65 else (text, spans)
            chance = rnd.random()
            if chance < 0.2 and name not in {"support_turns", "code"}:
                other = changed.lower() if chance < 0.12 else changed.upper() if chance < 0.14 else titled(changed)
                changed = other if len(other) == len(changed) else changed
            for first in range(0, len(changed), PIECE):
                piece = changed[first : first + PIECE]
                words = words_of(piece)
                classes = [0] * len(words.words)
                for start, end, kind in moved:
                    low = int(np.searchsorted(words.ends, start - first, side="right"))
                    high = int(np.searchsorted(words.starts, end - first, side="left"))
                    classes[low:high] = [kind] * max(0, high - low)
                if classes:
                    items.append(([vocabulary.add(word) for word in words.words], classes))
    rnd.shuffle(items)
    return items


def titled(text):
    """The Text With A Capital For Each Word: a capital alone makes no name."""
    return re.sub(r"(?<![\w'])[^\W\d_]", lambda match: match[0].upper(), text)


def _made(rnd, names, texts, foreign):
    yield from generated(rnd, names, GENERATED)
    yield from drawn(rnd, names, DRAWN)
    yield from listed(rnd, names, texts, LISTED)
    yield from translated(rnd, names, foreign)
    yield from code(rnd)


def batches(items):
    """About `BATCH` words at a time, with empty words between the texts."""
    index, classes, real = [], [], []
    for words, kinds in items:
        index += words + [0] * GAP
        classes += kinds + [IGNORED] * GAP
        real += [1.0] * len(words) + [0.0] * GAP
        if len(index) >= BATCH:
            yield index, classes, real
            index, classes, real = [], [], []
    if index:
        yield index, classes, real


def train(texts, rounds, start, output):
    """Train a network and write it to `output` after each round; what `start` holds, if named, is taught further."""
    rnd = random.Random(3)
    names, vocabulary, abroad = Names(rnd), Vocabulary(), list(translations())
    network = Network(piece_vectors())
    if start is not None:
        network.start_from(start)
    rates = [rate * (FURTHER if start else 1) for rate in (RATE_TABLE, RATE)]
    rest = [p for name, p in network.named_parameters() if p.requires_grad and name != "table.weight"]
    optimizer = torch.optim.AdamW(
        [{"params": [network.table.weight], "weight_decay": 0.0}, {"params": rest, "weight_decay": 0.01}],
        fused=True,
    )
    step, steps, started = 0, 0, time.time()
    for number in range(rounds):
        items = items_of(texts, abroad, rnd, names, vocabulary)
        steps = steps or rounds * (sum(len(words) + GAP for words, _ in items) // BATCH + 1)
        losses = []
        for index, classes, real in batches(items):
            factor = min(1, (step + 1) / 100) * max(0.02, 1 - step / steps)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = factor * rate
            unique, inverse = np.unique(index, return_inverse=True)
            words = network.words(*vocabulary.rows(unique))
            scores = network(words, torch.tensor(inverse), torch.tensor(real)[:, None])
            wanted = torch.tensor(classes)
            loss = functional.cross_entropy(scores, wanted, ignore_index=IGNORED, label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            step += 1
        print(f"round {number + 1}: loss {np.mean(losses):.4f}, {time.time() - started:.0f} s", flush=True)
        write(network, output)  # what a training that is broken off has learnt; the rates were still high


def write(network, folder):
    """The weights as int8 rows and float16 layers, and a card with their hashes."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}

    def keep(name, save, *values, **named):
        save(folder / name, *values, **named)
        files[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        return name

    with torch.no_grad():
        pieces = network.project(network.pieces.weight).numpy()
    layers, names = {}, {}
    for name, values, count in (("table", network.table.weight.detach().numpy(), 4), ("pieces", pieces, 2)):
        scale = np.abs(values).max(1, keepdims=True) / 127 + 1e-9
        parts = np.array_split(np.round(values / scale).astype(np.int8), count)
        names[name] = [keep(f"{name}-{index}.npy", np.save, part) for index, part in enumerate(parts)]
        layers[f"{name}_scale"] = scale[:, 0]
    layers |= {"norm_weight": network.norm.weight, "norm_bias": network.norm.bias}
    layers |= {"out_weight": network.out.weight.T, "out_bias": network.out.bias}
    for index, layer in enumerate(network.layers):
        layers |= {f"layer{index}_weight": layer.weight.T, f"layer{index}_bias": layer.bias}
    arrays = {name: torch.as_tensor(value).detach().numpy().astype(np.float16) for name, value in layers.items()}
    keep("layers.npz", np.savez, **{name: np.ascontiguousarray(value) for name, value in arrays.items()})
    card = {"about": ABOUT, "tokenizer": RAMPART.files["tokenizer.json"], **names, "files": files}
    (folder / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, metavar="TEXTS", help="what training.texts printed")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--start", type=Path, metavar="FOLDER", help="weights to teach further")
    parser.add_argument("--without", action="append", default=[], metavar="SET")
    options = parser.parse_args()
    torch.set_num_threads(1)  # several wait for one another more than they help
    lines = options.texts.read_text(encoding="utf-8").splitlines()
    texts = [text for text in map(json.loads, lines) if text[0] not in options.without]
    train(texts, options.rounds, options.start, options.output)


if __name__ == "__main__":
    main()
