"""Judges registrations and assertions with Yubico's fido2, as a site that demands a verified owner.

In: {"rp_id", "origin", "registrations": {name: registration}, "assertions": {name: assertion}}, bytes in base64url. Out: for each
name an object, or the cause of the refusal: of a registration with the key's "x" and "y".
"""

import json
import sys

from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid
from fido2.webauthn import AttestedCredentialData
from fido2.webauthn import PublicKeyCredentialRpEntity
from fido2.webauthn import UserVerificationRequirement

question = json.load(sys.stdin)
server = Fido2Server(
    PublicKeyCredentialRpEntity(id=question["rp_id"], name=question["rp_id"]),
    verify_origin=lambda origin: origin == question["origin"],
)


def state(case):
    return {"challenge": case["challenge"], "user_verification": UserVerificationRequirement.REQUIRED}


def credential(case, response):
    return {"id": case["id"], "rawId": case["id"], "type": "public-key", "response": response}


def register(case):
    response = {"attestationObject": case["attestation_object"], "clientDataJSON": case["client_data"]}
    data = server.register_complete(state(case), credential(case, response))
    key = data.credential_data.public_key
    return {name: websafe_encode(key[label]) for name, label in (("x", -2), ("y", -3)) if label in key}


def assertion(case):
    response = {
        "authenticatorData": case["authenticator_data"],
        "clientDataJSON": case["client_data"],
        "signature": case["signature"],
    }
    key = CoseKey.parse(cbor.decode(websafe_decode(case["cose"])))
    known = AttestedCredentialData.create(Aaguid(bytes(16)), websafe_decode(case["id"]), key)
    server.authenticate_complete(state(case), [known], credential(case, response))
    return {}


def judge(cases, verify):
    verdicts = {}
    for name, case in cases.items():
        try:
            verdicts[name] = verify(case)
        # The library lets the errors of its parsers through.
        except Exception as refusal:
            verdicts[name] = f"{type(refusal).__name__}: {refusal}"
    return verdicts


json.dump(
    {
        "registrations": judge(question["registrations"], register),
        "assertions": judge(question["assertions"], assertion),
    },
    sys.stdout,
)
