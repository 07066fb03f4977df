// Checks a notice with the reference library of standard-webhooks. Question: {secret, body, headers}. Answer: what it says.

import { createRequire } from 'node:module'

const require = createRequire(`${process.env.JIT_PEERS}/node/`)
const { Webhook } = require('standardwebhooks')

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const { secret, body, headers } = JSON.parse(Buffer.concat(chunks))
let verdict
try {
  verdict = { good: new Webhook(secret).verify(body, headers) }
} catch (refusal) {
  verdict = { refused: refusal.message }
}
process.stdout.write(JSON.stringify(verdict))
