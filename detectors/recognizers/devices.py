"""Devices and vehicles: serial numbers, SIM cards, advertising and device ids, chassis numbers, number plates.

IMEI, MEID and IMSI are in the table of national numbers, network adapters' addresses in `networks`.
"""

import re
from collections.abc import Iterator

from stdnum import luhn

from detectors.finding import Finding
from detectors.recognizers.numbers import digits_of
from detectors.recognizers.placeholders import is_placeholder
from detectors.recognizers.rule import Rule, RuleTable, words
from detectors.recognizers.source import Source

DEVICE, VEHICLE, PLATE = "DEVICE_ID", "VEHICLE_ID", "LICENSE_PLATE"

# ISO 3779: what the letters count in the check digit, which North America and China ask for.
_LETTERS = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_FEWEST_LETTERS = 4


def chassis_valid(value: str) -> bool:
    """Whether 17 characters have the check digit of a vehicle identification number, and look like one."""
    value = value.upper()
    total = sum(int(_LETTERS.get(c, c)) * weight for c, weight in zip(value, _WEIGHTS, strict=True))
    letters = sum(map(str.isalpha, value))
    return value[8] == "0123456789X"[total % 11] and value[-4:].isdigit() and letters >= _FEWEST_LETTERS


def _sim_card(value: str) -> bool:
    digits = digits_of(value)
    return len(digits) != 20 or bool(luhn.is_valid(digits))  # with its check digit


def _serial(value: str) -> bool:
    return sum(map(str.isdigit, value)) >= 3 and not is_placeholder(value)  # a serial's, no model's


