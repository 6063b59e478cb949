"""The addresses of people's own pages: `linkedin.com/in/ana-novak`, `instagram.com/anovak`, `github.com/anovak`.

A page on a network of people is somebody's. GitHub and its like hold projects before people: there, the address counts
if the words before it say so ("my GitHub", "profile", "portfolio"), and companies' and projects' pages never do.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.recognizers.placeholders import is_placeholder
from detectors.recognizers.rule import words
from detectors.recognizers.source import Source

_NAME = r"[\w.%-]{2,60}(?<=[\w])"
_START = r"(?<![\w.-])(?:https?://)?(?:(?:www|m|mobile|[a-z]{2})\.)?"
_PEOPLE = re.compile(
    rf"{_START}(?:linkedin\.com/(?:in|pub)/|xing\.com/profile/|(?:facebook|fb)\.com/(?:people/[\w%-]{{2,60}}/|"
    rf"profile\.php\?id=)?|instagram\.com/|threads\.net/@|"
    r"tiktok\.com/@|snapchat\.com/add/|vk\.com/|orcid\.org/|researchgate\.net/profile/|"
    r"scholar\.google\.[a-z.]{2,6}/citations\?user=|"
    r"strava\.com/athletes/|goodreads\.com/user/show/|last\.fm/user/|steamcommunity\.com/(?:id|profiles)/|"
    r"academia\.edu/profile/|"
    r"stackoverflow\.com/users/\d{2,12}/|matrix\.to/#/@|bsky\.app/profile/|keybase\.io/|gravatar\.com/|"
    r"paypal\.me/|venmo\.com/(?:u/)?|cash\.app/\$)"
    rf"(?P<name>{_NAME})(?![\w@])/?",
    re.IGNORECASE,
)
_ANYBODYS = re.compile(
    rf"{_START}(?:twitter\.com/|x\.com/|github\.com/|gitlab\.com/|bitbucket\.org/|medium\.com/@|dev\.to/|t\.me/|"
    rf"youtube\.com/@|pinterest\.com/|"
    r"reddit\.com/u(?:ser)?/|behance\.net/|dribbble\.com/|soundcloud\.com/|twitch\.tv/|kaggle\.com/|"
    r"huggingface\.co/|leetcode\.com/(?:u/)?|"
    rf"mastodon\.social/@|about\.me/|linktr\.ee/)@?(?P<name>{_NAME})(?![\w@])/?(?![\w?#])",
    re.IGNORECASE,
)
_SAID = words(
    ("my", "mine", "his", "her", "i'm", "profiles?", "portfolio", "follow", "contact", "author", "resume", "cv",
     "connect", "bio", "candidate", "applicant", "twitter", "github", "gitlab", "x", "telegram", "youtube", "medium",
     "kaggle", "reddit", "social", "handle", "mein", "meine", "mon", "mi", "mio", "mijn", "meu", "mój", "profil",
     "perfil", "profilo", "profiel")
)  # fmt: skip
_NOBODY = frozenset(
    """
    about login signup explore search settings help home share sharer groups pages events watch marketplace company
    jobs learning school feed hashtag intent status tr plugins reel reels p stories tv accounts direct legal privacy
    policies terms careers ads business developers developer docs support blog press features pricing enterprise
    sponsors topics trending collections orgs apps notifications issues pulls new login.php dialog gaming groups
    photo photos video videos story share.php sharer.php policy username user your-username your_username yourname
    your-name me profile example name
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)
_SIGNS = (
    ".com/",
    ".net/",
    ".org/",
    ".me/",
    ".app/",
    ".io/",
    ".tv/",
    ".to/",
    ".ee/",
    ".edu/",
    ".co/",
    ".fm/",
    ".social/",
    "scholar.google",
)
_NEAR = 40


def find(source: Source) -> Iterator[Finding]:
    """Every address of somebody's own page."""
    text = source.text
    if not any(sign in source.lower for sign in _SIGNS):
        return
    for match in _PEOPLE.finditer(text):
        if _is_somebodys(match["name"]):
            yield Finding(match.start(), match.end(), "PROFILE_URL", 0.8, "profiles")
    for match in _ANYBODYS.finditer(text):
        if _is_somebodys(match["name"]) and _SAID.search(source.before(match.start(), _NEAR)):
            yield Finding(match.start(), match.end(), "PROFILE_URL", 0.65, "profiles")


def _is_somebodys(name: str) -> bool:
    return name.lower().strip("./") not in _NOBODY and not is_placeholder(name)
