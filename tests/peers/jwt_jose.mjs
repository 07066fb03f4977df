// Judges JWTs with jose, as a relying party that knows only the issuer's address.
//
// In: {"issuer", "audience", "subject", "tokens": {name: token}}. Out: {name: claims or the name of the refusal}.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(`${process.env.JIT_PEERS}/node/`)
const { createRemoteJWKSet, jwtVerify } = require('jose')

const question = JSON.parse(readFileSync(0, 'utf8'))
const discovery = await (await fetch(`${question.issuer}/.well-known/openid-configuration`)).json()
const keys = createRemoteJWKSet(new URL(discovery.jwks_uri))

async function judge(token) {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: discovery.id_token_signing_alg_values_supported,
      issuer: question.issuer,
      audience: question.audience,
      subject: question.subject,
      requiredClaims: ['iss', 'sub', 'aud', 'iat', 'exp', 'jti'],
    })
    return payload
  } catch (refusal) {
    // A claim that does not fit says which.
    return refusal.claim ? `${refusal.code} ${refusal.claim}` : refusal.code
  }
}

const verdicts = {}
for (const [name, token] of Object.entries(question.tokens)) verdicts[name] = await judge(token)
process.stdout.write(JSON.stringify(verdicts))
