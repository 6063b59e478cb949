"""Places on Earth: a latitude with a longitude, as decimals, degrees and minutes, in URLs, or as codes.

    52.520008, 13.404954 · "lat": 52.520008, "lng": 13.404954 · 40°26'46"N 79°58'56"W · geo:52.52,13.404
    maps/@52.52,13.404,17z · POINT(13.404954 52.520008) · 9F4MGC2M+XR · ///filled.count.soap · geohash u33dc0cpk

Three decimals are a hundred metres: fewer say no more than a town does. Two decimals side by side may be anything, so
that without a word they need five digits behind the point and nothing numeric around them (a vector, a path, a table).
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.recognizers.rule import words
from detectors.recognizers.source import Source

TYPE, NAME = "GEO_COORDINATES", "coordinates"
_FAR_NORTH, _FAR_EAST = 90, 180
_REACH = 60

_DECIMAL = r"[-+]?\d{1,3}\.\d{3,15}"
_SIDE = r"°?\s?[NSEWOnsewo]?"
_PAIR = re.compile(
    rf"(?<![\w.,+-])(?P<first>{_DECIMAL})(?P<north>{_SIDE})"
    r"(?P<between>[,;/|]\s{0,2}|\s{1,2}|,?\s?lon\w{0,6}\s?[:=]?\s?)"
    rf"(?P<second>{_DECIMAL})(?P<east>{_SIDE})(?![\w]|\.\d)"
)
_NUMBER_BEFORE = re.compile(r"[\d.][\]\s,;()]{0,3}$")
_NUMBER_BEHIND = re.compile(r"[\s,;|]{1,3}[-+]?\d")
_WORDS = words(
    ("geo", "gps", "coordinates?", "coords?", "koordinaten?", "coordonnées", "coordenadas", "coordinate",
     "współrzędne", "lat", "latitude", "latlng", "latlon", "lnglat", "lonlat", "longitude", "position", "location",
     "located", "standort", "ubicación", "posizione", "localização", "lokalizacja", "map", "maps", "waypoint", "pin",
     "site", "point", "centroid", "address", "home", "geolocation", "geopoint", "ll", "sll", "where", "near", "at")
)  # fmt: skip
_URL = re.compile(
    r"(?:/@|[?&](?:q|ll|sll|center|query|destination|origin|saddr|daddr|mlat|markers?|loc)=(?:loc:)?|geo:)$"
)
_PLAIN = re.compile(r"\d{1,3}\.\d{5,}")
# One of two values that stand apart, under its name.
_NAMED = re.compile(
    r"(?i)(?<![^\W_])(?:lat(?:itude)?|lon(?:g(?:itude)?)?|lng|breitengrad|längengrad|latitud|longitud)(?:_?deg)?"
    r"[\"']?\s{0,2}(?:[:=]|is|de)\s{0,3}[\"']?([-+]?\d{1,3}\.\d{3,15})(?![\w.])"
)
_FIELD = re.compile(
    r"(?i:(?:^|[_.])(?:lat(?:itude)?|lon(?:g(?:itude)?)?|lng|latitud|longitud))$|(?:Lat|Lng|Lon|Long)(?:itude)?$"
)
_VALUE = re.compile(r"\s?[-+]?\d{1,3}\.\d{3,15}\s?")
# 40° 26' 46.3" N, 79°58'56"W · N 40° 26.767 W 079° 58.933
_PART = (
    r"(?:[NSEWO]\s?)?\d{1,3}\s?(?:°|º|deg)\s?\d{1,2}(?:\.\d{1,6})?\s?['\u2032\u2019]?"
    r"(?:\s?\d{1,2}(?:\.\d{1,6})?\s?(?:[\"\u2033\u201d]|''))?(?:\s?[NSEWO](?![A-Za-z]))?"
)
_DEGREES = re.compile(rf"(?<![\w.]){_PART}(?:\s?[,;/]?\s?|\s(?:and|und|et|y)\s){_PART}(?!\w)")
_GEO_URI = re.compile(r"(?<!\w)geo:(-?\d{1,3}\.\d{2,15},-?\d{1,3}\.\d{2,15})")
_WELL_KNOWN = re.compile(r"(?<!\w)POINT\s?Z?\s?\((-?\d{1,3}\.\d{3,15} -?\d{1,3}\.\d{3,15})", re.IGNORECASE)
_ARRAY = re.compile(
    r"(?i)\"(?:coordinates|location|position|geo|loc|lnglat|latlng)\"\s?:\s?\[\s{0,3}(-?\d{1,3}\.\d{3,15}\s?,\s{0,3}-?\d{1,3}\.\d{3,15})"
)
_PLUS = re.compile(r"(?<![\w+])[23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2,3}(?![\w+])")
_SHORT_PLUS = re.compile(r"(?<![\w+])[23456789CFGHJMPQRVWX]{4,6}\+[23456789CFGHJMPQRVWX]{2,3}(?![\w+])")
_PLUS_WORDS = words(("plus ?codes?", "open ?location ?codes?"))
_GEOHASH = re.compile(r"(?i)(?<![^\W_])geo_?hash[\"']?\s{0,2}(?:[:=]|is)?\s{0,2}[\"']?([0-9b-hjkmnp-z]{6,12})(?!\w)")
_THREE_WORDS = re.compile(r"(?<![\w:/])///([a-z]{3,18}\.[a-z]{3,18}\.[a-z]{3,18})(?![\w./])")


def find(source: Source) -> Iterator[Finding]:
    """Every place in a text."""
    text = source.text
    if "///" in text:
        for match in _THREE_WORDS.finditer(text):
            yield _found(match, 1, 0.8)
    if "+" in text and _PLUS_WORDS.search(text):
        for match in _SHORT_PLUS.finditer(text):
            yield _found(match, 0, 0.85)
    if not source.numbers:
        return
    if _FIELD.search(source.context) and _VALUE.fullmatch(text):
        yield Finding(0, len(text), TYPE, 0.9, NAME)
    if "." in text:
        yield from _decimals(source)
    if "°" in text or "º" in text or " deg" in text:
        for match in source.in_numbers(_DEGREES):
            yield _found(match, 0, 0.9)
    if "+" in text:
        for match in source.in_numbers(_PLUS):
            yield _found(match, 0, 0.85)
    if "hash" in source.lower:
        for match in source.in_numbers(_GEOHASH):
            if any(map(str.isdigit, match[1])):
                yield _found(match, 1, 0.8)


def _decimals(source: Source) -> Iterator[Finding]:
    for match in source.in_numbers(_PAIR):
        score = _pair(match, source)
        if score:
            yield _found(match, 0, score)
    lower = source.lower
    if any(word in lower for word in ("lat", "lon", "lng", "grad")):
        for match in source.in_numbers(_NAMED):
            if abs(float(match[1])) <= _FAR_EAST:
                yield _found(match, 1, 0.9)
    for literal, pattern in (("geo:", _GEO_URI), ("point", _WELL_KNOWN), ("[", _ARRAY)):
        if literal in lower:
            for match in source.in_numbers(pattern):
                yield _found(match, 1, 0.9)


def _pair(match: re.Match[str], source: Source) -> float:
    """How surely two numbers side by side are a place."""
    first, second = float(match["first"]), float(match["second"])
    if abs(first) > _FAR_NORTH or abs(second) > _FAR_EAST:
        return 0.0
    before = source.before(match.start(), _REACH)
    if _URL.search(before):
        return 0.95
    if match["north"].strip("° ") and match["east"].strip("° "):
        return 0.95
    if _NUMBER_BEFORE.search(before[-4:]) or _NUMBER_BEHIND.match(source.text, match.end()):
        return 0.0
    if match["between"].lstrip(", ").lower().startswith("lon"):
        return 0.9
    if _WORDS.search(before) and "," in match["between"]:
        return 0.85
    told = all(_PLAIN.fullmatch(match[name].lstrip("+-")) for name in ("first", "second"))
    return 0.6 if told and match["between"].startswith(",") and min(abs(first), abs(second)) >= 1 else 0.0


def _found(match: re.Match[str], group: int, score: float) -> Finding:
    return Finding(match.start(group), match.end(group), TYPE, score, NAME)
