"""Every field of a condition: what holds, and what nearly does."""

from datetime import UTC, datetime

import pytest

from detectors.finding import Label, Skipped, SkipReason
from policy.decision import EntityFact, Inquiry, sameness
from policy.match import counting, field_holds, holds, provider_of
from policy.model import FIELDS, Condition

BASE = {
    "department": "finance",
    "user": "Ana",
    "entities": (EntityFact("PERSON", 0.8), EntityFact("PERSON", 0.6, "tool"), EntityFact("CREDIT_CARD", 0.9)),
    "labels": (Label("financial", 0.8, "m"),),
    "tasks": ("Translation",),
    "provider": "openai",
    "host": "api.openai.com",
    "model": "gpt-4o-mini",
    "endpoint": "/v1/chat/completions",
    "dialect": "openai-chat",
    "region": "us",
    "languages": ("en", "cs"),
    "client": "codex_cli/0.5 (linux)",
    "tools": ("shell_exec", "web_search"),
    "at": datetime(2026, 11, 24, 10, 30, tzinfo=UTC),
    "bytes": 500,
    "streaming": True,
    "used": {"month": 0.9},
    "skipped": (Skipped("/a", SkipReason.UNSUPPORTED_MEDIA, "Audio/wav"), Skipped("/b", SkipReason.OPAQUE)),
}


BUDGETS = "budgets: [{id: month, usd: 500, every: month}, {id: week, requests: 9, every: week}]\n"


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("{}", True),
        ("{departments: [finance]}", True),
        ("{departments: [support, finance]}", True),
        ("{departments: [support]}", False),
        ("{users: [ana]}", True),
        ("{users: [anabel]}", False),
        ("{entities: [PERSON]}", True),
        ("{entities: [{type: PERSON, min_score: 0.8}]}", True),
        ("{entities: [{type: PERSON, min_score: 0.81}]}", False),
        ("{entities: [{type: PERSON, min_count: 2}]}", True),
        ("{entities: [{type: PERSON, min_count: 3}]}", False),
        ("{entities: [{type: PERSON, min_count: 2, min_score: 0.7}]}", False),
        ("{entities: [{group: PII, min_count: 3}]}", True),
        ("{entities: [{group: PII, min_count: 4}]}", False),
        ("{entities: [{type: PERSON, min_distinct: 2}]}", True),
        ("{entities: [{type: PERSON, min_distinct: 3}]}", False),
        ("{entities: [SECRETS, PCI]}", True),
        ("{entities: [SECRETS]}", False),
        ("{entities: ['*']}", True),
        ("{entities: [{type: '*', min_score: 0.95}]}", False),
        ("{entities: [PERSON], roles: [tool]}", True),
        ("{entities: [CREDIT_CARD], roles: [tool, system]}", False),
        ("{entities: [{type: PERSON, min_count: 2}], roles: [tool]}", False),
        ("{labels: [financial]}", True),
        ("{labels: [{name: financial, min_score: 0.8}]}", True),
        ("{labels: [{name: financial, min_score: 0.81}]}", False),
        ("{labels: [hr, financial]}", True),
        ("{labels: [hr]}", False),
        ("{tasks: [translation]}", True),
        ("{tasks: [translations]}", False),
        ("{models: ['gpt-*']}", True),
        ("{models: ['GPT-4o-*']}", True),
        ("{models: ['gpt-4o']}", False),
        ("{models: ['claude-*', gpt-4o-mini]}", True),
        ("{providers: [openai]}", True),
        ("{providers: [anthropic]}", False),
        ("{hosts: ['*.openai.com']}", True),
        ("{hosts: [openai.com]}", False),
        ("{endpoints: ['/v1/chat/*']}", True),
        ("{endpoints: ['/v1/files*']}", False),
        ("{dialects: ['openai-*']}", True),
        ("{dialects: [openai]}", False),
        ("{regions: [eu, us]}", True),
        ("{regions: [eu]}", False),
        ("{outside_regions: [eu, ch]}", True),
        ("{outside_regions: [us]}", False),
        ("{languages: [de, cs]}", True),
        ("{languages: [de]}", False),
        ("{outside_languages: [en, de]}", True),
        ("{outside_languages: [en, cs, de]}", False),
        ("{clients: ['CODEX*']}", True),
        ("{clients: [codex]}", False),
        ("{tools: ['shell*']}", True),
        ("{tools: [read, 'WEB_*']}", True),
        ("{tools: [web]}", False),
        ("{times: [{days: [tue], from: 08:00, to: 18:00, zone: Europe/Berlin}]}", True),
        ("{times: [{days: [tue], from: 08:00, to: 10:00}]}", False),
        ("{times: [{to: 01:00}, {from: 10:00, to: 10:31}]}", True),
        ("{bytes: {min: 500}}", True),
        ("{bytes: {min: 501}}", False),
        ("{bytes: {max: 500}}", True),
        ("{bytes: {max: 499}}", False),
        ("{bytes: {min: 10, max: 1000}}", True),
        ("{streaming: true}", True),
        ("{streaming: false}", False),
        ("{budget: {id: month, above: 0.8}}", True),
        ("{budget: {id: month, above: 0.9}}", False),
        ("{budget: {id: week, above: 0}}", False),
        ("{uninspected: [timeout]}", False),
        ("{uninspected: [unsupported_media]}", True),
        ("{uninspected: [timeout, opaque]}", True),
        ("{uninspected: [{reason: unsupported_media, media: ['audio/*']}]}", True),
        ("{uninspected: [{reason: unsupported_media, media: ['image/*', 'AUDIO/WAV']}]}", True),
        ("{uninspected: [{reason: unsupported_media, media: ['image/*']}]}", False),
        ("{uninspected: [{reason: opaque, media: ['*']}]}", False),  # nobody knows its format
        ("{departments: [finance], labels: [financial], entities: [PCI]}", True),
        ("{departments: [finance], labels: [hr], entities: [PCI]}", False),
    ],
)
def test_conditions(load, when, expected):
    text = f"departments: {{finance: {{}}, support: {{}}}}\n{BUDGETS}rules: [{{id: r, effect: block, when: {when}}}]\n"
    assert holds(load(text).rules[0].when, Inquiry(**BASE)) is expected


