"""One budget of a policy file → `Budget`, with every mistake noted."""

from collections.abc import Callable

from policy.decision import Effect, Mode
from policy.model import Budget, Condition
from policy.node import Node
from policy.periods import PERIODS
from policy.read_rule import read_condition
from policy.vocabulary import EFFECTS, Code

PER = ("department", "user", "provider", "model")
MOST = 2**53
MICRO = 1_000_000  # the smallest part of a USD that is counted
MOST_USD = 1_000_000_000


def read_budget(node: Node, policy_id: str, read_id: Callable[[Node], str | None]) -> Budget | None:
    """A budget, or None when it has mistakes."""
    before = len(node.problems)
    keys = node.section("budget")
    if keys is None:
        return None
    budget_id = read_id(keys["id"]) if "id" in keys else None
    when = read_condition(keys["when"]) if "when" in keys and keys["when"].value is not None else Condition()
    requests = keys["requests"].whole(1, MOST) if "requests" in keys else None
    size = keys["bytes"].whole(1, MOST) if "bytes" in keys else None
    tokens = keys["tokens"].whole(1, MOST) if "tokens" in keys else None
    usd = _usd(keys["usd"]) if "usd" in keys else None
    if not {"requests", "bytes", "tokens", "usd"} & set(keys):
        node.note(Code.WRONG_VALUE, "expected requests, bytes, tokens or usd: how much may leave")
    soft = keys["soft"].number(0, 1) if "soft" in keys else None
    unpriced = keys["unpriced"].choice(["highest", "refuse"]) if "unpriced" in keys else None
    if unpriced is not None and "usd" not in keys:
        keys["unpriced"].note(Code.WRONG_VALUE, "`unpriced` is for budgets of usd", of_key=True)
    if when.budget is not None:
        keys["when"].note(Code.NEVER, "a budget can't ask how much of a budget is used up", of_key=True)
    every = keys["every"].choice(PERIODS) if "every" in keys else None
    chosen = {item.choice(PER) for item in keys["per"].items("[department]") or ()} if "per" in keys else {PER[0]}
    effect = keys["effect"].choice(["block", "reroute"]) if "effect" in keys else None
    to = keys["to"].text("the name of one of the policy's models") if "to" in keys else None
    if effect == "reroute" and "to" not in keys:
        node.note(Code.REROUTE, "a reroute needs its model: add `to: NAME`")
    if effect != "reroute" and to is not None:
        keys["to"].note(Code.REROUTE, "`to` is for effect reroute", of_key=True)
    message = keys["message"].text("text", longest=500) if "message" in keys else None
    description = keys["description"].text("text", longest=2000) if "description" in keys else None
    mode = keys["mode"].choice(list(Mode)) if "mode" in keys else None
    if len(node.problems) > before or budget_id is None or every is None:
        return None
    return Budget(
        id=budget_id,
        every=every,
        requests=requests,
        bytes=size,
        tokens=tokens,
        usd=usd,
        soft=soft,
        unpriced="refuse" if unpriced == "refuse" else "highest",
        per=tuple(name for name in PER if name in chosen),
        when=when,
        effect=EFFECTS[effect] if effect else Effect.BLOCK,
        to=to,
        message=message,
        description=" ".join((description or "").split()),
        mode=Mode(mode) if mode else Mode.ENFORCE,
        policy_id=policy_id,
    )


def _usd(node: Node) -> float | None:
    amount = node.number(0, MOST_USD)
    if amount is not None and amount * MICRO < 1:
        node.note(Code.WRONG_VALUE, "expected a number above 0 (USD)")
        return None
    return amount
