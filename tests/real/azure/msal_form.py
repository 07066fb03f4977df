"""Prints the body that MSAL sends to sign an application in by a client assertion, as JSON of its fields and their values.

MSAL is given a transport that answers itself, so that no other machine is asked. What azure-identity's ClientAssertionCredential sends
is MSAL's.
"""

import json
import sys
import urllib.parse

import msal

authority, client_id, scope, assertion = sys.argv[1:5]


class Answer:
    status_code = 200
    headers = {}

    def __init__(self, document):
        self.text = json.dumps(document)

    def raise_for_status(self):
        pass


class Transport:
    """Answers discovery, and keeps the body of the sign-in."""

    sent = []

    def get(self, url, **_):
        base = authority.rstrip("/")
        if "discovery/instance" in url:
            host = urllib.parse.urlparse(authority).netloc
            known = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
            return Answer({"tenant_discovery_endpoint": base + "/v2.0/.well-known/openid-configuration", "metadata": [known]})
        return Answer({
            "issuer": base + "/v2.0",
            "authorization_endpoint": base + "/oauth2/v2.0/authorize",
            "token_endpoint": base + "/oauth2/v2.0/token",
        })

    def post(self, url, data=None, headers=None, **_):
        self.sent.append({"url": url, "headers": sorted(headers or {}), "fields": data})
        return Answer({"token_type": "Bearer", "expires_in": 3600, "access_token": "entra.1"})

    def close(self):
        pass


transport = Transport()
application = msal.ConfidentialClientApplication(
    client_id,
    authority=authority,
    client_credential={"client_assertion": lambda: assertion},
    http_client=transport,
)
answer = application.acquire_token_for_client([scope])
assert answer.get("access_token") == "entra.1", answer
print(json.dumps(transport.sent))
