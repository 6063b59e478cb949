"""The files of a request on its path, with files that a table opens."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from configs.settings import Settings
from detectors.finding import Skipped, SkipReason
from local_models.speech import Call
from policy.load import load_policy
from proxy.attached import Attached, is_inside, open_attachments
from proxy.content.bounds import Bounds
from proxy.content.opened import Form, Opened, Text, unread
from proxy.content.read import open_file
from proxy.content.replace import rewritten
from proxy.encoded import Unfolded, Unfolder
from proxy.errors import WorkerError
from proxy.identity import Principal
from proxy.message import Attachment, Chat, ChatMessage, Replacement, Request, Role
from proxy.pipeline import Pipeline
from proxy.record import Record
from tests.fakes.privet import POLICY, ListStore, TableInspector

WHO = Principal(user=None, department="default", address="127.0.0.1")
ANNA = "Anna Schmidt"
REROUTE = """
schema: privet.policy/1
id: inside
defaults: {effect: allow}
models:
  inside: {backend: embedded, model: smollm2-135m}
rules:
  - id: people
    when: {entities: [{type: PERSON}]}
    effect: reroute
    obligations: [{to: inside}, {tokenize: {types: [PERSON]}}]
"""


@dataclass
class TableFiles:
    """Opens files as UTF-8 documents; `fault` is raised by changes."""

    opened: Opened | None = None
    fault: Exception | None = None
    seen: list[str] = field(default_factory=list)

    async def open(self, file: Attachment) -> Opened:
        self.seen.append(file.pointer)
        return self.opened or Opened((Text(file.data.decode()),))

    async def replace(self, file: Attachment, opened: Opened, texts: Sequence[str]) -> Replacement:
        if self.fault is not None:
            raise self.fault
        return rewritten(file.data, file.media_type, opened, texts)


@pytest.fixture
def make(tmp_path):
    def build(policy: str = POLICY, files: TableFiles | None = None) -> Pipeline:
        (tmp_path / "policy.yaml").write_text(policy)
        return Pipeline(
            settings=Settings.model_validate({}),
            policy=load_policy(tmp_path / "policy.yaml"),
            inspector=TableInspector(),
            recorder=Record(ListStore(), b"k" * 32, 20.0),
            token_key=b"t" * 32,
            files=files or TableFiles(),
        )

    return build


def request(*contents: str) -> Request:
    parts = [
        {
            "type": "file",
            "file": {"filename": f"{n}.pdf", "file_data": f"data:application/pdf;base64,{encoded(content)}"},
        }
        for n, content in enumerate(contents)
    ]
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": [{"type": "text", "text": "Read"}, *parts]}]}
    headers = {"content-type": "application/json"}
    return Request("POST", "api.openai.com", "/v1/chat/completions", headers, json.dumps(body).encode())


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def parts_of(body: bytes | None) -> list[dict[str, str]]:
    assert body is not None
    return [part["file"] for part in json.loads(body)["messages"][0]["content"][1:]]


async def test_a_harmless_file_goes_as_it_is(make) -> None:
    verdict = await make().judge(request("nothing of note"), WHO)
    assert verdict.goes
    assert verdict.body is None


async def test_a_file_with_a_name_in_it_becomes_its_redacted_text(make) -> None:
    verdict = await make().judge(request(f"Dear {ANNA}", "harmless"), WHO)
    assert verdict.goes
    changed, same = parts_of(verdict.body)
    kind, _, data = changed["file_data"].partition(";base64,")
    text = base64.b64decode(data).decode()
    (token,) = verdict.tokens
    assert (kind, changed["filename"]) == ("data:text/plain", "0.pdf.txt")
    assert text.endswith(f"Dear {token}\n")
    assert verdict.tokens[token] == ANNA
    assert same == {"filename": "1.pdf", "file_data": f"data:application/pdf;base64,{encoded('harmless')}"}
    assert verdict.applied == (("/messages/0/content/1/file/file_data~file/0", "PERSON", "tokenize", 1),)


async def test_the_verdict_holds_no_files_while_the_reply_comes(make) -> None:
    verdict = await make().judge(request(f"Dear {ANNA}"), WHO)
    assert verdict.inspection.extraction.attachments == ()
    assert verdict.inspection.attached == Attached()


async def test_a_value_of_a_file_is_replaced_in_the_message_too(make) -> None:
    body = request(f"Dear {ANNA}").body.replace(b'"Read"', b'"Read what ANNA SCHMIDT and Anna Schmidt wrote"')
    pipeline = make()
    verdict = await pipeline.judge(
        Request("POST", "api.openai.com", "/v1/chat/completions", {"content-type": "application/json"}, body), WHO
    )
    assert verdict.body is not None
    assert b"Anna Schmidt" not in verdict.body


async def test_a_secret_in_a_file_blocks(make) -> None:
    verdict = await make().judge(request("the password is hunter2-secret"), WHO)
    assert verdict.refusal is not None
    assert verdict.decision.determining_rules == ("secrets-stay",)


async def test_monitor_changes_nothing_in_files(make) -> None:
    pipeline = make(POLICY.replace("id: test", "id: test\nmode: monitor"))
    verdict = await pipeline.judge(request(f"Dear {ANNA}"), WHO)
    assert verdict.goes
    assert verdict.body is None
    (intent,) = pipeline.recorder.store.intents
    assert [entity.type for entity in intent.entities] == ["PERSON"]


@pytest.mark.parametrize("reason", [SkipReason.UNREADABLE, SkipReason.TOO_LARGE, SkipReason.UNSUPPORTED_MEDIA])
async def test_what_cannot_be_opened_meets_when_uninspected(make, reason: SkipReason) -> None:
    verdict = await make(files=TableFiles(opened=unread(reason))).judge(request("x"), WHO)
    assert verdict.refusal is not None
    assert verdict.refusal.status == 403
    assert verdict.inspection.skipped == (Skipped("/messages/0/content/1/file/file_data", reason),)
    allowing = POLICY.replace("when_uninspected: block", "when_uninspected: allow")
    verdict = await make(allowing, TableFiles(opened=unread(reason))).judge(request("x"), WHO)
    assert verdict.goes


SOUND = """
  - id: sound
    when: {uninspected: [{reason: unsupported_media, media: ["audio/*"]}]}
    effect: allow
