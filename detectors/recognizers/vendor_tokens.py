"""The vendors' tokens: who issues them, how they look, and where that is documented.

Each row is a vendor, its documentation, and a form of `detectors.recognizers.token_forms`. Adding a vendor is adding a
row. Where a vendor gives a checksum, the row names the function that computes it: a token that passes is certain, one
that doesn't is still reported, since the next version of a format may count otherwise.
"""

import re
import string
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from detectors.recognizers.token_forms import expression, fixed_width, literals, open_ended

_FIRST = re.compile(r"[^<{]+|\{[^}]+\}")
_SHORT = re.compile(r"[A-Za-z0-9]{1,5}")
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECKED = re.compile(r"(?:gh[pousr]|npm)_(\w{30})(\w{6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """One kind of token."""

    vendor: str
    documented: str
    form: str
    checksum: Callable[[str], bool] | None = None

    @property
    def literals(self) -> tuple[str, ...]:
        """One of these stands in every token of this kind, in lower case."""
        return literals(self.form)

    @property
    def pattern(self) -> str:
        """The expression: not inside a longer word."""
        end = r"(?![\w-])" if open_ended(self.form) else r"(?![A-Za-z0-9])"
        start = _FIRST.match(self.form)
        width = None if start is None else (fixed_width(start[0]))
        if start is None or width is None:
            return rf"(?<![A-Za-z0-9]){expression(self.form)}{end}"
        if _SHORT.fullmatch(start[0]):  # a picture in base64 has such letters by chance
            end += r"(?![+/][A-Za-z0-9+/]{8})"
            return (
                rf"{expression(start[0])}(?<![A-Za-z0-9].{{{width}}})(?<![A-Za-z0-9+/][+/].{{{width}}})"
                rf"{expression(self.form[start.end() :])}{end}"
            )
        # What is fixed goes first, so that the search looks for it alone.
        rest = self.form[start.end() :]
        return rf"{expression(start[0])}(?<![A-Za-z0-9].{{{width}}}){expression(rest) if rest else ''}{end}"


def crc32_in_base62(token: str) -> bool:
    """The last six characters are the CRC-32 of the thirty before them, in base 62 (GitHub, npm)."""
    match = _CHECKED.fullmatch(token)
    if match is None:
        return False
    rest, digits = zlib.crc32(match[1].encode()), ""
    while len(digits) < len(match[2]):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return digits == match[2]


def _tokens(vendor: str, documented: str, *forms: str, checksum: Callable[[str], bool] | None = None) -> list[Token]:
    return [Token(vendor, documented, form, checksum) for form in forms]


TOKENS: tuple[Token, ...] = (
    # Models
    *_tokens("OpenAI", "platform.openai.com", "sk-{proj,svcacct,admin,None,service}-<u:16-250>", "sk-<A:20-64>"),
    *_tokens(
        "Anthropic", "docs.anthropic.com", "sk-ant-{api03,admin01,oat01,ort01,sid01,sid02,api01,api02,api04}-<u:20-200>"
    ),
    *_tokens("OpenRouter", "openrouter.ai/docs", "sk-or-v1-<h:32-64>"),
    *_tokens("Langfuse", "langfuse.com/docs", "sk-lf-<uuid>"),
    *_tokens("Groq", "console.groq.com/docs", "gsk_<A:20-64>"),
    *_tokens("Hugging Face", "huggingface.co/docs", "hf_<A:30-40>", "api_org_<A:30-40>"),
    *_tokens("Replicate", "replicate.com/docs", "r8_<A:36-40>"),
    *_tokens("xAI", "docs.x.ai", "xai-<A:60-90>"),
    *_tokens("Perplexity", "docs.perplexity.ai", "pplx-<A:32-64>"),
    *_tokens("Tavily", "docs.tavily.com", "tvly-<A:20-40>", "tvly-{dev,prod}-<u:20-48>"),
    *_tokens("Jina", "jina.ai", "jina_<u:40-70>"),
    *_tokens("Firecrawl", "docs.firecrawl.dev", "fc-<h:32>"),
    *_tokens("NVIDIA", "docs.nvidia.com", "nvapi-<u:50-80>"),
    *_tokens("LangSmith", "docs.smith.langchain.com", "lsv2_{pt,sk}_<h:32>_<h:10>", "ls__<h:32>"),
    *_tokens("Pinecone", "docs.pinecone.io", "pcsk_<w:40-90>"),
    *_tokens("DeepL", "developers.deepl.com", "<uuid>:fx"),
    *_tokens("Voyage", "docs.voyageai.com", "pa-<u:43>"),
    *_tokens("Fireworks", "docs.fireworks.ai", "fw_<A:22-28>"),
    *_tokens("Cerebras", "inference-docs.cerebras.ai", "csk-<A:40-60>"),
    *_tokens("Together", "docs.together.ai", "tgp_v1_<u:43>"),
    *_tokens("ElevenLabs", "elevenlabs.io/docs", "sk_<h:48>"),
    *_tokens("Cursor", "cursor.com/docs", "{crsr,key}_<h:64>"),
    *_tokens("E2B", "e2b.dev/docs", "e2b_<h:40>", "sk_e2b_<h:40>"),
    *_tokens("Browserbase", "docs.browserbase.com", "bb_live_<u:24-40>"),
    *_tokens("Weights & Biases", "docs.wandb.ai", "wandb_v1_<u:60-100>"),
    *_tokens("Helicone", "docs.helicone.ai", "sk-helicone-<l:7>-<l:7>-<l:7>-<l:7>"),
    *_tokens("Cartesia", "docs.cartesia.ai", "sk_car_<A:20-40>"),
    # Clouds
    *_tokens(
        "Google",
        "cloud.google.com/docs",
        "AIza<u:35>",
        "ya29.<p:20-400>",
        "GOCSPX-<u:24-32>",
        "1//0<u:30-120>",
        "AQ.Ab<u:40-60>",
    ),
    *_tokens("DigitalOcean", "docs.digitalocean.com", "do{o,p,r}_v1_<h:64>"),
    *_tokens("AWS Bedrock", "docs.aws.amazon.com", "ABSK<b:40-150>", "bedrock-api-key-<b:40-1200>"),
    *_tokens("AWS AppSync", "docs.aws.amazon.com", "da2-<l:26>"),
    *_tokens("Microsoft Entra ID", "learn.microsoft.com", "<t:3><d:1>Q~<t:31-34>"),
    *_tokens("Azure DevOps", "learn.microsoft.com", "<A:76>AZDO<A:4>"),
    *_tokens("Azure, its keys of 39 and 52 bytes", "learn.microsoft.com", "<A:33>{APIM,ACDb,AzFu,AzSe,ACRA}<e:10-20>"),
    *_tokens("Azure, its keys of 64 bytes", "learn.microsoft.com", "<b:76>{+ASt,AStx,ACDb,+AMC,AIoT}<b:6>=="),
    *_tokens("Databricks", "docs.databricks.com", "dapi<h:32>", "dapi<h:32>-<d:1>", "dose<h:32>"),
    *_tokens("Heroku", "devcenter.heroku.com", "HRKU-<u:36-80>"),
    *_tokens("Fly.io", "fly.io/docs", "fm{1a,1r,2}_<e:60-400>", "fo1_<u:43>"),
    *_tokens("Alibaba Cloud", "alibabacloud.com/help", "LTAI<A:16-24>"),
    *_tokens("Tencent Cloud", "cloud.tencent.com", "AKID<A:32>", "AKID<A:36>"),
    *_tokens("Volcengine", "volcengine.com/docs", "AKLT<e:40-64>"),
    *_tokens("Cloudflare", "developers.cloudflare.com", "v1.0-<h:24>-<h:140-160>", "cfat_<A:40-60>", "cfut_<A:40-60>"),
    *_tokens("Oracle Cloud", "docs.oracle.com", "ocid1.credential.<p:20-200>"),
    *_tokens("Scaleway", "scaleway.com/docs", "SCW<U:17>"),
    *_tokens(
        "Yandex Cloud", "yandex.cloud/docs", "AQVN<u:35-38>", "y{0,1,2,3}_<u:55>", "t1.<A:1-8>.<u:80-220>", "YC<u:38>"
    ),
    *_tokens("Scalingo", "developers.scalingo.com", "tk-us-<u:48>"),
    *_tokens("ClickHouse Cloud", "clickhouse.com/docs", "4b1d<A:38>"),
    *_tokens("MongoDB Atlas", "mongodb.com/docs", "mdb_sa_sk_<u:40>"),
    *_tokens("Supabase", "supabase.com/docs", "sbp_<h:40>", "sb_secret_<u:30-50>"),
    *_tokens("Vercel", "vercel.com/docs", "vc{p,i,a,r,k}_<A:56>", "vercel_blob_rw_<A:10-24>_<A:20-40>"),
    *_tokens("Netlify", "docs.netlify.com", "nf{p,c,o,b,u}_<A:36-40>"),
    *_tokens("Render", "render.com/docs", "rnd_<A:28-40>"),
    *_tokens("Render deploy hook", "render.com/docs", "api.render.com/deploy/srv-<l:20>?key=<u:11>"),
    *_tokens("ngrok", "ngrok.com/docs", "2<A:26>_<A:21>"),
    *_tokens("Neon", "neon.com/docs", "napi_<l:60-70>"),
    *_tokens("PlanetScale", "planetscale.com/docs", "pscale_{tkn,oauth,pw}_<p:32-64>"),
    *_tokens("Aiven", "aiven.io/docs", "AVNS_<u:19>"),
    *_tokens("Prefect", "docs.prefect.io", "pn{u,b}_<A:36>"),
    *_tokens("Infracost", "infracost.io/docs", "ico-<A:32>"),
    # Code, packages, builds
    *_tokens("GitHub", "docs.github.com", "gh{p,o,u,s,r}_<A:36>", checksum=crc32_in_base62),
    *_tokens("GitHub", "docs.github.com", "gh{p,o,u,s,r}_<A:30-255>", "github_pat_<w:22-255>"),
    *_tokens(
        "GitLab",
        "docs.gitlab.com",
        "gl{pat,dt,rt,rtr,ft,soat,ffct,cbt}-<u:20-50>",
        "glptt-<u:40>",
        "glimt-<u:25>",
        "glcbt-<x:1-5>_<u:20>",
        "glagent-<u:50-1024>",
        "gloas-<u:64>",
        "gl{pat,rt}-<u:20-300>.<l:2>.<l:6-9>",
        "glrt-t<d:1>_<u:20>",
        "glwt-<u:20>",
        "GR1348941<u:20>",
        "_gitlab_session=<h:32>",
    ),
    *_tokens("npm", "docs.npmjs.com", "npm_<A:36>", checksum=crc32_in_base62),
    *_tokens("PyPI", "packaging.python.org", "pypi-AgE<u:100-1000>"),
    *_tokens("RubyGems", "guides.rubygems.org", "rubygems_<h:48>"),
    *_tokens("crates.io", "doc.rust-lang.org/cargo", "cio<A:32>"),
    *_tokens("NuGet", "learn.microsoft.com/nuget", "oy2<l:43>"),
    *_tokens("Clojars", "github.com/clojars", "CLOJARS_<l:60>"),
    *_tokens("Docker", "docs.docker.com", "dckr_{pat,oat}_<u:24-40>"),
    *_tokens("JFrog", "jfrog.com/help", "AKC<A:10-120>", "AP{2,3,5,6,7,8}<A:10-120>", "cmVmd<A:59>"),
    *_tokens(
        "Sourcegraph", "sourcegraph.com/docs", "sgp_<h:40>", "sgp_{local}_<h:40>", "sgp_<h:16>_<h:40>", "slk_<h:64>"
    ),
    *_tokens(
        "Atlassian",
        "support.atlassian.com",
        "AT{A,C}TT3<e:60-250>",
        "ATBB<A:28-40>",
        "ATSTT3<e:60-250>",
        "BBDC-<b:40-60>",
    ),
    *_tokens("CircleCI", "circleci.com/docs", "CCI{PAT,PRJ}_<A:20-24>_<h:40>"),
    *_tokens("Buildkite", "buildkite.com/docs", "bkua_<h:40>", "bkct_<A:40-60>"),
    *_tokens("Bitrise", "docs.bitrise.io", "bit{pat,wat}_<A:40-60>"),
    *_tokens("SonarQube", "docs.sonarsource.com", "sq{a,p,u}_<h:40>"),
    *_tokens("Pulumi", "pulumi.com/docs", "pul-<h:40>"),
    *_tokens("StackHawk", "docs.stackhawk.com", "hawk.<u:18-24>.<u:18-24>"),
    *_tokens("Snyk", "docs.snyk.io", "snyk_<p:30-90>", "snyk_{uat,sat}.<h:8>.<p:30-300>"),
    *_tokens("Semgrep", "semgrep.dev/docs", "{sgp,semgrep}_<h:60-70>"),
    *_tokens("Octopus Deploy", "octopus.com/docs", "API-<U:26>"),
    *_tokens("OpenShift", "docs.openshift.com", "sha256~<u:43>"),
    *_tokens("Depot", "depot.dev/docs", "depot_{project,org,user}_<h:60-70>"),
    *_tokens("ReadMe", "docs.readme.com", "rdme_<l:70>"),
    *_tokens("Nx Cloud", "nx.dev", "nx{c,p}_<A:30-50>"),
    *_tokens("Apify", "docs.apify.com", "apify_api_<A:34-40>", "apify_proxy_<A:34-40>"),
    # Work
    *_tokens("Figma", "figma.com/developers", "fig{d,u,dr,ur,oh,o,h}_<u:30-60>"),
    *_tokens("Linear", "linear.app/developers", "lin_{api,oauth,wh}_<A:32-64>"),
    *_tokens("Notion", "developers.notion.com", "ntn_<A:40-50>", "secret_<A:43>"),
    *_tokens("Airtable", "airtable.com/developers", "pat<A:14>.<h:64>"),
    *_tokens("Postman", "learning.postman.com", "PMAK-<h:24>-<h:34>"),
    *_tokens("Asana", "developers.asana.com", "{1,2}/1<d:14-17>/1<d:14-17>:<h:32>", "{1,2}/1<d:14-17>:<h:32>"),
    *_tokens("ClickUp", "developer.clickup.com", "pk_<d:6-9>_<U:32>"),
    *_tokens("Typeform", "typeform.com/developers", "tfp_<u:44-60>_<A:14>", "tfp_<u:40-70>"),
    *_tokens("Canva", "canva.dev", "cnvca<u:40-60>"),
    *_tokens("HubSpot", "developers.hubspot.com", "pat-{na,eu,ap}<d:1>-<uuid>"),
    *_tokens(
        "Salesforce", "developer.salesforce.com", "00D<A:12-15>!<p:80-140>", "3MVG9<p:60-100>", "5Aep861<p:60-90>"
    ),
    *_tokens("Contentful", "contentful.com/developers", "CFPAT-<u:43>"),
    *_tokens("Frame.io", "developer.frame.io", "fio-u-<e:64>"),
    *_tokens("Cal.com", "cal.com/docs", "cal_{live,test}_<h:32>"),
    *_tokens("Beamer", "getbeamer.com/api", "b_<v:44>"),
    *_tokens("Doppler", "docs.doppler.com", "dp.{pt,st,ct,sa,scim,audit}.<A:40-44>", "dp.{st,ct}.<v:2-35>.<A:40-44>"),
    # Vaults, networks
    *_tokens(
        "HashiCorp Vault",
        "developer.hashicorp.com",
        "hv{s,b,r}.<u:24-300>",
        "s.<A:24>",
        "s.CAESI<u:60-300>",
        "b.AAAAA<u:156>",
    ),
    *_tokens("HCP Terraform", "developer.hashicorp.com", "<A:14>.atlasv1.<u:60-70>"),
    *_tokens(
        "1Password",
        "developer.1password.com",
        "ops_eyJ<e:200-1200>",
        "A3-<U:6>-<U:11>-<U:5>-<U:5>-<U:5>",
        "A3-<U:6>-<U:6>-<U:5>-<U:5>-<U:5>-<U:5>",
    ),
    *_tokens("Bitwarden", "bitwarden.com/help", "0.<uuid>.<A:30>:<b:22>=="),
    *_tokens("Infisical", "infisical.com/docs", "st.<h:24>.<h:32>.<h:32>"),
    *_tokens("Tailscale", "tailscale.com/kb", "tskey-{auth,api,client,scim,webhook}-<u:20-60>"),
    *_tokens("Defined Networking", "docs.defined.net", "dnkey-<v:26>-<v:52>"),
    *_tokens("Akeyless", "docs.akeyless.io", "p-<l:12-14>/<b:44>"),
    *_tokens(
        "Authress",
        "authress.io/knowledge-base",
        "{sc,ext,scauth,authress}_<l:5-30>.<l:4-6>.acc{_,-}<u:10-32>.<e:30-120>",
    ),
    *_tokens("Clerk", "clerk.com/docs", "sk_{live,test}_<A:40-50>"),
    *_tokens("WorkOS", "workos.com/docs", "sk_{live,test,example}_<A:30-100>"),
    *_tokens("MaxMind", "dev.maxmind.com", "<A:6>_<A:29>_mmk"),
    # Watching
    *_tokens("Grafana", "grafana.com/docs", "glsa_<A:32>_<h:8>", "glc_<e:32-400>", "eyJrIjoi<b:40-400>"),
    *_tokens(
        "New Relic", "docs.newrelic.com", "NR{AK,II,IQ,RA,AA,BR,SP,JS}-<u:19-45>", "<h:36>NRAL", "eu01xx<h:30>NRAL"
    ),
    *_tokens("New Relic Pixie", "docs.px.dev", "px-{api,dep}-<uuid>"),
    *_tokens("Sentry", "docs.sentry.io", "sntry{s,u}_<e:40-400>"),
    *_tokens("PostHog", "posthog.com/docs", "ph{c,x,s}_<A:40-50>"),
    *_tokens("Dynatrace", "docs.dynatrace.com", "dt0{a01,c01,s01,s02,s04,s08,s16}.<U:8-24>.<U:64>"),
    *_tokens(
        "Honeycomb",
        "docs.honeycomb.io",
        "hb{i,a,c,p}k_<A:20>",
        "hc{a,b,x,i,m,l}ik_<l:58>",
        "hc{a,b,m}{ik,lk,mk}_<l:20-60>",
    ),
    *_tokens("Honeybadger", "docs.honeybadger.io", "hbp_<A:36>"),
    *_tokens("Axiom", "axiom.co/docs", "xa{a,p}t-<uuid>"),
    *_tokens("Pydantic Logfire", "logfire.pydantic.dev", "pylf_v<d:1>_{us,eu}_<A:40-50>"),
    *_tokens("LaunchDarkly", "launchdarkly.com/docs", "{sdk,mob}-<uuid>"),
    *_tokens("ConfigCat", "configcat.com/docs", "configcat-sdk-1/<u:22>/<u:22>"),
    # Messages and people
    *_tokens(
        "Slack",
        "api.slack.com",
        "xox{a,b,e,p,o,r,s}-<u:10-250>",
        "xapp-<e:20-200>",
        "xoxe.xox{b,p}-<u:20-250>",
        "xwfp-<u:10-250>",
        "xox{c,d}-<u:10-250>",
    ),
    *_tokens("Slack webhook", "api.slack.com", "hooks.slack.com/{services,workflows,triggers}/<e:20-120>"),
    *_tokens(
        "Microsoft Teams webhook",
        "learn.microsoft.com",
        "webhook.office.com/webhookb2/<uuid>@<uuid>/IncomingWebhook/<h:32>/<uuid>",
    ),
    *_tokens(
        "Discord webhook",
        "discord.com/developers",
        "discord.com/api/webhooks/<d:15-21>/<u:50-90>",
        "discordapp.com/api/webhooks/<d:15-21>/<u:50-90>",
    ),
    *_tokens("Telegram", "core.telegram.org", "<d:8-10>:AA<u:32-34>", "/bot<d:8-10>:AA<u:32-34>"),
    *_tokens("Discord", "discord.com/developers", "{M,N,O}<u:23-25>.<u:6>.<u:27-40>", "mfa.<u:80-95>"),
    *_tokens("SendGrid", "docs.sendgrid.com", "SG.<u:16-32>.<u:16-64>"),
    *_tokens("Twilio", "twilio.com/docs", "SK<h:32>", "AC<h:32>"),
    *_tokens("Mailgun", "documentation.mailgun.com", "key-<h:32>", "pubkey-<h:32>"),
    *_tokens("Mailchimp", "mailchimp.com/developer", "<h:32>-us<d:1-2>"),
    *_tokens("Mandrill", "mailchimp.com/developer", "md-<u:22>"),
    *_tokens("Brevo", "developers.brevo.com", "xkeysib-<h:64>-<A:16>", "xsmtpsib-<h:64>-<A:16>"),
    *_tokens("Resend", "resend.com/docs", "re_<A:8>_<A:24>"),
    *_tokens("MailerSend", "developers.mailersend.com", "mlsn.<h:64>"),
    *_tokens("Customer.io", "customer.io/docs", "sa_live_<A:30-60>"),
    *_tokens("Twitch", "dev.twitch.tv", "live_<d:6-12>_<A:30>", "oauth:<l:30>"),
    *_tokens("Meta", "developers.facebook.com", "EAA<A:40-400>", "IGQ<u:80-300>", "<d:15-16>|<u:27>"),
    *_tokens("X", "developer.x.com", "AAAAAAAAAAAAAAAAAAAAA<e:20-120>", "AAAAAAAAAAAAAAAAAAAAA<A:20-60>%<A:2-90>"),
    *_tokens("LinkedIn", "learn.microsoft.com/linkedin", "WPL_AP<d:1>.<A:16>.<b:8>"),
    *_tokens("Nylas", "developer.nylas.com", "nyk_v0_<A:60-70>"),
    *_tokens("Dropbox", "dropbox.com/developers", "sl.<u:60-1500>", "sl.u.<u:60-1500>"),
    *_tokens("Courier", "courier.com/docs", "pk_{prod,test}_<U:28>"),
    *_tokens("Knock", "docs.knock.app", "sk_{test,live}_<u:40-60>"),
    # Money and shops
    *_tokens("Stripe", "docs.stripe.com", "{sk,rk}_{live,test,prod}_<A:10-250>", "whsec_<e:24-80>"),
    *_tokens("Shopify", "shopify.dev", "shp{at,ca,pa,ss,ua,tka}_<x:32>"),
    *_tokens("Square", "developer.squareup.com", "sq0{atp,csp,atb,csb}-<u:20-50>", "EAAA<u:56-62>"),
    *_tokens("Plaid", "plaid.com/docs", "access-{sandbox,development,production}-<uuid>"),
    *_tokens("Razorpay", "razorpay.com/docs", "rzp_{live,test}_<A:14>"),
    *_tokens("Braintree", "developer.paypal.com", "access_token${production,sandbox}$<l:16>$<h:32>"),
    *_tokens(
        "Amazon MWS", "developer-docs.amazon.com", "amzn.mws.<uuid>", "Atz{a,r}|<e:100-600>", "amzn1.oa2-cs.v1.<h:64>"
    ),
    *_tokens("Adyen", "docs.adyen.com", "AQE<b:3-6>hmfu<b:40-160>"),
    *_tokens("Paystack", "paystack.com/docs", "sk_{live,test}_<h:40>"),
    *_tokens(
        "Flutterwave",
        "developer.flutterwave.com",
        "FLWSECK-<A:12-40>-X",
        "FLWSECK_TEST-<A:12-40>",
        "FLWPUBK_TEST-<A:12-40>",
    ),
    *_tokens("GoCardless", "developer.gocardless.com", "{live,sandbox}_<u:40>"),
    *_tokens("Lob", "docs.lob.com", "{live,test}_<h:35>"),
    *_tokens("Mollie", "docs.mollie.com", "{live,test}_<A:30>"),
    *_tokens("Paddle", "developer.paddle.com", "pdl_{live,sdbx}_apikey_<l:26>_<A:22>_<A:3>"),
    *_tokens("RevenueCat", "revenuecat.com/docs", "sk_<A:28-32>"),
    *_tokens("Checkout.com", "checkout.com/docs", "sk_<l:27>", "sk_sbox_<l:27>"),
    *_tokens("Duffel", "duffel.com/docs", "duffel_{live,test}_<e:43>"),
    *_tokens("EasyPost", "docs.easypost.com", "EZ{A,T}K<A:54>"),
    *_tokens("Shippo", "docs.goshippo.com", "shippo_{live,test}_<h:40>"),
    *_tokens("SettleMint", "console.settlemint.com", "sm_{aat,pat,sat}_<A:16>"),
    *_tokens("Coinbase", "docs.cdp.coinbase.com", "organizations/<uuid>/apiKeys/<uuid>"),
    # Maps, devices, the rest
    *_tokens("Mapbox", "docs.mapbox.com", "sk.eyJ<u:20-400>.<u:20-40>", "tk.eyJ<u:20-400>.<u:20-40>"),
    *_tokens("Adafruit IO", "io.adafruit.com", "aio_<A:28>"),
    *_tokens("Adobe", "developer.adobe.com", "p8e-<u:32>"),
    *_tokens("TrueNAS", "truenas.com/docs", "<d:1-3>-<A:64>"),
    *_tokens("Polar", "polar.sh/docs", "polar_{oat,pat}_<A:30-60>"),
    *_tokens("Inngest", "inngest.com/docs", "signkey-{prod,test,branch}-<h:32-70>"),
    *_tokens("Trigger.dev", "trigger.dev/docs", "tr_{dev,prod,stg,pat}_<A:20-48>"),
    *_tokens("Webflow", "developers.webflow.com", "ws-<h:64>"),
    # Models, agents and what they use
    *_tokens("Friendli", "friendli.ai/docs", "flp_<A:40-60>"),
    *_tokens("RunPod", "docs.runpod.io", "rpa_<A:40-60>"),
    *_tokens("Modal", "modal.com/docs", "{ak,as}-<A:22>"),
    *_tokens("LlamaCloud", "docs.cloud.llamaindex.ai", "llx-<A:44-52>"),
    *_tokens("Context7", "context7.com/docs", "ctx7sk-<uuid>"),
    *_tokens("Mem0", "docs.mem0.ai", "m0-<A:36-44>"),
    *_tokens("Coze", "coze.com/docs", "pat_<A:64>"),
    *_tokens("Dify", "docs.dify.ai", "app-<A:24>"),
    *_tokens("Brave Search", "brave.com/search", "BSA<u:26-30>"),
    *_tokens("Daytona", "daytona.io/docs", "dtn_<h:64>"),
    *_tokens("Anyscale", "docs.anyscale.com", "esecret_<A:26-40>"),
    *_tokens("Predibase", "docs.predibase.com", "pb_<u:22>"),
    *_tokens("Gretel", "docs.gretel.ai", "grtu<h:64>"),
    *_tokens("Val Town", "docs.val.town", "vtwn_<A:27>"),
    *_tokens("Zhipu", "open.bigmodel.cn", "<h:32>.<A:16>"),
    *_tokens("n8n", "docs.n8n.io", "n8n_api_<h:60-90>"),
    *_tokens("Voiceflow", "docs.voiceflow.com", "VF.{DM,WS}.<h:24>.<A:16>"),
    *_tokens("Composio", "docs.composio.dev", "ak_<u:20>"),
    # More clouds and data
    *_tokens("Azure, keys with a mark", "learn.microsoft.com", "<A:52>JQQJ9{9,A,B,C,D}<A:26>"),
    *_tokens("Azure App Configuration", "learn.microsoft.com", "Id=<b:4>-<l:2>-<l:2>:<b:20>;Secret=<b:43>="),
    *_tokens("UpCloud", "developers.upcloud.com", "ucat_<U:26>"),
    *_tokens("Exoscale", "community.exoscale.com", "EXO<h:24>"),
    *_tokens("Deno Deploy", "docs.deno.com", "dd{p,w,o}_<A:36>"),
    *_tokens("Akamai", "techdocs.akamai.com", "akab-<l:16>-<l:16>"),
    *_tokens("Backblaze", "backblaze.com/docs", "K00<d:1><e:27>"),
    *_tokens("Baidu Cloud", "cloud.baidu.com/doc", "bce-v3/ALTAK-<A:21>/<h:40>"),
    *_tokens("CockroachDB", "cockroachlabs.com/docs", "CCDB1_<A:22>_<A:40>"),
    *_tokens("Confluent Cloud", "docs.confluent.io", "cflt<b:60>"),
    *_tokens("Fauna", "docs.fauna.com", "fnA<u:37>"),
    *_tokens("Xata", "xata.io/docs", "xau_<A:32-60>"),
    *_tokens("Tinybird", "tinybird.co/docs", "p.eyJ<u:40-200>.<u:20-60>"),
    *_tokens("Elastic Cloud", "elastic.co/docs", "ess{u,p}_<b:40-120>"),
    *_tokens("dbt", "docs.getdbt.com", "dbt{u,s,c}_<u:40-60>"),
    *_tokens("Tigris", "tigrisdata.com/docs", "{tid,tsec}_<u:20-60>"),
    *_tokens("Zuplo", "zuplo.com/docs", "zpka_<h:32>_<h:8>"),
    *_tokens("Firebase Cloud Messaging", "firebase.google.com/docs", "AAAA<u:7>:<u:134-160>"),
    *_tokens("Esri", "developers.arcgis.com", "AAP{K,T}<u:60-200>"),
    # Code, packages, clusters
    *_tokens("JetBrains", "jetbrains.com/help", "perm:<b:8-60>.<b:4-40>.<A:20-60>", "perm-<b:8-60>.<b:4-40>.<A:20-60>"),
    *_tokens("Packagist", "packagist.com/docs", "packagist_{uut,out,ort,ait,act,oat}_<h:68>"),
    *_tokens("Harness", "developer.harness.io", "{pat,sat}.<u:22>.<h:24>.<A:20>"),
    *_tokens("Docker Swarm", "docs.docker.com/engine", "SWMTKN-1-<l:50>-<l:25>", "SWMKEY-1-<b:43>"),
    *_tokens("Rancher", "ranchermanager.docs.rancher.com", "token-<l:5>:<l:54>"),
    *_tokens("JSR", "jsr.io/docs", "jsr{d,p}_<A:30-60>"),
    *_tokens("Open VSX", "github.com/eclipse", "ovsx{a,p}t_<uuid>"),
    *_tokens("Expo", "docs.expo.dev", "expo_<u:36-44>"),
    *_tokens("Chromatic", "chromatic.com/docs", "chpt_<h:12-20>"),
    *_tokens("Socket", "docs.socket.dev", "sktsec_<u:40-50>_api"),
    *_tokens("Endor Labs", "docs.endorlabs.com", "endr+<u:16>"),
    *_tokens("Thunderstore", "thunderstore.io/docs", "tss_<A:36>"),
    *_tokens("Mergify", "docs.mergify.com", "mka_<u:40-50>"),
    *_tokens("Buildkite", "buildkite.com/docs", "bk{pat,aj,pt,ae}_<A:40-60>"),
    *_tokens("GitHub, of earlier times", "docs.github.com", "v1.<h:40>"),
    *_tokens("Ionic", "ionic.io/docs", "ion_<h:42>"),
    *_tokens("LocalStack", "docs.localstack.cloud", "ls-<A:4-8><A:4>-<A:4>-<A:4>-<A:4>-<A:12>"),
    # Work, sites
    *_tokens("Lark webhook", "open.larksuite.com", "open.{feishu,larksuite}.{cn,com}/open-apis/bot/v2/hook/<uuid>"),
    *_tokens("IFTTT webhook", "ifttt.com/docs", "maker.ifttt.com/trigger/<u:1-40>/with/key/<u:20-48>"),
    *_tokens("Make webhook", "make.com/help", "make.com/<l:32>"),
    *_tokens("Healthchecks.io", "healthchecks.io/docs", "hc-ping.com/<uuid>", "hc-ping.com/<u:22>/<l:3-30>"),
    *_tokens("Klaviyo", "developers.klaviyo.com", "pk_<h:34>"),
    *_tokens("Zapier webhook", "help.zapier.com", "hooks.zapier.com/hooks/catch/<d:4-10>/<l:5-10>"),
    *_tokens("Retool", "docs.retool.com", "retool_01<l:24>"),
    *_tokens("Rootly", "rootly.com/docs", "rootly_<h:64>"),
    *_tokens("Ghost", "ghost.org/docs", "<h:24>:<h:64>"),
    *_tokens("Contentstack", "contentstack.com/docs", "cs<h:18>"),
    *_tokens("Wix", "dev.wix.com", "IST.eyJ<u:40-900>.<u:40-900>.<u:40-500>"),
    *_tokens("Dub", "dub.co/docs", "dub_<A:24>"),
    *_tokens("Census", "docs.getcensus.com", "secret-token:<u:24-40>"),
    # Money
    *_tokens("Xendit", "developers.xendit.co", "xnd_{production,development}_<A:40-70>"),
    *_tokens("Midtrans", "docs.midtrans.com", "Mid-server-<u:24>", "SB-Mid-server-<u:24>"),
    *_tokens("PayPal", "developer.paypal.com", "A21AA<u:80-100>"),
    *_tokens("Alchemy", "alchemy.com/docs", "alcht_<A:30>"),
    *_tokens("QuickNode", "quicknode.com/docs", "QN_<h:32>"),
    *_tokens("Alpaca", "docs.alpaca.markets", "PK<U:18>"),
    *_tokens(
        "Onfido",
        "documentation.onfido.com",
        "api_{live,sandbox}_{us,ca,eu}.<u:11>.<u:32>",
        "api_{live,sandbox}.<u:11>.<u:32>",
    ),
    *_tokens("Persona", "docs.withpersona.com", "persona_{sandbox,production}_<u:30-60>"),
    # Watching, flags, messages, people
    *_tokens("Checkly", "checklyhq.com/docs", "cu_<h:32>"),
    *_tokens("Mezmo", "docs.mezmo.com", "sts_<h:32>"),
    *_tokens("Statsig", "docs.statsig.com", "secret-<A:40-46>"),
    *_tokens("LaunchDarkly", "launchdarkly.com/docs", "api-<uuid>"),
    *_tokens("Flagsmith", "docs.flagsmith.com", "ser.<A:22>"),
    *_tokens(
        "Unleash", "docs.getunleash.io", "{default,development,production,*}:{default,development,production}.<h:50-64>"
    ),
    *_tokens("Segment", "segment.com/docs", "sgp_<A:64>"),
    *_tokens("OneSignal", "documentation.onesignal.com", "os_v2_{app,org}_<l:80-110>"),
    *_tokens("PubNub", "pubnub.com/docs", "sec-c-<e:40-60>"),
    *_tokens("Ory", "ory.sh/docs", "ory_{at,rt,pat,apikey,wak,st,ac,lo}_<u:30-100>"),
    *_tokens("Stytch", "stytch.com/docs", "secret-{live,test}-<e:36>"),
    *_tokens("Kong Konnect", "docs.konghq.com", "{kpat,spat}_<A:40-60>"),
    *_tokens("Ably", "ably.com/docs", "<u:6>.<u:6>:<u:43>"),
    *_tokens("Close", "developer.close.com", "api_<A:21-22>.<A:21-22>"),
)
