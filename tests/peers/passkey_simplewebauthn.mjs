// Judges registrations and assertions with @simplewebauthn/server, as a site that demands a verified owner.
//
// In: {"rp_id", "origin", "registrations": {name: registration}, "assertions": {name: assertion}}, bytes in base64url. Out: for each
// name an object, or the cause of the refusal: of a registration with the key's "x" and "y".

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(`${process.env.JIT_PEERS}/node/`)
const { verifyAuthenticationResponse, verifyRegistrationResponse } = require('@simplewebauthn/server')
const { cose, decodeCredentialPublicKey } = require('@simplewebauthn/server/helpers')

const question = JSON.parse(readFileSync(0, 'utf8'))
const site = { expectedOrigin: question.origin, expectedRPID: question.rp_id, requireUserVerification: true }
const base64url = (bytes) => Buffer.from(bytes).toString('base64url')
const credential = (id, response) => ({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response })

async function register({ id, challenge, attestation_object, client_data }) {
  const response = credential(id, { attestationObject: attestation_object, clientDataJSON: client_data })
  const { verified, registrationInfo } = await verifyRegistrationResponse({ response, expectedChallenge: challenge, ...site })
  if (!verified) throw new Error('not verified')
  const key = decodeCredentialPublicKey(registrationInfo.credential.publicKey)
  const part = (label) => (key.get(label) instanceof Uint8Array ? base64url(key.get(label)) : null)
  return { x: part(cose.COSEKEYS.x), y: part(cose.COSEKEYS.y) }
}

async function assert({ id, cose, challenge, authenticator_data, client_data, signature }) {
  const response = credential(id, { authenticatorData: authenticator_data, clientDataJSON: client_data, signature })
  const known = { id, publicKey: new Uint8Array(Buffer.from(cose, 'base64url')), counter: 0 }
  const { verified } = await verifyAuthenticationResponse({ response, expectedChallenge: challenge, credential: known, ...site })
  if (!verified) throw new Error('not verified')
  return {}
}

async function judge(cases, verify) {
  const verdicts = {}
  for (const [name, each] of Object.entries(cases)) {
    verdicts[name] = await verify(each).catch((refusal) => String(refusal.message))
  }
  return verdicts
}

process.stdout.write(
  JSON.stringify({
    registrations: await judge(question.registrations, register),
    assertions: await judge(question.assertions, assert),
  }),
)
