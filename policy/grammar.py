"""The keys of a policy file, in one table: what the reader accepts, errors suggest and docs/policy.md lists."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section."""

    name: str
    expects: str
    meaning: str
    required: bool = False


_EFFECT = "allow, justify, reroute or block"
_DEFAULT = "allow or block"
_TYPES = "list of entity types, groups or `*`"

GRAMMAR: dict[str, tuple[Key, ...]] = {
    "policy": (
        Key("schema", "privet.policy/1", "the grammar's version", required=True),
        Key("id", "name", "what records call this policy", required=True),
        Key(
            "extends",
            "pack or file, or a list of them",
            "policies whose rules hold too, such as `builtin/secrets`",
        ),
        Key("mode", "enforce or monitor", "monitor decides and records, but changes nothing (default enforce)"),
        Key("defaults", "map", "what holds where no rule speaks"),
        Key("default_department", "name", "the department of everyone else (default `default`)"),
        Key("departments", "map of name to department", "who belongs where"),
        Key("models", "map of name to model", "internal models that requests can be rerouted to"),
        Key("rules", "list of rules", "the rules; their order means nothing"),
        Key("budgets", "list of budgets", "how much may leave in a time"),
        Key("record_reasons", "true or false", "keep the words of justifications in the audit log (default false)"),
    ),
    "defaults": (
        Key("effect", _DEFAULT, "when no rule speaks (default block)"),
        Key("when_uninspected", _DEFAULT, "at least this, when a part could not be inspected (default block)"),
        Key("when_error", _DEFAULT, "at least this, when Privet itself failed (default block)"),
        Key(
            "unreadable_clients",
            _DEFAULT,
            "at least this, when nobody but its vendor can read a client's whole protocol (default: when_uninspected)",
        ),
    ),
    "department": (
        Key("networks", "list of networks", "IPv4 or IPv6, such as `10.1.0.0/16`; the most specific one counts"),
        Key("users", "list of names", "verified users; they count for more than networks; case means nothing"),
    ),
    "model": (
        Key(
            "backend",
            "embedded, openai or task",
            "inside, an OpenAI-compatible server of yours, or a small one for a task",
            required=True,
        ),
        Key("model", "name", "embedded: the catalogue's name; openai: the server's name for it (needed for both)"),
        Key("base_url", "http(s) URL", "openai: the server, such as `http://vllm.internal:8000/v1`"),
        Key("base_urls", "list of http(s) URLs", "openai: instead of `base_url`, several servers of the same model"),
        Key("api_key_env", "name", "openai: the environment variable that holds its key"),
        Key("concurrency", "whole number", "openai: requests that one server answers at a time (default 16)"),
        Key("queue", "whole number", "requests that wait at most; the next one is refused (default 64)"),
        Key("seconds", "number", "how long a whole answer may take (default 120)"),
        Key("task", "name", "task: which one it does (docs/tasks.md)"),
        Key("answerer", "path or name", "task: the directory of a saved answerer, or a chat model's name"),
        Key("min_confidence", "0 to 1", "task: an answer that is less sure than this escalates (default 0)"),
        Key("escalate", "list of models", "task: who is asked instead, in turn; `vendor` is whom the request was for"),
        Key("evidence", "sha256:…", "task: the hash of the measurement that it was chosen by"),
    ),
    "rule": (
        Key("id", "name", "what records call this rule", required=True),
        Key("description", "text", "what the rule is for"),
        Key("on", "list of request and reply", "what the rule speaks of (default `[request]`)"),
        Key("when", "map", "the condition; without one the rule always applies"),
        Key("effect", _EFFECT, "may the request go? Without one the rule only de-identifies, and others say whether"),
        Key("obligations", "list", "in what shape it may go, and a reroute's model"),
        Key("message", "text", "what the person is told when the rule decides"),
        Key("mode", "enforce or monitor", "monitor records that the rule would apply, and counts for nothing"),
    ),
    "budget": (
        Key("id", "name", "what records call this budget, with `budgets.` before it", required=True),
        Key("description", "text", "what the budget is for"),
        Key("when", "map", "which requests count, as in a rule; without it all do"),
        Key(
            "per", "list of department, user, provider and model", "counted for each of these (default `[department]`)"
        ),
        Key("requests", "1 or more", "so many requests"),
        Key("bytes", "1 or more", "so many bytes of bodies, as clients send them"),
        Key("tokens", "1 or more", "so many tokens of requests and replies, as replies tell them"),
        Key("usd", "above 0", "so many USD, by the prices of docs/costs.md"),
        Key("every", "minute, hour, day, week or month", "in this time", required=True),
        Key("soft", "0 to 1", "once this share is used up, the log and the audit log say so (default never)"),
        Key("unpriced", "highest or refuse", "usd: how a model without a known price counts (default highest)"),
        Key("effect", "block or reroute", "what happens to requests for which nothing is left (default block)"),
        Key("to", "model", "reroute: one of the policy's models"),
        Key("message", "text", "what the person is told"),
        Key("mode", "enforce or monitor", "monitor counts and records, and stops nothing"),
    ),
    "when": (
        Key("departments", "list of departments", "who asks"),
        Key("users", "list of names", "who asks, by verified name; case means nothing"),
        Key("entities", "list", "what was found: names, or `{type or group, min_score, min_count, min_distinct}`"),
        Key("roles", "list of roles", "where `entities` are looked for (default everywhere)"),
        Key("labels", "list", "what kind of document it is: names, or `{name, min_score}`"),
        Key("tasks", "list of names", "what the request is for (docs/tasks.md); case means nothing"),
        Key("models", "list of globs", "the model that was asked for, such as `gpt-*`"),
        Key("providers", "list of names", "the provider, such as `openai`"),
        Key("hosts", "list of globs", "the host that was asked, such as `*.openai.com`"),
        Key("endpoints", "list of globs", "the path that was asked, without its query, such as `/v1/files*`"),
        Key("dialects", "list of globs", "the format that the request is in, such as `openai-*`"),
        Key("regions", "list of regions", "the jurisdiction that the host is in, such as `eu`"),
        Key("outside_regions", "list of regions", "the host is in none of these, or nobody knows where it is"),
        Key("languages", "list of languages", "one of these is in the texts, such as `de`"),
        Key("outside_languages", "list of languages", "a text is in another language than these"),
        Key("clients", "list of globs", "the program that asks (user agent), such as `codex*`, as it says itself"),
        Key("tools", "list of globs", "a tool that is offered to the model or was called, such as `shell*`"),
        Key("times", "list", "when: `{days, from, to, zone}`"),
        Key("bytes", "map", "how large the body is: `{min, max}`"),
        Key("streaming", "true or false", "whether the reply is to be streamed"),
        Key("uninspected", "list", "what could not be inspected: reasons, or `{reason, media}`"),
        Key("budget", "map", "how much of a budget is used up: `{id, above}`"),
    ),
    "share": (
        Key("id", "budget", "one of the policy's budgets", required=True),
        Key("above", "0 to 1", "more than this share of it is used up for who asks", required=True),
    ),
    "time": (
        Key("days", "list of mon, tue, wed, thu, fri, sat and sun", "the days on which it starts (default all)"),
        Key("from", "HH:MM", "from this minute on (default 00:00)"),
        Key("to", "HH:MM", "until before this minute; one that isn't later is on the next day (default 24:00)"),
        Key("zone", "IANA time zone", "whose clock it is, such as `Europe/Berlin` (default UTC)"),
    ),
    "bytes": (
        Key("min", "1 or more", "at least so many bytes"),
        Key("max", "0 or more", "at most so many bytes"),
    ),
    "uninspected": (
        Key("reason", "reason", "why it could not", required=True),
        Key("media", "list of globs", "its format, such as `audio/*`; an unknown one matches nothing (default any)"),
    ),
    "entity": (
        Key("type", "entity type or `*`", "this type of finding"),
        Key("group", "group", "any type of this group"),
        Key("min_score", "0 to 1", "count findings at least this sure (default: the type's threshold)"),
        Key("min_count", "1 or more", "this many of them; repetitions count (default 1)"),
        Key("min_distinct", "1 or more", "this many different values; repetitions don't count (default 1)"),
    ),
    "label": (
        Key("name", "label", "the kind of document", required=True),
        Key("min_score", "0 to 1", "at least this sure (default 0.5)"),
    ),
    "obligation": (
        Key("to", "model", "reroute to this one of the policy's models"),
        Key("tokenize", "map, or a list of types", "replace by tokens that the reply turns back"),
        Key("surrogate", "map, or a list of types", "replace by made-up values that read like real ones"),
        Key("mask", "map, or a list of types", "replace by asterisks"),
        Key("redact", "map, or a list of types", "replace by the type's name; nothing comes back"),
    ),
    "tokenize": (
        Key("types", _TYPES, "what to replace", required=True),
        Key("restore", "true or false", "whether the reply gets the original back (default true)"),
    ),
    "surrogate": (
        Key("types", _TYPES, "what to replace", required=True),
        Key("restore", "true or false", "whether the reply gets the original back (default true)"),
    ),
    "mask": (
        Key("types", _TYPES, "what to mask", required=True),
        Key("keep_last", "0 to 4", "characters that stay readable at the end (default 0)"),
    ),
    "redact": (Key("types", _TYPES, "what to remove", required=True),),
    # NAME.test.yaml
    "test": (
        Key("schema", "privet.policy-test/1", "the grammar's version", required=True),
        Key("defaults", "map", "for packs: decide as if a policy with these defaults extended it"),
        Key("cases", "list of cases", "the cases", required=True),
    ),
    "case": (
        Key("name", "text", "what the case shows", required=True),
        Key("department", "department", "who asks (default: that of user or address, else the default one)"),
        Key("user", "name", "who asks"),
        Key("address", "IP address", "from where"),
        Key("text", "text", "inspected by the real detectors, as the user's words"),
        Key("entities", "list", "found beside what the text holds: types, or `{type, score, count, role}`"),
        Key("labels", "list", "labels beside the text's: names, or `{name, score}`"),
        Key("languages", "list of languages", "those that the texts are in, such as `de`, beside the text's own"),
        Key("tasks", "list of names", "what the client says the request is for"),
        Key("on", "request or reply", "what is asked about: for a reply, what was found is in it (default request)"),
        Key("skipped", "list", "parts that could not be inspected: reasons, or `{reason, media}`"),
        Key("error", "text", "a failure inside Privet"),
        Key("reason", "true or false", "whether a reason is given with the request (default false)"),
        Key("spent", "list of budgets", "the budgets that have nothing left"),
        Key("used", "map of budget to 0 to 1", "the share of these budgets that is used up (default 0)"),
        Key("provider", "name", "the provider (default `openai`)"),
        Key("host", "name", "the host"),
        Key("model", "name", "the model that is asked for"),
        Key("endpoint", "path", "the path that is asked"),
        Key("dialect", "name", "the format that the request is in"),
        Key("region", "region", "the host's (default: what the table of hosts says)"),
        Key("client", "text", "the user agent"),
        Key("tools", "list of names", "the tools that are offered or were called"),
        Key("at", "time with a zone", "when, such as `2026-11-24T09:30:00+01:00`"),
        Key("bytes", "0 or more", "how large the body is (default 0)"),
        Key("streaming", "true or false", "whether the reply is to be streamed (default false)"),
        Key("expect", "map", "what must be decided", required=True),
    ),
    "found": (
        Key("type", "entity type", "what was found", required=True),
        Key("score", "0 to 1", "how sure (default 0.99)"),
        Key("count", "1 or more", "how often (default 1)"),
        Key("role", "role", "in whose words (default user)"),
    ),
    "labelled": (
        Key("name", "label", "the label", required=True),
        Key("score", "0 to 1", "how sure (default 0.99)"),
    ),
    "unread": (
        Key("reason", "reason", "why a part was not inspected", required=True),
        Key("media", "text", "its format, such as `audio/wav` (default unknown)"),
    ),
    "expect": (
        Key("effect", _EFFECT, "the effect"),
        Key("rules", "list of rules", "the determining rules, `defaults.…` among them, in any order"),
        Key("matched", "list of rules", "every rule that counts and applies"),
        Key("monitored", "list of rules", "every rule that only monitors and applies"),
        Key("to", "model", "the model of a reroute"),
        Key("actions", "map of type to operator", "what is done to these types; `none` for nothing"),
    ),
}


def names(section: str) -> list[str]:
    """The keys of a section, in the grammar's order."""
    return [key.name for key in GRAMMAR[section]]
