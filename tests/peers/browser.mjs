// A browser with an authenticator of its own, driven by lines: one JSON command on standard input, one JSON answer on
// standard output. It ends with its input.

import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const require = createRequire(`${process.env.JIT_PEERS}/node/`)
const { chromium } = require('playwright-core')
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

const profile = mkdtempSync(join(tmpdir(), 'jit-browser-'))
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.JIT_CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  locale: 'en-GB',
  timezoneId: 'UTC',
  viewport: { width: 1280, height: 900 },
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
})
let page = browser.pages()[0] ?? await browser.newPage()
let wire
let errors = []
const elsewhere = new Set()

async function watch() {
  errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()) })
  page.on('request', (request) => elsewhere.add(new URL(request.url()).origin))
  wire = await browser.newCDPSession(page)
}
await watch()

const commands = {
  async open({ url }) {
    const answer = await page.goto(url)
    return { status: answer?.status(), url: page.url() }
  },
  async authenticator({ verified }) {
    await wire.send('WebAuthn.enable')
    const { authenticatorId } = await wire.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: verified ?? true,
        automaticPresenceSimulation: true,
      },
    })
    return { id: authenticatorId }
  },
  async verified({ id, yes }) {
    await wire.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: yes })
    return {}
  },
  async credentials({ id }) {
    return wire.send('WebAuthn.getCredentials', { authenticatorId: id })
  },
  async fill({ at, text }) {
    await page.locator(at).fill(text)
    return {}
  },
  async choose({ at, value }) {
    await page.locator(at).selectOption(value)
    return {}
  },
  async click({ at, twice }) {
    const began = Date.now()
    if (twice) await page.locator(at).dblclick()
    else await page.locator(at).click()
    return { began }
  },
  async press({ key }) {
    await page.keyboard.press(key)
    return {}
  },
  async type({ text }) {
    await page.keyboard.type(text)
    return {}
  },
  async focused() {
    return page.evaluate(() => {
      const place = document.activeElement
      const style = getComputedStyle(place)
      return { tag: place.tagName, id: place.id, text: place.textContent.trim().slice(0, 40), outline: style.outlineStyle }
    })
  },
  async wait({ at, text }) {
    const place = page.locator(at, text ? { hasText: text } : undefined).first()
    await place.waitFor({ state: 'visible', timeout: 20000 }).catch(async (error) => {
      throw new Error(`${error.message}\n${await page.locator('body').innerText()}`)
    })
    return { text: await place.innerText() }
  },
  async text({ at }) {
    return { text: await page.locator(at ?? 'body').innerText() }
  },
  async count({ at }) {
    return { count: await page.locator(at).count() }
  },
  async run({ script, value }) {
    return { value: await page.evaluate(`(${script})(${JSON.stringify(value ?? null)})`) }
  },
  async back() {
    await page.goBack()
    return { url: page.url() }
  },
  async look({ dark, width, path }) {
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height: 900 })
    await page.screenshot({ path, fullPage: true })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    await page.evaluate(axe)
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
    return {
      wide,
      findings: violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(' | ').slice(0, 600)}`),
    }
  },
  async scripts({ on }) {
    await wire.send('Emulation.setScriptExecutionDisabled', { value: !on })
    return {}
  },
  async faults() {
    return { errors, elsewhere: [...elsewhere] }
  },
  async cookies() {
    return { cookies: await browser.cookies() }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...rest } = JSON.parse(line)
  let answer
  try {
    answer = await commands[name](rest)
  } catch (error) {
    answer = { failed: String(error.stack ?? error) }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
await browser.close()
rmSync(profile, { recursive: true, force: true })
