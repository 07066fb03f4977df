// Decides, by an IAM engine that is not ours, what a session may do at given times.
//
// In: {"rolePolicy", "sessionPolicy", "role", "asks": [{"at", "action", "resource"}]}. Out: [verdict], one for each ask.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(`${process.env.JIT_PEERS}/node/`)
const { runSimulation } = require('@cloud-copilot/iam-simulate')

const question = JSON.parse(readFileSync(0, 'utf8'))
const [, , , , account, role] = question.role.split(':')
const verdicts = []
for (const { at, action, resource } of question.asks) {
  const outcome = await runSimulation({
    identityPolicies: [{ name: 'role', policy: question.rolePolicy }],
    sessionPolicy: question.sessionPolicy,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    request: {
      principal: `arn:aws:sts::${account}:assumed-role/${role.split('/').pop()}/7F3KQ2M8ZD-ana`,
      action,
      resource: { resource, accountId: account },
      contextVariables: { 'aws:CurrentTime': at },
    },
  }, {})
  if (outcome.resultType === 'error') throw new Error(JSON.stringify(outcome.errors))
  verdicts.push(outcome.overallResult)
}
process.stdout.write(JSON.stringify(verdicts))
