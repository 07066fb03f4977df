// Holds calls to GitHub's REST API, and their answers, against GitHub's own description of it, and queries of its GraphQL
// API against its schema.
//
// In: {"exchanges": [{method, path, query, version, body, status, content_type, answer}]}.
// Out: {"problems": [text], "wrong": [index of an exchange], "seen": ["GET /user", …]}. Besides what the schemas refuse, a member that no schema names is a
// problem too: misspelling an optional member must not go unseen.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isDeepStrictEqual } from 'node:util'

const require = createRequire(`${process.env.JIT_PEERS}/node/`)
const Ajv = require('ajv').default
const addFormats = require('ajv-formats').default
const description = require('@octokit/openapi/generated/api.github.com.deref.json')

const graphql = require('graphql')
// The package exports its schema to modules alone, and together with a copy of it in another form.
const schemaFile = `${process.env.JIT_PEERS}/node/node_modules/@octokit/graphql-schema/schema.graphql`
// GitHub's own schema names two fields twice.
const schemaOfGraph = graphql.buildSchema(readFileSync(schemaFile, 'utf8'), { assumeValidSDL: true })

const { exchanges } = JSON.parse(readFileSync(0, 'utf8'))
const ajv = new Ajv({ strict: false, allErrors: false, logger: false })
addFormats(ajv)

