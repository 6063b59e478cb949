"""Requests that their client signed with AWS's Signature Version 4: one that Privet changes must be signed again.

The signature covers the body, so that a redacted one would be refused by AWS. With credentials of the house
(`upstream.aws_sign`) it is made anew, for Bedrock alone; without them the request is refused here. A client's own
signature can't be checked, since its key is not known here: whoever may use Privet may then use these credentials.
Reference: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from configs.hosts import HostTable
from proxy.errors import SigningError
from proxy.message import Request

ENVIRONMENT = "environment"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/,\s]+/[0-9]{8}/(?P<region>[a-z0-9-]{1,40})/(?P<service>[a-z0-9-]{1,40})"
    r"/aws4_request, ?SignedHeaders=[a-z0-9;-]+, ?Signature=[0-9a-f]{64}",
    re.ASCII,
)
_SERVICE = "bedrock"
# What the new signature brings along; everything else that AWS reads is signed as the client sent it.
_MADE = ("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256")
_KEPT = re.compile(r"x-amz-|x-amzn-bedrock-|content-type$")


class Signer(Protocol):
    """What signs a request: with credentials of the house in life, with made-up ones in tests."""

    def sign(self, method: str, url: str, headers: Mapping[str, str], body: bytes, region: str) -> Mapping[str, str]:
        """The headers of the signature. Raises `SigningError`."""


def is_signed(request: Request) -> bool:
    """Whether a request's signature covers what is in it."""
    authorization = request.headers.get("authorization", "")
    return authorization[:5].upper() == "AWS4-" or "x-amz-signature=" in request.path.lower()


def signed_anew(
    request: Request, path: str, body: bytes, hosts: HostTable, signer: Signer | None
) -> Mapping[str, str | None]:
    """The headers to set (None: to leave out) for this path and body. Raises `SigningError`."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if found is None or found["service"] != _SERVICE or hosts.family(request.host) != _SERVICE:
        raise SigningError("only requests to Bedrock, signed in their headers, can be signed again")
    if signer is None:
        raise SigningError("the client signed this request, and no credentials are configured to sign it again")
    kept = {name: value for name, value in request.headers.items() if _KEPT.match(name) and name not in _MADE}
    url = f"https://{request.host}{path}"
    made = signer.sign(request.method, url, kept, body, found["region"])
    return {name: made.get(name) for name in _MADE if name in made or name in request.headers}


@dataclass(slots=True)
class AwsSigner:
    """Signs with the credentials of the environment, or those of a profile."""

    profile: str | None
    _session: Any = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def sign(self, method: str, url: str, headers: Mapping[str, str], body: bytes, region: str) -> Mapping[str, str]:
        from botocore.auth import SigV4Auth  # noqa: PLC0415 - botocore is loaded if it is needed
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - the same
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - the same

        try:
            credentials = self._credentials()
            signed = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
            SigV4Auth(credentials, _SERVICE, region).add_auth(signed)
        except BotoCoreError as error:
            raise SigningError(f"the configured AWS credentials can't be used ({type(error).__name__})") from None
        return {name.lower(): str(value) for name, value in signed.headers.items()}

    def _credentials(self) -> Any:
        from botocore.session import Session  # noqa: PLC0415 - botocore is loaded if it is needed

        with self._lock:  # the session is not made for several threads
            if self._session is None:
                self._session = Session(profile=self.profile)
            found = self._session.get_credentials()
            if found is None:
                raise SigningError("the AWS credentials that upstream.aws_sign names are not there")
            return found.get_frozen_credentials()


def aws_signer(setting: str | None) -> Signer | None:
    """The signer that `upstream.aws_sign` names."""
    if setting is None:
        return None
    return AwsSigner(None if setting == ENVIRONMENT else setting)
