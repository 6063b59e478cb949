"""Which requests the vendor keeps, and which replies may speak of what it kept.

Where nobody knows, both are assumed: then more is looked up than need be, and nothing is lost.
"""

import re

from proxy.message import Request

# Endpoints that answer from the request alone.
_STATELESS = re.compile(
    r"/(?:chat/completions|completions|messages|complete|embeddings|moderations|rerank|chat|generate|classify|tokenize"
    r"|messages/count_tokens|responses/input_tokens|images/(?:generations|edits|variations)"
    r"|audio/(?:speech|transcriptions|translations)|converse|converse-stream|invoke|invoke-with-response-stream)/?$"
    r"|:(?:generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents|rawPredict"
    r"|streamRawPredict|predict)$"
)
_THREAD_MESSAGES = re.compile(r"/threads/[^/]+/messages/?$")
# Members by which a request goes on from what the vendor has.
_REFERENCE = re.compile(
    rb'"(?:previous_response_id|conversation(?:_id)?|thread_id|parent_message_id|assistant_id|session_id|container(?:_id)?'
    rb"|(?:input_)?file_ids?|file_?[uU]ri|file_data_id|cached_?[cC]ontents?|vector_store_ids?|prompt_id)"
    rb'"\s*:(?!\s*null)'
)
_STORED = re.compile(rb'"store"\s*:\s*true')
_NOT_STORED = re.compile(rb'"store"\s*:\s*false')
_RESPONSES = re.compile(r"/responses/?$")


def leaves_state(request: Request) -> bool:
    """Whether the vendor may keep this request for later ones."""
    if request.method in {"GET", "HEAD", "DELETE"}:
        return False
    if _RESPONSES.search(request.endpoint):
        return _NOT_STORED.search(request.body) is None
    if not _answers_alone(request):
        return True
    return _STORED.search(request.body) is not None or _REFERENCE.search(request.body) is not None


def reads_state(request: Request) -> bool:
    """Whether the reply may speak of earlier requests."""
    if _RESPONSES.search(request.endpoint) or _answers_alone(request):
        return _REFERENCE.search(request.body) is not None
    return True


def _answers_alone(request: Request) -> bool:
    path = request.endpoint
    return request.method == "POST" and _STATELESS.search(path) is not None and not _THREAD_MESSAGES.search(path)
