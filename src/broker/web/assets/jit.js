// The approval page's one script. It builds the statement that a person signs from the request's bytes. The words that they read are
// derived from the same bytes by the rules of src/grant/statement/shown.rs. Cases in tests/fixtures/web hold both.

const utf8 = new TextEncoder();
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{2800}\u{3164}\u{ffa0}\u{fe00}-\u{fe0f}\u{e0100}-\u{e01ef}]/u;
const CONTEXTUAL = /[\u200c\u200d\ufe0e\ufe0f]/u;
const CARRIES_NOTHING = /[\u{ad}\u{34f}\u{180b}-\u{180d}\u{180f}\u{200b}\u{2060}-\u{2064}\u{fe00}-\u{fe0d}\u{feff}\u{e0100}-\u{e01ef}]/gu;
// Canonical combining class 9.
const VIRAMA = /[\u{94d}\u{9cd}\u{a4d}\u{acd}\u{b4d}\u{bcd}\u{c4d}\u{ccd}\u{d3b}\u{d3c}\u{d4d}\u{dca}\u{e3a}\u{eba}\u{f84}\u{1039}\u{103a}\u{1714}\u{1715}\u{1734}\u{17d2}\u{1a60}\u{1b44}\u{1baa}\u{1bab}\u{1bf2}\u{1bf3}\u{2d7f}\u{a806}\u{a82c}\u{a8c4}\u{a953}\u{a9c0}\u{aaf6}\u{abed}\u{10a3f}\u{11046}\u{11070}\u{1107f}\u{110b9}\u{11133}\u{11134}\u{111c0}\u{11235}\u{112ea}\u{1134d}\u{11442}\u{114c2}\u{115bf}\u{1163f}\u{116b6}\u{1172b}\u{11839}\u{1193d}\u{1193e}\u{119e0}\u{11a34}\u{11a47}\u{11a99}\u{11c3f}\u{11d44}\u{11d45}\u{11d97}\u{11f41}\u{11f42}]/u;
const JOINING = /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Mandaic}\p{Script=Phags_Pa}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}]/u;
// Letters of these scripts that join to nothing on their left, and to nothing at all.
const ENDS = /[\u{621}-\u{625}\u{627}\u{629}\u{62f}-\u{632}\u{648}\u{671}-\u{677}\u{688}-\u{699}\u{6c0}\u{6c3}-\u{6cb}\u{6cd}\u{6cf}\u{6d2}\u{6d3}\u{6d5}\u{6dd}\u{6ee}\u{6ef}]/u;
const APART = /[\u{621}\u{674}\u{6dd}]/u;
const MAX_TEXT = 1024;
const MAX_SECONDS = 31 * 86400;
const OTHER_SCOPE = 'the policy now has another scope of this name, or none: the requester has to ask again';

// RFC 8785 over a flat object of strings.
export function canonical(members) {
  const pairs = Object.keys(members).sort().map((name) => `${JSON.stringify(name)}:${JSON.stringify(members[name])}`);
  return `{${pairs.join(',')}}`;
}

// A statement's members. Refuses bytes that are not in canonical form.
export function read(statement) {
  const members = JSON.parse(statement);
  const flat = members && typeof members === 'object' && !Array.isArray(members);
  if (!flat || Object.values(members).some((value) => typeof value !== 'string') || canonical(members) !== statement) {
    throw new Error('the request is not in canonical form');
  }
  return members;
}

