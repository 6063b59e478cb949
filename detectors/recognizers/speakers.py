"""People whose names the text's own form gives away: who speaks in a transcript, who is addressed, who signs.

[10:16 AM] Mike: Hi Sarah · Dear Ms Novak, · Best regards,⏎Tom Brown · Name: Lena Ortiz · - Bob Lee (bob@…)
"""

import re
from collections.abc import Callable, Iterator

from detectors.alone import is_first_name
from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.given_names import COMMON, is_given_name
from detectors.recognizers.rule import Rule, RuleTable
from detectors.recognizers.source import Source, Within

# Latin letters beyond ASCII, as names have them: Łukasz, Šárka, Ayşe.
_UPPER = "A-ZÀ-ÖØ-Þ" + "".join(chr(code) for code in range(0x100, 0x180) if chr(code).isupper())
_LOWER = "a-zß-öø-ÿ" + "".join(chr(code) for code in range(0x100, 0x180) if chr(code).islower())
_WORD = rf"[{_UPPER}][{_LOWER}]{{1,20}}(?:[-'][{_UPPER}][{_LOWER}]{{1,20}})?"
_NAME = rf"{_WORD}(?: [A-Z]\.?(?!\w))?(?: (?:de |van |von |der |al-|bin )?{_WORD}){{0,2}}"
_CLOCK = r"[\[(]?\d{1,2}[:.]\d{2}(?::\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?[\])]?"
_NOT_A_NAME = frozenset(
    """
    customer support agent user assistant system bot admin operator caller patient doctor nurse client sir madam
    team all everyone friend colleagues customers members students parents human ai model question answer note
    warning error info debug name manager hiring service sales staff representative moderator host guest
    interviewer interviewee teacher student professor speaker narrator parent resident neighbor neighbour
    subscriber employee employees applicant candidate committee board editor recruiter reader readers valued
    colleague folks guys both community council president chairman director principal judge officer total date
    time subject from to cc bcc sent re fwd hi hello hey dear thanks thank best kind regards sincerely yours the
    this that person company address email phone title department full first last unknown none null true false
    test example anonymous
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)
_TITLE = r"(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof|Herr|Frau|Señora?|Sr|Sra|Mme|Mlle)\.? "
# How letters end in other languages than English, and the words of those who aren't one person.
_ENDINGS = (
    r"(?:un |muchos )?(?:saludos?|abrazos?|besos)(?: cordial(?:es)?)?|atentamente|(?:bien )?cordialement|bises|bisous|"
    r"(?:bien )?à (?:vous|toi|bientôt)|amicalement|(?:met )?(?:vriendelijke |hartelijke )?groet(?:en|jes)?|liefs|mvg|"
    r"(?:com os melhores |melhores )?cumprimentos|atenciosamente|abraços?|beij(?:inh)?os|"
    r"(?:cordiali |distinti )?saluti|"
    r"cordialmente|un abbraccio|baci|(?:z )?pozdrowieni(?:ami|a)|pozdrawiam|z poważaniem|buziaki|"
    r"(?:mit )?(?:freundlichen?|lieben?|herzlichen?|vielen?|besten?|schönen?)? ?grüßen?(?: aus [^\n]{2,20})?|"
    r"hochachtungsvoll|"
    r"gruß|(?:med )?vänlig(?:a)? hälsning(?:ar)?|(?:med )?venlig hilsen|mvh"
)
_OFFICE = re.compile(
    r"(?i)team|service|dienst|abteilung|leitung|haltung|redaktion|verwaltung|stelle|büro|\b(?:ihr|euer|uw|het|der|die|das|el|la|"
    r"le|les|il|lo|los|os|o|a|de|votre|notre|nuestro|su|tu|il tuo|vostro)\b|equip|servi[czç]|uffici|direc|direk|direz|"
    r"admin|secret|segret|sekret|klant|kund|client|afdeling|planning|dział|kadry|biuro|zarząd|zesp|tesour|gerên|compta|"
    r"conta|zakład|obsług|apoio|atenci|recursos|ressources|personal|vertrieb|einkauf"
)
# Words for people in a form: each may be followed by "name", a colon and the name.
_HOLDERS = (
    "[Ff]ull|[Ff]irst|[Ll]ast|[Gg]iven|[Ff]amily|[Pp]atient|[Cc]ustomer|[Cc]lient|[Ee]mployee|[Ss]tudent|"
    "[Aa]pplicant|[Cc]ontact|[Cc]andidate|[Cc]ardholder|[Aa]ccount [Hh]older|[Ii]nsured"
)
_ROLES = (
    "[Nn]urse|[Dd]octor|[Pp]hysician|[Pp]atient|[Ss]urgeon|[Tt]herapist|[Pp]laintiff|[Dd]efendant|[Cc]laimant|"
    "[Tt]enant|[Ll]andlord|[Bb]uyer|[Ss]eller|[Ee]mployee|[Mm]anager|[Ss]upervisor|[Ii]nstructor|[Tt]eacher|"
    "[Ss]tudent|[Cc]ustomer|[Cc]lient|[Cc]ontact|[Rr]ecipient|[Ss]ender|[Pp]ayee|[Pp]rovider|[Ww]itness|[Aa]gent|"
    "[Rr]eference|[Aa]uthor|[Ss]igned by|[Pp]repared by|[Bb]eneficiary|[Gg]uarantor|[Ii]nsured|[Pp]olicyholder|"
    "[Ss]pouse|[Mm]other|[Ff]ather|[Gg]uardian|[Ee]mergency [Cc]ontact"
)
_SAID_ABROAD = ("nombre es", "me llamo", "ich heiße", "je m'appelle", "mi chiamo")
# The last word of what is named after people, or begins with a name by chance.
_THINGS = (
    "Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Blvd|Boulevard|Court|Ct|Place|Way|Square|Park|Bridge|Airport|"
    "Station|Hospital|University|College|School|Institute|Foundation|Center|Centre|Award|Prize|Cup|Island|River|Lake|"
    "Bay|County|City|Hotel|Resort|Inc|Ltd|LLC|Corp|Group|Bank"
)
_LINE = gated(re.compile(rf"(?m)^({_WORD}) ?: (?=\S)"))
_THING = re.compile(rf" (?:{_THINGS}|And|Or|Is|Was|The|Has|Said|Will|Can|Please)$")


def _is_name(value: str) -> bool:
    return not any(word.lower().strip(".") in _NOT_A_NAME for word in value.split())


def _signs(value: str) -> bool:
    return _is_name(value) and _OFFICE.search(value) is None


def _is_full_name(value: str) -> bool:
    return " " in value and _is_name(value)


def _begins_with_given_name(value: str) -> bool:
    return is_given_name(value.partition(" ")[0]) and _is_name(value) and not _THING.search(value)


def _rule(
    expression: str,
    score: float,
    check: Callable[[str], bool] = _is_name,
    *,
    literals: tuple[str, ...] = (),
    within: Within = "text",
) -> Rule:
    return Rule("speakers", "PERSON", re.compile(expression), score, 1, check, literals, within=within)


_RULES = (
    # A transcript's line: a clock in front, a colon behind.
    _rule(rf"(?m)^[ \t>*-]{{0,4}}{_CLOCK}[ \t-]{{1,3}}({_NAME}):", 0.85, within="numbers"),
    _rule(rf"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof)\.? ({_NAME})\b", 0.85, literals=("mr", "ms", "mx", "dr", "prof")),
    # Who a letter is to, and who signs it.
    _rule(
        r"(?m)^(?:Dear|Hi|Hello|Hey|Liebe[r]?|Cher|Chère|Querid[oa]|Estimad[oa]) "
        rf"(?:{_TITLE})?({_NAME})(?=\s?[,!.:]|\s?$)",
        0.8,
        literals=("dear ", "hi ", "hello ", "hey ", "lieb", "cher ", "chère ", "querid", "estimad"),
    ),
    _rule(
        r"(?:[Rr]egards|[Ss]incerely|[Cc]heers|[Tt]hanks|[Tt]hank you|[Bb]est|[Yy]ours|[Ss]igned|[Ww]ishes),?"
        rf"[ \t]{{0,3}}\r?\n\s{{0,6}}({_NAME})[ \t]{{0,4}}(?=\r?\n|$)",
        0.85,
        literals=("regards", "sincerely", "cheers", "thank", "best", "yours", "signed", "wishes"),
    ),
    # The same in other languages; one or two people.
    _rule(
        rf"(?im)^[ \t]{{0,4}}(?:{_ENDINGS})[ \t]{{0,3}}[,!.]?[ \t]{{0,3}}\r?\n\s{{0,6}}(?-i:({_NAME}))"
        rf"(?: (?:y|e|en|et|und|i|&) (?-i:{_NAME}))?[ \t]{{0,4}}(?=\r?\n|$)",
        0.8,
        _signs,
    ),
    _rule(
        rf"(?m)^(?:From|To|Cc|Bcc|Attn|Attention|Sender|Recipient):[ \t]{{1,3}}({_NAME})"
        r"(?=[ \t]{0,3}(?:[<(,;]|\r?$))",
        0.8,
        _is_full_name,
        literals=("from:", "to:", "cc:", "attn:", "attention:", "sender:", "recipient:"),
    ),
    _rule(rf"({_NAME}) ?[(<\[]{{1,2}}[\w.+-]{{1,64}}@[\w-]{{1,63}}\.[\w.-]{{2,60}}[)>\]]", 0.85, literals=("@",)),
    # A form's field, and who has a role: `Nurse: John Doe`, `Attending Physician: Lena Ortiz`.
    _rule(
        rf"(?<![^\W_])(?:(?:{_HOLDERS})[ _]?)?(?:[Nn]ame|NAME)[\"']?\s?[:=]\s{{0,3}}[\"']?({_NAME})"
        r"(?=[\"',;.<\n\r)|]|\s{2}|$)",
        0.8,
        _is_full_name,
        literals=("name",),
    ),
    _rule(
        rf"(?<![^\W_])(?:{_ROLES})(?: [Nn]ame)?[\"']?\s?:\s{{0,3}}[\"']?({_NAME})"
        r"(?=[\"',;.<(\n\r)|]|\s{2}| -|$)",
        0.75,
        _is_full_name,
        literals=tuple(role.lower() for role in re.sub(r"\[.(.)\]", r"\1", _ROLES).split("|")),
    ),
    # Who says who they are.
    _rule(
        r"\b(?:[Mm]y name is|[Ii]'m called|I am called|[Nn]ame's|[Ss]peaking with|[Tt]his is|[Mm]i nombre es|"
        rf"[Mm]e llamo|[Ii]ch heiße|[Jj]e m'appelle|[Mm]i chiamo) ({_NAME})",
        0.75,
        _is_full_name,
        literals=("name is", "i'm called", "i am called", "name's", "speaking with", "this is", *_SAID_ABROAD),
    ),
    # A frequent given name before another capitalised word.
    _rule(rf"(?<![\w.@/-])({_WORD} (?:[A-Z]\. )?{_WORD})(?![\w@/]| (?:{_THINGS})\b)", 0.65, _begins_with_given_name),
)
_TABLE = RuleTable(_RULES)


def find(source: Source) -> Iterator[Finding]:
    """Every name that the text's form gives away."""
    yield from _TABLE.apply(source)
    yield from _talk(source)


def _talk(source: Source) -> Iterator[Finding]:
    """Who speaks in a dialogue without clocks: lines that follow each other and begin with a first name and a colon."""
    before: re.Match[str] | None = None
    for match in source.matches(_LINE):
        after_another = before is not None and source.text.find("\n", before.end()) + 1 == match.start()
        if before is not None and after_another and (is_first_name(before[1]) or is_first_name(match[1])):
            for one in (before, match):
                if is_first_name(one[1]) and one[1].lower() not in COMMON and _is_name(one[1]):
                    yield Finding(one.start(1), one.end(1), "PERSON", 0.7, "speakers")
        before = match
