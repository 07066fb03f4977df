"""Judges JWTs with PyJWT, as a relying party that knows only the issuer's address.

In: {"issuer", "audience", "subject", "tokens": {name: token}}. Out: {name: claims or the name of the refusal}.
"""

import json
import sys
import urllib.request

import jwt

question = json.load(sys.stdin)
with urllib.request.urlopen(question["issuer"] + "/.well-known/openid-configuration") as answer:
    discovery = json.load(answer)
assert discovery["issuer"] == question["issuer"]
keys = jwt.PyJWKClient(discovery["jwks_uri"])


def judge(token):
    try:
        return jwt.decode(
            token,
            keys.get_signing_key_from_jwt(token).key,
            algorithms=discovery["id_token_signing_alg_values_supported"],
            issuer=question["issuer"],
            audience=question["audience"],
            subject=question["subject"],
            options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
        )
    except jwt.PyJWTError as refusal:
        return type(refusal).__name__


json.dump({name: judge(token) for name, token in question["tokens"].items()}, sys.stdout)
