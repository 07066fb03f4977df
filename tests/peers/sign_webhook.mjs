// Signs a call with the reference library of standard-webhooks. Question: {secret, id, time, body}. Answer: {signature}.

import { createRequire } from 'node:module'

const require = createRequire(`${process.env.JIT_PEERS}/node/`)
const { Webhook } = require('standardwebhooks')

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const { secret, id, time, body } = JSON.parse(Buffer.concat(chunks))
const signature = new Webhook(secret).sign(id, new Date(time * 1000), body)
process.stdout.write(JSON.stringify({ signature }))
