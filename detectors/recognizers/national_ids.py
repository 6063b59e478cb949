"""National identity, tax and insurance numbers, by the check digits that python-stdnum knows.

A number whose form or check digits hardly occur by chance counts by itself. Where one number in ten passes the check
(Luhn, modulo 11), the number's name or its country's word for it has to stand before it.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from stdnum.exceptions import ValidationError
from stdnum.us import itin

from detectors.finding import Finding
from detectors.recognizers.numbers import digits_of
from detectors.recognizers.rule import words
from detectors.recognizers.source import Source

# US social security numbers: the form with separators counts by itself, nine digits need the name.
_SSN = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}([ .-])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])")
# Taxpayer numbers (ITIN, ATIN) look like one with a 9 in front, whatever group is given out today. Their form counts,
# not what a model makes of the words around them.
_ITIN = re.compile(r"(?<![\w-])9\d{2}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_SSN_LOOSE = re.compile(r"(?<![\w-])\d{3}[ .-]?\d{2}[ .-]?\d{4}(?![\w-])")
_SSN_WORDS = words(("ssn", "ssns", "ssn_?number", "social", "soc ?sec", "social ?security", "tin", "itin", "taxpayer"))
# In advertisements: void since, nobody's, and quoted everywhere.
_PRINTED = frozenset({"078051120", "219099999", "987654321"})
_NOT_SSN = words(("part", "order", "serial", "sku", "model", "tracking", "isbn", "invoice", "extension", "item"))

# (stdnum module, form, our type): unmistakable by form and check digits.
_STRONG = (
    ("it.codicefiscale", r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", "NATIONAL_ID"),
    ("es.nie", r"[XYZ]-?\d{7}-?[A-Z]", "NATIONAL_ID"),
    ("es.dni", r"\d{8}-?[A-HJ-NP-TV-Z]", "NATIONAL_ID"),
    ("fr.nir", r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}", "NATIONAL_ID"),
    ("br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}", "NATIONAL_ID"),
    ("br.cnpj", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", "TAX_ID"),
    ("be.nn", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", "NATIONAL_ID"),
    ("fi.hetu", r"\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y]", "NATIONAL_ID"),
    ("ch.ssn", r"756\.?\d{4}\.?\d{4}\.?\d{2}", "NATIONAL_ID"),
    ("cz.rc", r"\d{6}/\d{3,4}", "NATIONAL_ID"),
    ("kr.rrn", r"\d{6}-[1-8]\d{6}", "NATIONAL_ID"),
    ("cn.ric", r"\d{17}[\dXx]", "NATIONAL_ID"),
    ("mx.curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", "NATIONAL_ID"),
    ("cl.rut", r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]", "NATIONAL_ID"),
    ("ar.cuit", r"(?:20|2[347]|3[034])-\d{8}-\d", "TAX_ID"),
    ("se.personnummer", r"(?:19|20)?\d{6}[-+]\d{4}", "NATIONAL_ID"),
    ("ie.pps", r"\d{7}[A-W][A-IW]?", "NATIONAL_ID"),
    ("in_.pan", r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]", "TAX_ID"),
    ("gb.nhs", r"\d{3} \d{3} \d{4}", "HEALTH_INSURANCE"),
)

# Names under which a number is given → the modules that can judge it. The name must stand shortly before.
_NAMED = (
    ("ssn|social security", ("us.ssn",), "US_SSN"),
    ("itin", ("us.itin",), "US_ITIN"),
    ("ein|fein|employer identification", ("us.ein",), "TAX_ID"),
    ("tin|taxpayer", ("us.tin", "in_.pan"), "TAX_ID"),
    ("sin|social insurance", ("ca.sin",), "NATIONAL_ID"),
    ("bn|business number", ("ca.bn",), "TAX_ID"),
    ("steuer|idnr|steuerid|steuer-id|stnr|steuernummer", ("de.idnr", "de.stnr"), "TAX_ID"),
    ("nir|insee|sécurité sociale|securite sociale|sécu", ("fr.nir",), "NATIONAL_ID"),
    ("nif|dni|nie|nifp|contribuinte", ("es.nif", "es.dni", "es.nie", "pt.nif", "fr.nif"), "NATIONAL_ID"),
    ("cif|rfc|curp", ("es.cif", "mx.rfc", "mx.curp"), "TAX_ID"),
    ("siren|siret|tva", ("fr.siren", "fr.siret", "fr.tva"), "TAX_ID"),
    ("codice fiscale|codicefiscale|cf|partita iva|iva", ("it.codicefiscale", "it.iva"), "NATIONAL_ID"),
    ("bsn|burgerservicenummer|onderwijsnummer|sofinummer", ("nl.bsn", "nl.onderwijsnummer"), "NATIONAL_ID"),
    ("btw|kvk", ("nl.btw",), "TAX_ID"),
    ("pesel", ("pl.pesel",), "NATIONAL_ID"),
    ("nip|regon", ("pl.nip", "pl.regon"), "TAX_ID"),
    ("cpf|cnpj", ("br.cpf", "br.cnpj"), "NATIONAL_ID"),
    ("cuit|cuil|cbu", ("ar.cuit", "ar.cbu"), "TAX_ID"),
    ("rut|run", ("cl.rut", "uy.rut"), "NATIONAL_ID"),
    ("nit", ("co.nit", "gt.nit"), "TAX_ID"),
    ("cpr|personnummer|fødselsnummer|fodselsnummer|fnr|henkilötunnus|hetu|kennitala",
     ("dk.cpr", "se.personnummer", "no.fodselsnummer", "fi.hetu", "is_.kennitala"), "NATIONAL_ID"),
    ("orgnr|organisationsnummer|cvr|ytunnus|y-tunnus|mva", ("se.orgnr", "no.orgnr", "dk.cvr", "fi.ytunnus",
    "no.mva"), "TAX_ID"),
    ("rc|rodné číslo|rodne cislo|rč", ("cz.rc", "sk.rc"), "NATIONAL_ID"),
    ("dič|dic|ičo|ico", ("cz.dic",), "TAX_ID"),
    ("cnp", ("ro.cnp",), "NATIONAL_ID"),
    ("egn|pnf", ("bg.egn", "bg.pnf"), "NATIONAL_ID"),
    ("oib|jmbg|emso|emšo", ("hr.oib", "rs.pib", "si.ddv", "si.emso"), "NATIONAL_ID"),
    ("amka|afm|vat", ("gr.amka", "gr.vat"), "NATIONAL_ID"),
    ("tckimlik|tc kimlik|kimlik|vkn", ("tr.tckimlik", "tr.vkn"), "NATIONAL_ID"),
    ("id|teudat|idnr", ("il.idnr", "za.idnr"), "NATIONAL_ID"),
    ("pps|ppsn", ("ie.pps",), "NATIONAL_ID"),
    ("nhs", ("gb.nhs",), "HEALTH_INSURANCE"),
    ("utr", ("gb.utr",), "TAX_ID"),
    ("tfn|abn|acn", ("au.tfn", "au.abn", "au.acn"), "TAX_ID"),
    ("ird", ("nz.ird",), "TAX_ID"),
    ("ahv|avs|ssn|uid", ("ch.ssn", "ch.uid"), "NATIONAL_ID"),
    ("svnr|vnr|uid|abgabenkontonummer", ("at.vnr", "at.uid", "at.tin"), "NATIONAL_ID"),
    ("nn|rijksregisternummer|registre national|bis", ("be.nn", "be.bis"), "NATIONAL_ID"),
    ("aadhaar|aadhar|pan|epic|gstin|vid", ("in_.aadhaar", "in_.pan", "in_.epic", "in_.gstin", "in_.vid"),
    "NATIONAL_ID"),
    ("ric|身份证|shenfenzheng|uscc", ("cn.ric", "cn.uscc"), "NATIONAL_ID"),
    ("rrn|brn", ("kr.rrn", "kr.brn"), "NATIONAL_ID"),
    ("nric|mykad", ("my.nric",), "NATIONAL_ID"),
    ("uen", ("sg.uen",), "TAX_ID"),
    ("inn|snils|ogrn", ("ru.inn", "ru.ogrn"), "TAX_ID"),
    ("ik|isikukood|asmens kodas|personas kods|pk", ("ee.ik", "lt.asmens", "lv.pvn"), "NATIONAL_ID"),
    ("vat|uid|ust|mwst|pvm|pvn|kmkr|ddv|dph|anum|fpa", ("eu.vat", "gb.vat", "no.mva", "ch.vat"), "TAX_ID"),
    ("cedula|cédula|ruc|rnc", ("do.cedula", "ec.ci", "ec.ruc", "do.rnc", "pe.ruc", "py.ruc"), "NATIONAL_ID"),
)  # fmt: skip
_LETTERS = ("[A", "[X")  # how a form begins that has a letter in front
# Where a strong form can begin: a word of up to six letters and a digit, or two digits within the next few characters.
_BEGIN = re.compile(r"(?<![\w./-])(?=[A-Za-z]{1,6}-?\d|\d[ .-]?\d[\d ./A-Za-z+-]{5})")
_ANY_NAME = words(tuple(names for names, _, _ in _NAMED))
_HASH = re.compile(r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{12,}(?![A-Za-z0-9])")  # or another machine's id
_PATH = re.compile(r"/[a-z]{3}")
_FEWEST = 5  # digits of any of them
_WORD = re.compile(r"[^\W\d_]+")
_PARTS = frozenset(part for names, _, _ in _NAMED for part in _WORD.findall(names))  # cheaper to look for than names
_CANDIDATE = re.compile(r"(?<!\w)[A-Za-z]{0,5}-?\d(?:[ ./-]?[A-Za-z0-9]){4,19}(?![\w])")


def find(source: Source) -> Iterator[Finding]:
    """Every national number in a text."""
    if not source.numbers:
        return
    yield from _social_security(source)
    for begin in source.in_numbers(_BEGIN):
        start = begin.start()
        any_of_them, forms = _strong()[source.text[start].isdigit()]
        if not any_of_them.match(source.text, start):
            continue
        for module, pattern, kind in forms:
            match = pattern.match(source.text, start)
            if match and _valid(module, match[0]) and not _NOT_SSN.search(source.before(start, 24)):
                yield Finding(start, match.end(), kind, 0.9, "national_ids")
    for match in source.in_numbers(_CANDIDATE):
        if _HASH.match(match[0]) or _PATH.search(match[0]) or sum(map(str.isdigit, match[0])) < _FEWEST:
            continue
        before = source.before(match.start(), 32)
        if _PARTS.isdisjoint(_WORD.findall(before.lower())):
            continue
        names = {name[0].lower() for name in _ANY_NAME.finditer(before)}
        if not names:
            continue
        for name, modules, kind in _named():
            if not name.isdisjoint(names):
                length = next(
                    (n for n in _lengths(match[0]) if any(_valid(module, match[0][:n]) for module in modules)), 0
                )
                if length:
                    yield Finding(match.start(), match.start() + length, kind, 0.95, "national_ids")
                    break


def _social_security(source: Source) -> Iterator[Finding]:
    for match in source.in_numbers(_SSN):
        if digits_of(match[0]) in _PRINTED:
            continue
        before = source.before(match.start(), 40)
        if _SSN_WORDS.search(before):
            yield Finding(match.start(), match.end(), "US_SSN", 1.0, "national_ids")
        elif not _NOT_SSN.search(before):
            yield Finding(match.start(), match.end(), "US_SSN", 0.8, "national_ids")
    for match in source.in_numbers(_ITIN):
        if digits_of(match[0]) not in _PRINTED and not _NOT_SSN.search(source.before(match.start(), 40)):
            score = 0.8 if _valid(itin, match[0]) else 0.75
            yield Finding(match.start(), match.end(), "US_ITIN", score, "national_ids")
    if _SSN_WORDS.search(f"{source.context} {source.text}"):
        for match in source.in_numbers(_SSN_LOOSE):
            if digits_of(match[0]) not in _PRINTED and _SSN_WORDS.search(source.before(match.start(), 40)):
                yield Finding(match.start(), match.end(), "US_SSN", 0.96, "national_ids")


def _lengths(value: str) -> list[int]:
    """The whole candidate, then without its last group: a word that follows may look like one."""
    cuts = [len(value)]
    while (cut := value.rfind(" ", 0, cuts[-1])) >= 5 and len(cuts) < 6:
        cuts.append(cut)
    return cuts


@cache
def _strong() -> tuple[tuple[re.Pattern[str], tuple[tuple[Any, re.Pattern[str], str], ...]], ...]:
    """The strong forms that begin with a letter, and those that begin with a digit; before each, all of them as one."""
    kinds: list[tuple[re.Pattern[str], tuple[tuple[Any, re.Pattern[str], str], ...]]] = []
    for digit in (False, True):
        rows = [row for row in _STRONG if (row[1][:2] not in _LETTERS) is digit]
        forms = tuple((import_module(f"stdnum.{name}"), _alone(form), kind) for name, form, kind in rows)
        kinds.append((_alone("|".join(form for _, form, _ in rows)), forms))
    return tuple(kinds)


def _alone(form: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{form})(?![\w/-]|\.\d)")


@cache
def _named() -> tuple[tuple[frozenset[str], tuple[Any, ...], str], ...]:
    return tuple(
        (frozenset(names.split("|")), tuple(import_module(f"stdnum.{module}") for module in modules), kind)
        for names, modules, kind in _NAMED
    )


def _valid(module: Any, value: str) -> bool:
    try:
        module.validate(value)
    except (ValidationError, ValueError, IndexError, KeyError):
        return False
    return True
