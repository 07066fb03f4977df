// Drives `jit mcp` with the protocol's own library for TypeScript, which also is what its inspector is made of. It checks the
// structured content of every result against the tool's schema.
//
// Usage: mcp_client.mjs JIT. Run it where node_modules are; nobody has asked for anything yet.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const require = createRequire(path.join(process.env.JIT_PEERS, 'node', 'package.json'));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { Client } = await load('@modelcontextprotocol/client');
const { StdioClientTransport } = await load('@modelcontextprotocol/client/stdio');

const client = new Client({ name: 'judge', version: '1' });
await client.connect(new StdioClientTransport({ command: process.argv[2], args: ['mcp'], env: { ...process.env } }));
assert.equal(client.getServerVersion().name, 'jit');
assert.match(client.getInstructions(), /cannot approve/);

const { tools } = await client.listTools();
assert.deepEqual(tools.map((tool) => tool.name), ['roles', 'request', 'status', 'wait', 'exec', 'end']);

const call = (name, args) => client.callTool({ name, arguments: args });
const roles = await call('roles', {});
assert.ok(roles.structuredContent.roles.some((role) => role.name === 'orders-admin'), JSON.stringify(roles));
assert.deepEqual((await call('status', {})).structuredContent, { requests: [], stale: false });

const none = await call('exec', { role: 'orders-admin', argv: ['true'] });
assert.equal(none.isError, true);
assert.equal(none.structuredContent.state, 'none');
await assert.rejects(call('approve', { request: '0123456789' }), (error) => error.code === -32602);

await client.close();
console.log('done');
