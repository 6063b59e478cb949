"""Keys that nothing tells but their vendor's name: `adafruit = "…"`, `LAUNCHDARKLY_SDK: …`, `heroku: <uuid>`.

A table says of each vendor which shapes its keys, secrets and tokens have (`detectors.recognizers.token_forms`). What
is assigned to a name with the vendor in it, has one of these shapes and looks random, is one. Names that say `key` or
`token` themselves are `detectors.recognizers.assignments`' work.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import Group, gated
from detectors.recognizers.assigned import assigned
from detectors.recognizers.assignments import is_random, says_about
from detectors.recognizers.source import Source
from detectors.recognizers.token_forms import expression

# The vendor as people write it in names, and the shapes of what it issues.
VENDORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("abstract", ("<h:32>",)),
    ("adafruit", ("<v:32>",)),
    ("adobe", ("<h:32>",)),
    ("agora", ("<h:32>",)),
    ("airbrake", ("<h:32>", "<h:40>")),
    ("airtable", ("key<A:14>", "<A:17>")),
    ("alchemy", ("<u:32>",)),
    ("algolia", ("<l:32>",)),
    ("alibaba", ("<A:30>",)),
    ("amplitude", ("<h:32>",)),
    ("anypoint", ("<uuid>", "<h:32>")),
    ("asana", ("<l:32>",)),
    ("assemblyai", ("<h:32>",)),
    ("atlassian", ("<A:24>",)),
    ("auth0", ("<u:48-80>",)),
    ("beamer", ("b_<v:44>",)),
    ("bitbucket", ("<A:32>", "<u:64>", "<A:20>")),
    ("bitly", ("<h:40>",)),
    ("bittrex", ("<l:32>",)),
    ("branch", ("key_{live,test}_<A:32>",)),
    ("browserstack", ("<A:20>",)),
    ("bugsnag", ("<h:32>",)),
    ("calendly", ("<u:80-300>",)),
    ("circleci", ("<h:40>",)),
    ("clearbit", ("sk_<h:32>", "<h:32>")),
    ("cloudant", ("<h:64>", "<A:24>")),
    ("cloudflare", ("<u:40>", "<h:37>")),
    ("cloudinary", ("<u:27>",)),
    ("codacy", ("<A:20>", "<h:32>")),
    ("codeclimate", ("<h:64>", "<h:40>")),
    ("codecov", ("<A:32>", "<uuid>")),
    ("cohere", ("<A:40>",)),
    ("coinbase", ("<u:64>", "<A:16>", "<A:32>")),
    ("confluence", ("<A:24>", "<b:44>")),
    ("confluent", ("<A:16>", "<b:64>")),
    ("contentful", ("<v:43>", "<u:43>")),
    ("coveralls", ("<A:32-40>",)),
    ("datadog", ("<h:32>", "<h:40>", "<A:40>")),
    ("deepgram", ("<h:40>",)),
    ("deepl", ("<uuid>", "<uuid>:fx")),
    ("delighted", ("<A:32>",)),
    ("discord", ("<h:64>", "<u:32>")),
    ("docusign", ("<uuid>",)),
    ("drone", ("<A:32>",)),
    ("dropbox", ("<l:15>", "<u:64>")),
    ("dynatrace", ("<u:21>",)),
    ("elastic", ("<A:24>", "<e:60>")),
    ("elevenlabs", ("<h:32>",)),
    ("etherscan", ("<U:34>",)),
    ("etsy", ("<l:24>",)),
    ("eventbrite", ("<U:20>",)),
    ("facebook", ("<h:32>",)),
    ("fastly", ("<u:32>",)),
    ("finicity", ("<h:32>", "<A:20>")),
    ("finnhub", ("<l:20>",)),
    ("firebase", ("<A:40>",)),
    ("flickr", ("<h:32>", "<h:16>")),
    ("freshbooks", ("<l:64>",)),
    ("freshdesk", ("<A:20>",)),
    ("fullstory", ("<u:30-80>",)),
    ("geocod", ("<h:39>",)),
    ("gitter", ("<u:40>",)),
    ("gocardless", ("live_<u:40>",)),
    ("heroku", ("<uuid>",)),
    ("hubspot", ("<uuid>",)),
    ("infura", ("<h:32>",)),
    ("instagram", ("<h:32>",)),
    ("intercom", ("<A:60>", "dG9rO<b:54>=")),
    ("ipinfo", ("<h:14>",)),
    ("ipstack", ("<h:32>",)),
    ("jenkins", ("<h:32-36>",)),
    ("jira", ("<A:24>", "<b:44>")),
    ("jumpcloud", ("<h:40>",)),
    ("klaviyo", ("pk_<h:34>",)),
    ("kraken", ("<e:80-90>",)),
    ("kucoin", ("<h:24>", "<uuid>")),
    ("lastfm", ("<h:32>",)),
    ("launchdarkly", ("<v:40>", "<uuid>")),
    ("linear", ("<h:32>",)),
    ("linkedin", ("<A:14>", "<A:16>")),
    ("linode", ("<h:64>",)),
    ("loggly", ("<uuid>",)),
    ("mailchimp", ("<h:32>",)),
    ("mailgun", ("<h:32>-<h:8>-<h:8>", "<h:32>", "<h:72>")),
    ("mailjet", ("<h:32>",)),
    ("mapbox", ("{pk,sk,tk}.<A:60>.<A:22>", "{pk,sk,tk}.<u:60-200>.<u:22>")),
    ("mattermost", ("<l:26>",)),
    ("meraki", ("<h:40>",)),
    ("messagebird", ("<A:25>", "<uuid>")),
    ("mistral", ("<A:32>",)),
    ("mixpanel", ("<h:32>",)),
    ("nasa", ("<A:40>",)),
    ("netlify", ("<u:40-46>",)),
    ("newrelic", ("<A:64>", "<h:40>", "<h:47>")),
    ("nexmo", ("<A:16>",)),
    ("ngrok", ("<A:20-30>_<A:20-24>", "<w:40-60>")),
    ("npm", ("<uuid>",)),
    ("nytimes", ("<u:32>",)),
    ("okta", ("00<u:40>",)),
    ("onelogin", ("<h:64>",)),
    ("onesignal", ("<uuid>", "<A:48>")),
    ("openweather", ("<h:32>",)),
    ("opsgenie", ("<uuid>",)),
    ("pagerduty", ("<u:20>", "<h:32>")),
    ("particle", ("<h:40>",)),
    ("paypal", ("<u:80>",)),
    ("pinecone", ("<uuid>",)),
    ("pinterest", ("<A:64>", "<h:40>")),
    ("pipedrive", ("<h:40>",)),
    ("pivotal", ("<h:32>",)),
    ("plaid", ("<h:24>", "<h:30>")),
    ("polygon", ("<A:32>",)),
    ("postmark", ("<uuid>",)),
    ("privateai", ("<l:32>",)),
    ("pubnub", ("{sub,pub,sec}-c-<uuid>", "sec-c-<A:48>")),
    ("pusher", ("<h:20>",)),
    ("quay", ("<U:64>",)),
    ("rapidapi", ("<u:50>",)),
    ("rollbar", ("<h:32>",)),
    ("salesforce", ("<A:24>", "<h:64>")),
    ("segment", ("<u:43>.<u:43>", "<A:32>")),
    ("sendbird", ("<h:40>", "<uuid>")),
    ("sendinblue", ("<h:64>",)),
    ("sentry", ("<h:64>", "<h:32>")),
    ("shodan", ("<A:32>",)),
    ("sidekiq", ("<h:8>:<h:8>",)),
    ("snyk", ("<uuid>",)),
    ("sonar", ("<u:40>",)),
    ("sourcegraph", ("<h:40>",)),
    ("splunk", ("<uuid>",)),
    ("spotify", ("<h:32>",)),
    ("squarespace", ("<uuid>",)),
    ("stackpath", ("<h:64>",)),
    ("strava", ("<h:40>",)),
    ("sumo", ("su<A:12>", "<A:64>")),
    ("telegram", ("<d:5-16>:A<u:34>",)),
    ("tencent", ("<A:32>",)),
    ("todoist", ("<h:40>",)),
    ("travis", ("<u:22>",)),
    ("trello", ("<h:32>", "<h:64>", "ATTA<A:72>")),
    ("twilio", ("<h:32>", "<A:32>")),
    ("twitch", ("<l:30>",)),
    ("twitter", ("<A:25>", "<A:45>", "<A:50>", "<d:15-25>-<A:20-40>")),
    ("typeform", ("tfp_<p:59>",)),
    ("unsplash", ("<u:43>",)),
    ("vercel", ("<A:24>",)),
    ("virustotal", ("<h:64>",)),
    ("wakatime", ("<uuid>", "waka_<uuid>")),
    ("wandb", ("<h:40>",)),
    ("yandex", ("<u:40>", "trnsl.1.1.<U:16>.<h:16>.<h:40>", "pdct.1.1.<u:40-80>")),
    ("yelp", ("<u:128>",)),
    ("zendesk", ("<A:40>", "<h:64>")),
    ("zoho", ("1000.<h:32>.<h:32>",)),
    ("zoom", ("<A:22>", "<A:32>")),
)
_SHAPES = {
    vendor: re.compile("|".join(f"(?:{expression(form)})" for form in forms), re.ASCII) for vendor, forms in VENDORS
}
# `new_relic` is written in three ways; so are others of two words.
_SPELLED = {"newrelic": r"new[_-]?relic", "linkedin": r"linked[_-]?in", "messagebird": r"message[_-]?bird"}
_SPELLED |= {"privateai": r"private[_-]?ai", "rapidapi": r"rapid[_-]?api", "assemblyai": r"assembly[_-]?ai"}
# In names of several words a vendor is one of them: not in `pipeline`, `zoomed`, `disco`.
_NAMES = {
    vendor: gated(
        re.compile(rf"(?<![^\W_])(?i:{_SPELLED.get(vendor, vendor)})|{_SPELLED.get(vendor, vendor).capitalize()}")
    )
    for vendor, _ in VENDORS
}
_KEYS = tuple((_NAMES[vendor], _SHAPES[vendor]) for vendor, _ in VENDORS)
_GROUP = Group(name for name, _ in _KEYS)
_REST = re.compile(r"[\w.-]{0,40}(?:[ \t][A-Za-z][\w.-]{0,19}){0,3}")


def find(source: Source) -> Iterator[Finding]:
    """Every value that has the shape of a key of the vendor that its name names."""
    if not source.runs:
        return
    for index in _GROUP.possible(source.places):
        name, shape = _KEYS[index]
        yield from _named(source, name, shape)


def _named(source: Source, vendor: re.Pattern[str], shape: re.Pattern[str]) -> Iterator[Finding]:
    text = source.text
    for name in source.matches(vendor):
        rest = _REST.match(text, name.end())
        end = rest.end() if rest else name.end()
        given = assigned(text, name.start(), end)
        if given is None or says_about(text[name.end() : end]):
            continue
        value = text[given.start : given.stop]
        if shape.fullmatch(value) and is_random(value):
            yield Finding(given.start, given.stop, "API_KEY", 0.85, "vendor_keys")