"""


@pytest.mark.parametrize(
    ("data", "goes"),
    [
        (b"ID3" + bytes(99), True),
        (b"RIFF\x24\0\0\0WAVEfmt ", True),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), False),  # an old Word file that says it is sound
        (b"\x8f\0\x13" * 99, False),
    ],
)
async def test_a_policy_may_let_sound_go_and_nothing_that_only_says_so(make, data: bytes, goes: bool) -> None:
    class Real(TableFiles):
        async def open(self, file: Attachment) -> Opened:
            return open_file(file.data, file.media_type, file.name, Bounds())

    part = {"type": "input_audio", "input_audio": {"data": base64.b64encode(data).decode(), "format": "wav"}}
    url = {"type": "image_url", "image_url": {"url": f"data:audio/mpeg;base64,{base64.b64encode(data).decode()}"}}
    for item in (part, url):
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": [item]}]}
        headers = {"content-type": "application/json"}
        sent = Request("POST", "api.openai.com", "/v1/chat/completions", headers, json.dumps(body).encode())
        assert (await make(POLICY.rstrip() + SOUND, Real()).judge(sent, WHO)).goes is goes
        assert not (await make(POLICY, Real()).judge(sent, WHO)).goes


async def test_a_late_worker_may_be_in_time_the_next_time(make) -> None:
    verdict = await make(files=TableFiles(opened=unread(SkipReason.TIMEOUT))).judge(request("x"), WHO)
    assert verdict.refusal is not None
    assert verdict.refusal.status == 503


async def test_what_was_read_of_a_file_is_replaced_even_if_the_rest_may_go(make) -> None:
    partly = Opened((Text(f"Dear {ANNA}"),), (SkipReason.UNREADABLE,))
    allowing = POLICY.replace("when_uninspected: block", "when_uninspected: allow")
    verdict = await make(allowing, TableFiles(opened=partly)).judge(request("x"), WHO)
    (part,) = parts_of(verdict.body)
    assert part["file_data"].startswith("data:text/plain;base64,")


@pytest.mark.parametrize("fault", [WorkerError("gone"), ValueError("frames")])
async def test_a_file_that_cannot_be_changed_never_goes(make, fault: Exception) -> None:
    allowing = POLICY.replace("when_error: block", "when_error: allow")
    verdict = await make(allowing, TableFiles(fault=fault)).judge(request(f"Dear {ANNA}"), WHO)
    assert not verdict.goes
    assert verdict.refusal is not None
    assert verdict.refusal.status == 503


async def test_a_model_inside_is_told_what_the_files_say(make) -> None:
    verdict = await make(REROUTE).judge(request(f"Dear {ANNA}"), WHO)
    assert verdict.chat is not None
    texts = [message.text for message in verdict.chat.messages]
    (token,) = verdict.tokens
    assert texts == [f"[The text of a file]\nDear {token}", "Read"]


# Base64


def asked(text: str) -> Request:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    return Request(
        "POST",
        "api.openai.com",
        "/v1/chat/completions",
        {"content-type": "application/json"},
        json.dumps(body).encode(),
    )


def content(body: bytes | None) -> str:
    assert body is not None
    return str(json.loads(body)["messages"][0]["content"])


async def test_a_value_in_base64_is_replaced_in_base64(make) -> None:
    verdict = await make().judge(asked(f"Decode {encoded(f'name: {ANNA}')}, please, {ANNA}"), WHO)
    (token,) = verdict.tokens
    assert content(verdict.body) == f"Decode {encoded(f'name: {token}')}, please, {token}"
    assert [place for place, *_ in verdict.applied] == ["/messages/0/content", "/messages/0/content~base64/0"]


async def test_a_secret_in_base64_blocks(make) -> None:
    verdict = await make().judge(asked(encoded("the password is hunter2-secret")), WHO)
    assert verdict.refusal is not None


async def test_harmless_base64_goes_as_it_is(make) -> None:
    verdict = await make().judge(asked(encoded("nothing of note at all")), WHO)
    assert verdict.goes
    assert verdict.body is None


async def test_a_file_in_a_text_is_opened_and_replaced_there(make) -> None:
    picture = f"![x](data:application/pdf;base64,{encoded(f'%PDF-1.7 {ANNA}')}) is it"
    verdict = await make().judge(asked(picture), WHO)
    head, _, rest = content(verdict.body).partition(";base64,")
    assert head == "![x](data:text/plain"
    assert rest.endswith(") is it")
    assert ANNA not in base64.b64decode(rest.partition(")")[0]).decode()
    closed = await make(files=TableFiles(opened=unread(SkipReason.UNREADABLE))).judge(asked(picture), WHO)
    assert closed.refusal is not None


async def test_base64_in_a_file_is_replaced_in_the_file(make) -> None:
    verdict = await make().judge(request(f"config: {encoded(f'name: {ANNA}')}"), WHO)
    (part,) = parts_of(verdict.body)
    text = base64.b64decode(part["file_data"].partition(",")[2]).decode()
    (token,) = verdict.tokens
    assert text.endswith(f"config: {encoded(f'name: {token}')}\n")


PLACE = "/messages/0/content/1/file/file_data"


def linked(text: str, media_type: str = "application/pdf") -> str:
    return f"![x](data:{media_type};base64,{encoded(text)})"


async def test_a_file_in_a_file_s_text_is_read_and_replaced_there(make) -> None:
    deep = linked(f"%PDF-1.7 {linked(f'%PDF-1.7 of {ANNA}')}")
    files = TableFiles()
    verdict = await make(files=files).judge(request(f"a,b\n{deep}"), WHO)
    (token,) = verdict.tokens
    assert files.seen == [PLACE, f"{PLACE}~file/0~base64/0", f"{PLACE}~file/0~base64/0~file/0~base64/0"]
    said = base64.b64decode(parts_of(verdict.body)[0]["file_data"].partition(",")[2]).decode()
    for _ in range(2):
        assert ANNA not in said
        said = base64.b64decode(said.partition(";base64,")[2].partition(")")[0]).decode()
    assert said.endswith(f"%PDF-1.7 of {token}\n")


async def test_harmless_files_in_files_go_as_they_are(make) -> None:
    verdict = await make().judge(request(linked("%PDF-1.7 and so on")), WHO)
    assert verdict.goes
    assert verdict.body is None


async def test_what_cannot_be_opened_in_there_meets_when_uninspected(make) -> None:
    class Picky(TableFiles):
        async def open(self, file: Attachment) -> Opened:
            return (
                unread(SkipReason.UNSUPPORTED_MEDIA, "audio/wav")
                if "~base64" in file.pointer
                else await super().open(file)
            )

    verdict = await make(files=Picky()).judge(request(linked("RIFF....WAVE")), WHO)
    assert verdict.refusal is not None
    assert verdict.inspection.skipped == (
        Skipped(f"{PLACE}~file/0~base64/0", SkipReason.UNSUPPORTED_MEDIA, "audio/wav"),
    )


async def test_too_many_and_too_deep_files_in_files_are_skipped(make) -> None:
    many = " ".join(linked(f"%PDF-1.7 number {number}") for number in range(22))
    verdict = await make().judge(request(many), WHO)
    assert verdict.refusal is not None
    assert [item.reason for item in verdict.inspection.skipped] == [SkipReason.TOO_LARGE] * 2
    deep = f"%PDF-1.7 {ANNA}"
    for _ in range(4):
        deep = f"%PDF-1.7 {linked(deep)}"
    verdict = await make().judge(request(deep), WHO)
    assert verdict.refusal is not None
    assert [item.reason for item in verdict.inspection.skipped] == [SkipReason.TOO_LARGE]


async def test_a_model_inside_is_told_of_files_in_files_too(make) -> None:
    verdict = await make(REROUTE).judge(request(linked(f"%PDF-1.7 {ANNA}")), WHO)
    assert verdict.chat is not None
    told = [message.text for message in verdict.chat.messages if message.text.startswith("[The text of a file]")]
    assert len(told) == 2
    assert "%PDF-1.7 PERSON_" in told[1]


async def test_base64_in_a_query_is_read(make) -> None:
    plain = asked("hello")
    path = f"{plain.path}?q={encoded(f'name: {ANNA}!')}"
    verdict = await make().judge(Request("POST", plain.host, path, plain.headers, plain.body), WHO)
    (token,) = verdict.tokens
    assert verdict.path is not None
    assert encoded(f"name: {token}!").rstrip("=") in verdict.path


# The values


def test_told_goes_before_the_last_turn() -> None:
    file = Attachment("/a", Role.USER, b"")
    attached = Attached(((file, Opened((Text("one"), Text("two")), form=Form.PICTURE)), (file, Opened())))
    chat = Chat(
        (ChatMessage(Role.SYSTEM, "s"), ChatMessage(Role.USER, "u")), "m", stream=True, max_tokens=5, schema="{}"
    )
    told = attached.told(chat, {"/a~file/1": "2"})
    assert [message.text for message in told.messages] == ["s", "[The text of a picture]\none\n\n2", "u"]
    assert (told.model, told.stream, told.max_tokens, told.schema) == ("m", True, 5, "{}")


def test_told_does_not_come_between_a_call_and_what_its_tool_said() -> None:
    file = Attachment("/a", Role.USER, b"")
    call = Call("c1", "weather", "{}")
    turns = (ChatMessage(Role.USER, "u"), ChatMessage(Role.ASSISTANT, "", (call,)), ChatMessage(Role.TOOL, "t"))
    told = Attached(((file, Opened((Text("one"),))),)).told(Chat(turns, "m"), {})
    assert [message.role for message in told.messages] == [Role.USER, Role.USER, Role.ASSISTANT, Role.TOOL]


async def test_without_anybody_to_open_them_files_are_not_read() -> None:
    attached = await open_attachments(Unfolded(), [Attachment("/a", Role.USER, b"x")], None, Unfolder())
    assert attached.skipped() == [Skipped("/a", SkipReason.UNSUPPORTED_MEDIA)]
    assert attached.segments() == []


def test_pointers_into_files() -> None:
    assert is_inside("/a~file/0")
    assert is_inside("/a~base64/0")
    assert not is_inside("/a/file/0")