const spans = new Set(['path', 'ref', 'basehead', 'branch'])
const pattern = (template) =>
  new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)\}/g, (_, name) => (spans.has(name) ? '.+' : '[^/]+'))}$`)
const templates = Object.keys(description.paths)
  .map((template) => ({ template, matches: pattern(template), literal: template.replace(/\{\w+\}/g, '').length }))
  .sort((one, other) => other.literal - one.literal)

// What changes with a newer version is written beside what it changes: as a JSON Patch (RFC 6902) or a merge patch (RFC 7396).
function patched(node, version) {
  let whole = node
  for (const { patch, version: from } of node['x-github-breaking-changes'] ?? []) {
    if (version < from) continue
    whole = structuredClone(whole)
    if (Array.isArray(patch)) {
      for (const { op, path, value } of patch) {
        const keys = path.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
        const last = keys.pop()
        const place = keys.reduce((inner, key) => inner[key], whole)
        if (op === 'remove') delete place[last]
        else place[last] = value
      }
    } else {
      merge(whole, patch)
    }
  }
  return whole
}

function merge(target, patch) {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete target[key]
    else if (value && typeof value === 'object' && !Array.isArray(value) && target[key]) merge(target[key], value)
    else target[key] = value
  }
}

// A schema of OpenAPI 3.0 as JSON Schema: `nullable` lets null through wherever it stands, with or without a type; and the
// branches of a `oneOf` overlap here (every error fits two of them), so that one or more must fit.
function schema(node, version) {
  if (Array.isArray(node)) return node.map((inner) => schema(inner, version))
  if (!node || typeof node !== 'object') return node
  const { nullable, example, examples, discriminator, 'x-github-breaking-changes': _, ...rest } = patched(node, version)
  let inner = {}
  let overlapping
  for (const [key, value] of Object.entries(rest)) {
    if (key === 'oneOf') {
      overlapping = { anyOf: schema(value, version) }
    } else if (key === 'properties') {
      inner[key] = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, schema(member, version)]))
    } else if (key === 'enum' || key === 'required' || key === 'default') {
      inner[key] = value
    } else {
      inner[key] = schema(value, version)
    }
  }
  if (overlapping) inner = { allOf: [inner, overlapping] }
  return nullable ? { anyOf: [{ type: 'null' }, inner] } : inner
}

const compiled = new Map()
function prepared(key, node, version) {
  const name = `${version} ${key}`
  if (!compiled.has(name)) {
    const whole = schema(node, version)
    compiled.set(name, { whole, check: ajv.compile(whole) })
  }
  return compiled.get(name)
}

// Every schema that may speak of a value: all branches together.
function branches(nodes) {
  return nodes.flatMap((node) => [node, ...branches([...(node.allOf ?? []), ...(node.anyOf ?? []), ...(node.oneOf ?? [])])])
}

function undescribed(nodes, value, place) {
  const all = branches(nodes.filter(Boolean))
  if (Array.isArray(value)) {
    const items = all.map((node) => node.items).filter(Boolean)
    return items.length ? value.flatMap((item, index) => undescribed(items, item, `${place}/${index}`)) : []
  }
  if (!value || typeof value !== 'object') return []
  const described = all.filter((node) => node.properties)
  const open = all.some((node) => node.additionalProperties || (node.type === 'object' && !node.properties))
  if (!described.length || open) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = described.map((node) => node.properties[name]).filter(Boolean)
    return inner.length ? undescribed(inner, member, `${place}/${name}`) : [`${place}/${name}`]
  })
}

// What GitHub answers although its description says so only of other places, or only in words.
const answered = [
  /\/user_view_type$/, /\/verification\/verified_at$/, /\/can_admins_bypass$/,
  /^\/requested_teams\/\d+\/(type|organization_id|parent)$/, /^\/status$/,
]

function judge(key, node, value, version) {
  const { whole, check } = prepared(key, node, version)
  const problems = check(value) ? [] : [ajv.errorsText(check.errors)]
  const places = undescribed([whole], value, '').filter((place) => !answered.some((known) => known.test(place)))
  return [...problems, ...places.map((place) => `${place} is described nowhere`)]
}

// What every refusal looks like that an operation does not describe itself.
const text = { type: 'string' }
const refusal = { type: 'object', required: ['message'], properties: { message: text, documentation_url: text, status: text, url: text, errors: {} } }

// The type of an answer's object behind an interface: the one that it names, or else the one that the query expects.
function typeOf(value, _context, info, abstract) {
  if (value.__typename) return value.__typename
  const asked = info.fieldNodes.flatMap((node) => node.selectionSet.selections)
  const named = asked.map((selection) => selection.typeCondition?.name.value)
  const possible = schemaOfGraph.getPossibleTypes(abstract).map((type) => type.name)
  return named.find((name) => possible.includes(name)) ?? possible[0]
}

// The problems of a query with its variables, and of its answer: the answer is executed as if it were GitHub's data, and
// must come out as it went in.
function judgeQuery({ query, variables, ...rest }, answer) {
  const strange = Object.keys(rest).map((name) => `body: ${name} is described nowhere`)
  const { data, errors, ...more } = answer ?? {}
  strange.push(...Object.keys(more).map((name) => `answer: ${name} is described nowhere`))
  for (const error of errors ?? []) {
    if (typeof error.message !== 'string') strange.push('answer: an error has no message')
  }
  // A query that was refused as a whole may well have been wrong.
  if (errors && data === undefined) return strange
  const document = graphql.parse(query)
  const invalid = graphql.validate(schemaOfGraph, document)
  if (invalid.length) return [...strange, ...invalid.map((error) => error.message)]
  const rootValue = structuredClone(data)
  const fieldResolver = (source, _arguments, _context, info) => source[info.path.key]
  const result = graphql.executeSync({
    schema: schemaOfGraph, document, rootValue, variableValues: variables, fieldResolver, typeResolver: typeOf,
  })
  strange.push(...(result.errors ?? []).map((error) => `${error.path?.join('/') ?? 'variables'}: ${error.message}`))
  const plain = JSON.parse(JSON.stringify(result.data ?? null))
  if (!result.errors && !isDeepStrictEqual(plain, data)) strange.push('answer: it has other members than the query asks for')
  return strange
}

const seen = new Set()
const problems = []
const wrong = new Set()
for (const [index, exchange] of exchanges.entries()) {
  const { method, path, query, version, body, status, answer } = exchange
  const say = (text) => {
    wrong.add(index)
    problems.push(`${method} ${path} ${status} (${version}): ${text}`)
  }
  if (method === 'POST' && path === '/graphql') {
    seen.add('POST /graphql')
    const judged = status === 200 ? judgeQuery(body, answer) : judge('refusal', refusal, answer, version)
    for (const problem of judged) say(problem)
    continue
  }
  const found = templates.find(({ template, matches }) => matches.test(path) && description.paths[template][method.toLowerCase()])
  if (!found) {
    say('no such operation')
    continue
  }
  const operation = patched(description.paths[found.template][method.toLowerCase()], version)
  const key = `${method} ${found.template}`
  seen.add(key)
  const refused = status >= 400
  const known = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query')
  for (const [name, value] of Object.entries(query)) {
    const parameter = known.find((candidate) => candidate.name === name)
    if (!parameter) {
      say(`the query has no ${name}`)
      continue
    }
    const type = parameter.schema?.type
    const given = type === 'integer' ? Number(value) : type === 'boolean' ? value === 'true' : value
    // `created` takes a range, for all that its format is that of an instant.
    const wanted = name === 'created' ? { type } : (parameter.schema ?? {})
    for (const problem of judge(`${key}?${name}`, wanted, given, version)) say(`query ${name}: ${problem}`)
  }
  // A call that was refused may well have been wrong.
  if (!refused) {
    const wanted = operation.requestBody?.content?.['application/json']?.schema
    if (body !== null && !wanted) say('it takes no body')
    if (body === null && operation.requestBody?.required) say('it needs a body')
    if (body !== null && wanted) for (const problem of judge(`${key} body`, wanted, body, version)) say(`body: ${problem}`)
  }
  const response = operation.responses[status]
  if (!response) {
    if (!refused && status !== 304) say(`it never answers ${status}`)
    if (refused) for (const problem of judge('refusal', refusal, answer, version)) say(problem)
    continue
  }
  const media = Object.entries(response.content ?? {}).find(([type]) => type === 'application/json')
  if (media?.[1].schema && exchange.content_type.startsWith('application/json')) {
    for (const problem of judge(`${key} ${status}`, media[1].schema, answer, version)) say(`answer: ${problem}`)
  } else if (media && answer === null && !refused) {
    say('the answer has no document')
  } else if (!response.content && answer !== null && !refused) {
    say('the answer should have no document')
  }
}
process.stdout.write(JSON.stringify({ problems: [...new Set(problems)], wrong: [...wrong], seen: [...seen].sort() }))