@pytest.mark.parametrize("field", FIELDS)
def test_nothing_known_matches_no_stated_field(load, field):
    """An empty inquiry satisfies a field only by a glob for everything, or where nobody knows the region."""
    text = {
        "departments": "[finance]", "users": "[ana]", "entities": "['*']", "labels": "[hr]", "tasks": "[x]",
        "endpoints": "['?*']", "dialects": "['?*']", "regions": "[us]", "languages": "[en]", "outside_languages": "[en]", "clients": "['?*']", "tools": "['*']",
        "times": "[{}]", "bytes": "{min: 1}", "streaming": "true", "outside_regions": "[us]", "models": "['?*']", "providers": "[openai]", "hosts": "['?*']", "uninspected": "[opaque]",
        "budget": "{id: month, above: 0}",
    }[field]  # fmt: skip
    rule = load(
        f"departments: {{finance: }}\n{BUDGETS}rules: [{{id: r, effect: block, when: {{{field}: {text}}}}}]\n"
    ).rules[0]
    assert rule.when.stated() == (field,)
    assert field_holds(field, rule.when, Inquiry(department="default")) is (field == "outside_regions")


def test_an_unnamed_model_matches_everything():
    assert field_holds("models", Condition(models=("*",)), Inquiry(department="d"))


def test_unknown_types_count_for_everything(load):
    rule = load("rules: [{id: r, effect: block, when: {entities: ['*']}}]").rules[0]
    assert holds(rule.when, Inquiry(department="d", entities=(EntityFact("SOMETHING_NEW", 0.1),)))


def test_counting(load):
    test = load("rules: [{id: r, effect: block, when: {entities: [PERSON]}}]").rules[0].when.entities[0]
    assert len(counting(test, (), Inquiry(**BASE))) == 2
    assert len(counting(test, ("tool",), Inquiry(**BASE))) == 1


@pytest.mark.parametrize(
    ("host", "dialect", "provider"),
    [
        ("api.openai.com", "openai", "openai"),
        ("api.groq.com", "openai", "groq"),  # speaks OpenAI's format, and isn't OpenAI
        ("API.OpenAI.com.", "generic", "openai"),
        ("127.0.0.1", "anthropic", "anthropic"),
        ("", "gemini", "gemini"),
    ],
)
def test_providers_are_who_is_behind_the_host(host, dialect, provider):
    assert provider_of(Inquiry(department="d", host=host, provider=dialect)) == provider


@pytest.mark.parametrize(
    ("texts", "test", "expected"),
    [
        (["K-1", "K-2", "k 1", "K1"], "min_distinct: 2", True),
        (["K-1", "K-2", "k 1", "K1"], "min_distinct: 3", False),
        (["K-1", "K-2"], "{min_count: 3, min_distinct: 2}", False),
        (["K-1", "K-1", "K-2"], "{min_count: 3, min_distinct: 2}", True),
        (["K-1", "K-1", "", ""], "min_distinct: 3", True),  # what nobody knows to be the same is different
        (["K-1"] * 100, "min_distinct: 2", False),
    ],
)
def test_different_values_are_counted(load, texts, test, expected):
    test = test.strip("{}")
    facts = tuple(EntityFact("PERSON", 0.9, same=sameness(text) if text else 0) for text in texts)
    rule = load(f"rules: [{{id: r, effect: block, when: {{entities: [{{type: PERSON, {test}}}]}}}}]").rules[0]
    assert holds(rule.when, Inquiry(department="d", entities=facts)) is expected