async function digestOf(algorithm, text) {
  return new Uint8Array(await crypto.subtle.digest(algorithm, utf8.encode(text)));
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

// The first ten Crockford base32 characters of a digest.
export function requestId(digest) {
  let bits = BigInt(`0x${digest}`) >> 206n;
  let id = '';
  for (let place = 0; place < 10; place += 1, bits >>= 5n) {
    id = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[Number(bits & 31n)] + id;
  }
  return id;
}

export function spanText(seconds) {
  let text = '';
  let rest = seconds;
  for (const [unit, letter] of [[86400, 'd'], [3600, 'h'], [60, 'm'], [1, 's']]) {
    if (rest >= unit) {
      text += Math.floor(rest / unit) + letter;
      rest %= unit;
    }
  }
  return text;
}

// Seconds of a duration that a person typed. null if it is none.
export function readSpan(text) {
  const found = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (!text || !found) return null;
  const [days, hours, minutes, seconds] = found.slice(1).map((count) => Number(count ?? 0));
  const total = days * 86400 + hours * 3600 + minutes * 60 + seconds;
  return total >= 1 && total <= MAX_SECONDS ? total : null;
}

function target(text) {
  const [cloud, rest] = once(text, ':');
  const [arn, settings] = once(rest ?? '', '?');
  const place = `account ${arn.split(':')[4]}`;
  const name = (role) => role.slice(role.lastIndexOf('/') + 1);
  let way = '';
  if (cloud === 'aws') {
    const [own, hub] = once(settings ?? '', '&via=');
    const [region, endpoint] = once(own, '&endpoint_url=');
    if (hub !== undefined) way += `, through ${name(hub)}`;
    if (endpoint !== undefined) way += `, region ${region.slice('region='.length)} at ${endpoint}`;
  } else if (cloud !== 'sandbox') {
    throw new Error(`this page does not know the cloud ${cloud}`);
  }
  return `role ${name(arn)} in ${place} (${cloud}${way})`;
}

function once(text, mark) {
  const place = text.indexOf(mark);
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + mark.length)];
}

function sanitise(text) {
  return Array.from(text, (letter) => (
    HIDDEN.test(letter) && !CONTEXTUAL.test(letter) ? `\\u{${letter.codePointAt(0).toString(16)}}` : letter
  )).join('');
}

const prose = (text) => sanitise(text).replace(/\p{White_Space}{2,}/gu, ' ');

export function pretty(document) {
  return JSON.stringify(JSON.parse(document), null, 2).split('\n').map(sanitise).join('\n');
}

export function what(asked) {
  return asked.scope === undefined ? asked.role : `${asked.role}/${asked.scope}`;
}