_LINK = r"[\"']?\s?(?:\((?:s/n|sn)\)\s?)?(?:is|was|ist|est|es|:|=|#|-)?\s{0,3}[\"'#]?"
_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_PLATE_WORDS = words(
    ("plates?", "licen[cs]e plates?", "number ?plates?", "reg(?:istration)?", "registration (?:number|no|plate|mark)",
     "car reg", "vrm", "kennzeichen", "kfz", "nummernschild", "immatriculation", "plaque", "matr[ií]cula",
     "placas?", "targa", "kenteken", "plaka(?:s[ıi])?", "numarası", "tablica", "rejestracyjn\\w{1,3}", "rekisterinumero",
     "registreringsnummer", "nummerplade", "госномер", "rc no", "vehicle (?:no|number)", "chapa")
)  # fmt: skip
_RULES = (
    Rule("devices", DEVICE, re.compile(
        r"(?i)(?<![^\W_])(?:serial[ _-]?(?:number|no\.?|num|nr\.?|#)|s/n|seriennummer|numéro de série|número de serie|"
        r"numero di serie|serienummer|numer seryjny)" + _LINK +
        r"((?=[A-Z-]{0,14}\d)[A-Z0-9][A-Z0-9-]{5,23}[A-Z0-9])(?![\w-])"),
        0.8, 1, _serial, ("serial", "s/n", "serien", "série", "serie", "seryjny"), within="numbers"),
    Rule("devices", DEVICE, re.compile(
        r"(?i)(?<![^\W_])(?:idfa|idfv|gaid|aaid|adid|oaid|(?:google[ _-])?advertising[ _-]?id(?:entifier)?|"
        r"device[ _-]?(?:id|uuid|identifier|udid|token)|udid|android[ _-]?id|hardware[ _-]?(?:id|uuid)|hwid|"
        r"vendor identifier|machine[ _-]?(?:id|guid))" + _LINK + rf"({_UUID}|[0-9a-f]{{16}}|[0-9a-f]{{40}}|"
        r"[0-9A-F]{8}-[0-9A-F]{16})(?![\w-])"),
        0.85, 1, None, ("idf", "aid", "oaid", "adid", "advert", "device", "udid", "android", "hardware", "hwid",
                        "vendor", "machine"), within="numbers"),
    Rule("devices", DEVICE, re.compile(r"(?<![\w-])89\d{2}[ ]?(?:\d{4}[ ]?){3}\d{2,4}(?![\w-])"), 0.9, 0, _sim_card,
         ("iccid", "sim", "smdp", "eid"), near=words(("iccid", "sim", "sim ?card", "sim-karte", "esim")), within="numbers"),
    # A chassis number by its check digit, or by its name.
    Rule("devices", VEHICLE, re.compile(r"(?<![\w-])(?=[A-Z0-9]{0,8}[A-Z])[A-HJ-NPR-Z0-9]{8}[0-9X][A-HJ-NPR-Z0-9]{4}\d{4}"
         r"(?![\w-])"), 0.6, 0, chassis_valid, within="numbers"),
    Rule("devices", VEHICLE, re.compile(
        r"(?i)(?<![^\W_])(?:vin|chassis(?: (?:number|no\.?|nr\.?))?|fahrgestellnummer|fahrzeug-?ident\w{0,20}|fin|fzg-?id|"
        r"(?:número|numero) de (?:bastidor|chasis)|bastidor|numéro de (?:châssis|série)|telaio|chassisnummer|numer vin|"
        r"vehicle identification number)[\"']?(?: (?:number|no\.?|nr\.?|#))?\s?(?:is|ist|est|es|è|:|=|#)?\s{0,2}[\"']?"
        r"((?=[A-Z]{0,16}\d)[A-HJ-NPR-Z0-9]{17})(?![\w-])"),
        0.95, 1, None, ("vin", "chassis", "fahr", "fin", "fzg", "bastidor", "chasis", "châssis", "telaio", "série",
                        "vehicle"), within="numbers"),
    # Plates of the larger countries: beside a word, since the forms are short.
    Rule("devices", PLATE, re.compile(
        r"(?<![\w-])(?:"
        r"[A-Za-z]{2}\d{2}[ -]?[A-Za-z]{3}|[A-Za-z]\d{1,3}[ -]?[A-Za-z]{3}|[A-Za-z]{3}[ -]?\d{1,3}[A-Za-z]|"  # GB
        r"[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2} ?\d{1,4}[EH]?|"  # DE
        r"[A-Z]{2}-\d{3}-[A-Z]{2}|[A-Z]{2} ?\d{3} ?[A-Z]{2}|"  # FR, IT
        r"\d{4}[ -]?[B-DF-HJ-NP-TV-Z]{3}|"  # ES
        r"[A-Z0-9]{1,3}-[A-Z0-9]{2,3}-[A-Z0-9]{1,3}|"  # NL, PT
        r"[A-Z]{2,3} ?[0-9A-Z]{4,5}|"  # PL
        r"[A-Z]{3}[ -]?\d{3,4}|[A-Z]{3}\d[A-Z]\d{2}|\d[A-Z]{3}\d{3}|"  # US, BR, SE
        r"\d{2} ?[A-Za-z]{1,3} ?\d{2,4}|"  # TR
        r"[A-Z]{2}[ -]?\d{1,2}[ -]?[A-Z]{1,3}[ -]?\d{4}|"  # IN
        r"[A-Za-z]{3}[ -]?\d{3}[ -]?[A-Za-z]{2}|"  # NG
        r"[АВЕКМНОРСТУХ]\d{3}[АВЕКМНОРСТУХ]{2}\d{2,3})(?![\w-])"),
        0.75, 0, lambda value: any(map(str.isdigit, value)) and any(map(str.isalpha, value)), near=_PLATE_WORDS,
        reach=32, literals=("plate", "reg", "vehicle", "vrm", "kenn", "kfz", "schild", "immatric", "plaque", "matr",
        "placa", "targa", "kenteken", "plaka", "tablica", "rejestr", "rekister", "госномер", "rc no", "chapa"),
        within="numbers"),
    # India's, by the states' letters, where the groups are set apart.
    Rule("devices", PLATE, re.compile(
        r"(?<![\w-])(?:AN|AP|AR|AS|BR|CG|CH|DD|DL|GA|GJ|HP|HR|JH|JK|KA|KL|LA|LD|MH|ML|MN|MP|MZ|NL|OD|OR|PB|PY|RJ|SK|"
        r"TN|TR|TS|UK|UP|WB)([ -])\d{1,2}\1[A-Z]{1,3}\1\d{4}(?![\w-])"), 0.7, within="numbers"),
    # Turkey's, where the groups are set apart.
    Rule("devices", PLATE, re.compile(r"(?<![\w-])(?:0[1-9]|[1-7]\d|8[01]) [A-Z]{3} \d{2,4}(?![\w-])"), 0.5,
         unless=words(("at", "on", "until", "from", "by", "page")), near=_PLATE_WORDS, within="numbers"),
)  # fmt: skip
_TABLE = RuleTable(_RULES)


def find(source: Source) -> Iterator[Finding]:
    """Every device's and vehicle's number in a text."""
    yield from _TABLE.apply(source)
