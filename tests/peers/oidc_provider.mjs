// A certified OpenID provider on loopback: the npm package oidc-provider, with its own pages for signing in.
//
// node oidc_provider.mjs PORT. Besides the provider's own paths, tests post to /test/rotate (new signing keys; the old
// ones are withdrawn), to /test/groups (the groups of each person, as JSON) and to /test/nonce (from then on the device
// flow carries the nonce, as Keycloak's does; the package by itself drops it).
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { pathToFileURL } from 'node:url'

const require = createRequire(`${process.env.JIT_PEERS}/node/`)
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')))

const port = Number(process.argv[2])
const issuer = `http://127.0.0.1:${port}`
const cookies = [randomBytes(32).toString('hex')]
let groups = {}
let generation = 0
let carriesNonce = false
let current

// What the provider remembers. The package's own memory is a new one for each set of keys.
const memory = new Map()

class Adapter {
  constructor(kind) {
    this.kind = kind
  }

  at(id) {
    return `${this.kind}:${id}`
  }

  search(test) {
    return [...memory].find(([name, kept]) => name.startsWith(`${this.kind}:`) && test(kept))?.[1]
  }

  async upsert(id, payload) {
    memory.set(this.at(id), payload)
  }

  async find(id) {
    return memory.get(this.at(id))
  }

  async findByUserCode(code) {
    return this.search((kept) => kept.userCode === code)
  }

  async findByUid(uid) {
    return this.search((kept) => kept.uid === uid)
  }

  async consume(id) {
    memory.get(this.at(id)).consumed = Math.floor(Date.now() / 1000)
  }

  async destroy(id) {
    memory.delete(this.at(id))
  }

  async revokeByGrantId(grant) {
    for (const [name, kept] of memory) if (kept.grantId === grant) memory.delete(name)
  }
}

function start() {
  generation += 1
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  const provider = new Provider(issuer, {
    adapter: Adapter,
    clients: [
      {
        client_id: 'jit',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        // A native client on loopback may use any port (RFC 8252, section 7.3).
        redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/web/sign-in/oidc'],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      },
    ],
    jwks: { keys: [{ ...rsa, kid: `rsa-${generation}`, alg: 'RS256', use: 'sig' }] },
    cookies: { keys: cookies },
    features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true }, revocation: { enabled: true } },
    pkce: { required: () => true },
    claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    // Called just before a device code is kept as approved.
    expiresWithSession: async (_, code) => {
      if (carriesNonce && code.kind === 'DeviceCode') code.nonce = code.params.nonce
      return false
    },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, groups: groups[id] ?? [], email: `${id}@example.com`, email_verified: true }),
    }),
  })
  current = provider.callback()
}

start()
createServer((request, response) => {
  if (request.method !== 'POST' || !request.url.startsWith('/test/')) return current(request, response)
  let body = ''
  request.on('data', (part) => { body += part })
  request.on('end', () => {
    if (request.url === '/test/rotate') start()
    if (request.url === '/test/nonce') carriesNonce = true
    if (request.url === '/test/groups') groups = JSON.parse(body)
    response.writeHead(204).end()
  })
}).listen(port, '127.0.0.1')