// A word for bash: bare, quoted, or with all that is not visible ASCII as an escape. As `shown` in src/grant/purpose.rs.
function word(text) {
  if (/^[A-Za-z0-9_\-./=:,@%+]+$/.test(text)) return text;
  if (/^[ -~]*$/.test(text) && !/^ |  | $|'/.test(text)) return `'${text}'`;
  const escaped = [...text].map((letter, at, all) => {
    if (letter === ' ' && (at === 0 || all[at - 1] === ' ' || at === all.length - 1)) return '\\x20';
    if (letter === "'" || letter === '\\') return `\\${letter}`;
    if (/^[ -~]$/.test(letter)) return letter;
    if (letter === '\n') return '\\n';
    if (letter === '\t') return '\\t';
    const code = letter.codePointAt(0);
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `$'${escaped.join('')}'`;
}

// The words of an approval for at most this many seconds, and this scope.
export function approvedAs(asked, seconds, scope) {
  const whole = Number(asked.duration);
  const lasts = seconds === null ? whole : Math.min(seconds, whole);
  const of = asked.scope === undefined && scope ? `${asked.role}/${scope} (asked: the whole role)` : what(asked);
  const more = asked.kind === 'extend' ? 'more time of ' : '';
  const less = lasts < whole ? ` (asked ${spanText(whole)})` : '';
  return `${more}${of} for ${asked.who}, ${spanText(lasts)}${less}`;
}

const VERBS = { request: 'asks for', extend: 'asks for more time for', 'break-glass': 'broke the glass for' };

// The facts that a reviewer reads, each with its label, and the digest that they sign.
export async function facts(statement, document) {
  const asked = read(statement);
  if (!(asked.kind in VERBS)) throw new Error('this is no request');
  const digest = hex(await digestOf('SHA-256', statement));
  const list = [['asks', `${asked.who} ${VERBS[asked.kind]} ${what(asked)}`], ['opens', target(asked.target)]];
  if (asked.scope !== undefined) {
    const same = document !== null && hex(await digestOf('SHA-256', document)) === asked.scope_sha256;
    list.push(['scope', asked.scope], ['allows', same ? pretty(document) : OTHER_SCOPE]);
  }
  list.push(['for', spanText(Number(asked.duration)) + (asked.kind === 'extend' ? ' more' : '')]);
  if (asked.kind === 'extend') list.push(['extends', `request ${requestId(asked.extends)}`]);
  if (asked.start !== undefined) list.push(['from', `${asked.start.slice(0, 10)} ${asked.start.slice(11, 16)} UTC`]);
  list.push(['reason', asked.reason === '' ? '(none given)' : prose(asked.reason)]);
  if (asked.command !== undefined) {
    list.push(['runs', JSON.parse(asked.command).map(word).join(' ')], ['program', asked.program_sha256]);
    list.push(['folder', word(asked.folder)]);
    if (asked.files !== undefined) {
      const files = JSON.parse(asked.files).map(([path, digest]) => `${word(path)} ${digest}`);
      list.push(['files', files.join(', ')]);
    }
    if (asked.plan_sha256 !== undefined) list.push(['plan', asked.plan_sha256]);
    if (asked.commit !== undefined) list.push(['commit', asked.commit]);
  }
  if (asked.agent === 'true') list.push(['agent', 'a coding agent asks, as its client claims']);
  if (asked.repository_id !== undefined) {
    list.push(['run', prose(`commit ${asked.sha.slice(0, 12)} of ${asked.ref}, run ${asked.run_id} of ${asked.workflow_ref}, in repository ${asked.repository_id}`)]);
  }
  if (asked.job !== undefined) {
    list.push(['run', prose(asked.job)]);
  }
  list.push(['request', requestId(digest)], ['digest', digest]);
  return { asked, digest, list };
}

const shorten = (text) => text.replace(/\p{White_Space}+/gu, (run) => (
  run.length > 2 || /[^\p{Zs}]/u.test(run) ? ' ' : run
));

function fits(before, letter, after) {
  const last = before.at(-1) ?? '';
  if (letter === '\u200c' || letter === '\u200d') {
    if (VIRAMA.test(last)) return true;
  }
  if (letter === '\u200c') {
    const bare = (other) => !/\p{M}/u.test(other);
    const left = before.filter(bare).at(-1) ?? '';
    const right = after.find(bare) ?? '';
    return JOINING.test(left) && !ENDS.test(left) && JOINING.test(right) && !APART.test(right);
  }
  if (letter === '\u200d') {
    const base = last === '\ufe0f' || /\p{Emoji_Modifier}/u.test(last) ? before.at(-2) ?? '' : last;
    return /\p{Extended_Pictographic}/u.test(base) && /\p{Extended_Pictographic}/u.test(after[0] ?? '');
  }
  const ascii = last <= '\u007f';
  return /\p{Emoji}/u.test(last) && (!ascii || (letter === '\ufe0f' && after[0] === '\u20e3'));
}

// A typed comment in the form that is signed.
export function normalise(text) {
  const letters = Array.from(shorten(text.replace(CARRIES_NOTHING, '')).normalize('NFC'));
  const placed = [];
  letters.forEach((letter, place) => {
    if (!CONTEXTUAL.test(letter) || fits(placed, letter, letters.slice(place + 1))) placed.push(letter);
  });
  return shorten(placed.join('').normalize('NFC').trim());
}

function check(comment) {
  const hidden = Array.from(comment).find((letter) => HIDDEN.test(letter) && !CONTEXTUAL.test(letter));
  if (hidden) throw new Error('The comment has a character that cannot be seen. Type it anew.');
  if (utf8.encode(comment).length > MAX_TEXT) throw new Error(`The comment is too long: at most ${MAX_TEXT} bytes.`);
}

// The canonical bytes of a review. `seconds` and `scope` are ceilings, or null.
export function review({ authority, who, at, nonce, request, verdict, comment, seconds, scope }) {
  const members = { v: '1', kind: 'review', authority, who, at, nonce, request, verdict, comment };
  if (seconds !== null) members.duration = String(seconds);
  if (scope !== null) members.scope = scope;
  return canonical(members);
}

// The bytes that an SSH key signs for this message (PROTOCOL.sshsig), which are the WebAuthn challenge.
export async function challenge(namespace, message) {
  const parts = [namespace, '', 'sha512'].map((text) => utf8.encode(text));
  parts.push(await digestOf('SHA-512', message));
  const blob = [...utf8.encode('SSHSIG')];
  for (const part of parts) blob.push(0, 0, part.length >> 8, part.length & 255, ...part);
  return new Uint8Array(blob);
}

function toBase64(buffer) {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

async function send(path, body) {
  const answer = await fetch(path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), credentials: 'same-origin',
  }).catch(() => { throw new Error('The broker cannot be reached. Nothing was sent that it answered; try again.'); });
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await answer.json().catch(() => ({}));
  const words = [problem.detail ?? `the broker answered ${answer.status}`, problem.hint].filter(Boolean);
  throw new Error(`${words.map((text) => text.charAt(0).toUpperCase() + text.slice(1)).join('. ')}.`);
}

function explain(error) {
  if (error.name === 'NotAllowedError') return 'No passkey was used: it was cancelled, took too long, or none fits this page.';
  if (error.name === 'InvalidStateError') return 'This device already has that passkey.';
  if (error.name === 'SecurityError') return 'The browser lets no passkey sign at this address.';
  return error.message;
}

const find = (id) => document.getElementById(id);

function say(id, text) {
  const place = find(id);
  place.textContent = text;
  if ('hidden' in place) place.hidden = text === '';
}

// Runs one action at a time, however often it is clicked.
let busy = false;
async function alone(form, status, action) {
  if (busy) return;
  busy = true;
  const buttons = form.querySelectorAll('button');
  buttons.forEach((button) => { button.disabled = true; });
  say('problem', '');
  find('status').textContent = status;
  try {
    await action();
  } catch (error) {
    find('status').textContent = '';
    say('problem', explain(error));
  } finally {
    busy = false;
    buttons.forEach((button) => { button.disabled = button.hidden; });
  }
}

// Shows the derived facts beside the button, or refuses where the server's words differ from the bytes.
async function prepare() {
  const request = find('request');
  if (!request) return;
  const { statement, id, authority, base, person } = request.dataset;
  const form = find('decision');
  try {
    const derived = await facts(statement, request.dataset.document ?? null);
    const shown = Array.from(request.querySelectorAll('[data-fact]'), (place) => [place.dataset.fact, place.textContent]);
    const own = `${location.origin}${base.slice(0, -'/web'.length)}`;
    const problem = JSON.stringify(shown) !== JSON.stringify(derived.list) ? 'the words on this page differ from the request'
      : requestId(derived.digest) !== id ? 'the request has another id'
        : derived.asked.authority !== authority || authority !== own ? 'the request is meant for another broker' : null;
    if (problem) throw new Error(problem);
    say('checked', 'Your browser derived these words from the signed request.');
    if (form) decide(form, request, derived, { authority, person });
  } catch (error) {
    request.classList.add('refused');
    say('checked', `Do not decide here: ${error.message}. Compare with jit show ${id}.`);
    form?.remove();
  }
}

function decide(form, request, derived, own) {
  const { asked, digest } = derived;
  const field = (id) => find(id)?.value.trim() ?? '';
  const narrowed = () => {
    const typed = field('duration');
    const seconds = typed === '' ? null : readSpan(typed);
    if (typed !== '' && seconds === null) throw new Error(`“${typed}” is no duration: write it like 30m, 1h or 1h30m.`);
    if (seconds !== null && seconds > Number(asked.duration)) throw new Error(`${typed} is more than the requested ${spanText(Number(asked.duration))}.`);
    return { seconds, scope: field('scope') || null };
  };
  const signs = () => {
    const place = find('signs');
    if (!place) return;
    let text;
    try {
      const less = narrowed();
      text = approvedAs(asked, less.seconds, less.scope);
      const option = find('scope')?.selectedOptions[0];
      say('narrowed', less.scope ? pretty(option.dataset.document) : '');
    } catch (error) {
      text = error.message;
    }
    place.textContent = text;
  };
  form.addEventListener('input', signs);
  form.querySelectorAll('.script').forEach((part) => { if (part.id !== 'narrowed') part.hidden = false; });
  signs();
  form.querySelectorAll('[data-verdict]').forEach((button) => button.addEventListener('click', () => {
    alone(form, 'Use your passkey.', async () => {
      const comment = normalise(find('comment').value);
      check(comment);
      const { verdict } = button.dataset;
      if (verdict === 'deny' && comment === '') throw new Error('A denial needs a comment, which the requester reads.');
      const statement = review({
        authority: own.authority,
        who: own.person,
        at: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
        nonce: toBase64(crypto.getRandomValues(new Uint8Array(32))),
        request: digest,
        verdict,
        comment,
        ...(verdict === 'approve' ? narrowed() : { seconds: null, scope: null }),
      });
      const { response } = await navigator.credentials.get({
        publicKey: {
          challenge: await challenge('jit.review.v1', statement), rpId: form.dataset.rp, userVerification: 'required', timeout: 120000,
        },
      });
      find('status').textContent = 'Sending.';
      await send(form.dataset.review, {
        token: form.dataset.token,
        statement,
        authenticator_data: toBase64(response.authenticatorData),
        client_data_json: toBase64(response.clientDataJSON),
        signature: toBase64(response.signature),
      });
      location.reload();
      await new Promise(() => {});
    });
  }));
  form.addEventListener('submit', (event) => {
    if (busy) event.preventDefault();
    busy = true;
  });
}

function register(form) {
  const { action, token, rp, person, authority } = form.dataset;
  form.querySelectorAll('.script').forEach((part) => { part.hidden = false; });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    alone(form, 'Follow your browser.', async () => {
      const { challenge: text } = await send(`${action}/challenge`, { token });
      const { response } = await navigator.credentials.create({
        publicKey: {
          challenge: fromBase64(text),
          rp: { id: rp, name: `jit at ${rp}` },
          user: { id: await digestOf('SHA-256', `${authority} ${person}`), name: person, displayName: `${person} at ${authority}` },
          pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
          authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
          attestation: 'none',
          timeout: 120000,
        },
      });
      const answer = await send(action, {
        token, challenge: text, attestation_object: toBase64(response.attestationObject), client_data_json: toBase64(response.clientDataJSON),
      });
      find('line').textContent = answer.line;
      find('pull').textContent = answer.pull;
      find('status').textContent = '';
      find('registered').hidden = false;
      find('next-step').focus();
    });
  });
  document.querySelectorAll('[data-copy]').forEach((button) => button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(find(button.dataset.copy).textContent);
    find('copied').textContent = 'Copied.';
  }));
}

function start() {
  document.querySelectorAll('time').forEach((place) => {
    place.title = place.textContent;
    place.textContent = new Date(place.dateTime).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  });
  find('sign-in')?.addEventListener('submit', (event) => {
    if (busy) event.preventDefault();
    busy = true;
    find('sign-in-status').textContent = 'Now answer the question in your terminal.';
  });
  const form = find('register');
  if (form) register(form);
  prepare();
  // A page that comes back says what is true now.
  const loaded = Date.now();
  const untouched = () => !busy && ['comment', 'duration', 'code'].every((id) => !find(id)?.value);
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && find('request') && untouched() && Date.now() - loaded > 20000) location.reload();
  });
}

start();
