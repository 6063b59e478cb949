"""Programs, models and their makers that are taken for people: Claude, Bash, Gemini. What agents send is full of them.

Lines of files (`L5-L14`) are taken for addresses there.

Some are nobody's name. The others are somebody's too: they are programs where a program's word follows, or where the
text speaks of the maker or of the program by its whole name. A surname beside one says that it is a person.
"""

import re
from collections.abc import Sequence

from detectors.finding import Finding

_NEVER_PEOPLE = frozenset(
    """
    anthropic openai mistral deepseek perplexity ollama huggingface chatgpt gpt codex opencode copilot cursor aider
    windsurf cline zed bash zsh fish powershell python typescript javascript kotlin rust golang haskell perl django
    flask jenkins docker podman kubernetes helm terraform ansible vagrant grafana prometheus kibana jaeger kafka
    postgres redis mongo sqlite pandas numpy pytest mypy ruff eslint prettier vite webpack lint xhigh grep sed awk git
    github gitlab bitbucket jira confluence slack notion figma vercel netlify heroku sentry stripe twilio opus sonnet
    haiku fable fetch fetches brittle todo todowrite multiedit webfetch websearch readme
    markdown json yaml toml brevity glob edit write read task agent agents subagent assistant
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)
_SOMETIMES = {
    "claude": re.compile(
        r"(?i)anthropic|claude[ -](?:code|agent|api|opus|sonnet|haiku|\d|models?|sessions?|desktop|max)"
    ),
    "gemini": re.compile(r"(?i)google|gemini[ -](?:cli|api|pro|flash|ultra|nano|\d|models?)"),
    "devin": re.compile(r"(?i)cognition ai|devin (?:ai|sessions?)"),
    "alexa": re.compile(r"(?i)amazon|echo|alexa (?:skills?|voice)"),
    "siri": re.compile(r"(?i)apple|iphone|ios\b"),
    "max": re.compile(r"\Amax\Z"),  # an effort, if there is nothing else; a person has a capital, or a sentence
    "watson": re.compile(r"(?i)\bibm\b|watsonx"),
}
_MAKERS = re.compile(r"no-?reply@(?:anthropic|openai|github|google|cursor)\.com", re.IGNORECASE)  # agents' co-authors
_LINES = re.compile(r"L\d+(?:-L?\d+)?")
_MODEL_WORDS = frozenset({"code", "opus", "sonnet", "haiku", "agent", "api", "pro", "flash", "cli", "desktop", "max"})


def without_products(text: str, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings without the people that are programs."""
    return tuple(
        one
        for one in findings
        if not (one.entity_type == "PERSON" and is_product(text, one))
        and not (one.entity_type == "EMAIL_ADDRESS" and _MAKERS.fullmatch(text[one.start : one.end]))
        and not (one.entity_type == "STREET_ADDRESS" and _LINES.fullmatch(text[one.start : one.end]))
    )


def is_product(text: str, one: Finding) -> bool:
    """Whether a person is a program."""
    said = re.sub(r"(?:'s|[\W\d_])+$", "", text[one.start : one.end]).lower()
    first, *rest = re.split(r"[\s.-]+", said) or [""]
    if not all(word in _MODEL_WORDS or word in _NEVER_PEOPLE for word in rest):
        return False
    if first in _NEVER_PEOPLE:
        return True
    sign = _SOMETIMES.get(first)
    return sign is not None and sign.search(text) is not None
