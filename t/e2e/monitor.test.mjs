/*
 * mcp_mode monitor: whatever passes, in either direction, passes byte for
 * byte, and the audit log tells what enforce would have done.
 */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { githubToken } from '../../tools/demo/secrets.mjs';
import { ATTACKS, INJECTION, POISON } from './fixtures/hostile.mjs';
import { WORK, sleep } from './lib/proc.mjs';
import { startFixture } from './lib/servers.mjs';
import { guarded, quiet, withGateway } from './lib/suite.mjs';

const SECRET = githubToken();
const JSON_TYPE = 'application/json';
const SSE_TYPE = 'text/event-stream';

const bytes = (s) => Buffer.from(s, 'utf8').toString('latin1');

const log = (data) => JSON.stringify({
    jsonrpc: '2.0', method: 'notifications/message',
    params: { level: 'info', data },
});

/* answers that enforce would change, refuse or not even read */
const ANSWERS = {
    secret: {
        type: JSON_TYPE,
        body: bytes(`{ "jsonrpc" : "2.0",\r\n "id":1 ,"result":{"content":[ `
            + `{"type":"text","text":"k=${SECRET} \\u00e9 \u00e9 \\/"}],`
            + `"n":[1.50,1e2,-0,12345678901234567890]}}\n`),
    },
    injected: {
        type: JSON_TYPE,
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, result: {
            content: [{ type: 'text', text: INJECTION }] } }),
    },
    poisoned: {
        type: JSON_TYPE,
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, result: {
            tools: [{ name: 'bad', description: POISON,
                      inputSchema: { type: 'object' } }] } }),
    },
    duplicate: { type: JSON_TYPE,
                 body: '{"jsonrpc":"2.0","id":1,"result":{},"result":{}}' },
    broken: { type: JSON_TYPE, body: '{"jsonrpc":"2.0","id":1,"result":{' },
    html: { type: 'text/html', body: '<p>not MCP at all</p>' },
    events: {
        type: SSE_TYPE,
        body: [
            `: hello\n\nid: 7\nretry: 900\ndata: \n\n`,
            `event: message\r\nid: 8\r\ndata: ${log(INJECTION)}\r\n\r\n`,
            bytes(`event: other\ndata:${log(SECRET)}\nx: y\n\n`),
            `data: {"jsonrpc":"2.0","id":1,\ndata: "result":{"content":[]}}`,
            `\n\n`, `data: unfinished`,
        ],
    },
};

/* requests that enforce would refuse */
const REQUESTS = [
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: {
        name: ATTACKS[0][0], arguments: ATTACKS[0][1] } }),
    '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}',
    '{"jsonrpc":"2.0","id":1,"method":"ping"} trailing',
    'not json',
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say",`
        + `"arguments":{"text":"${SECRET}"}}}`,
];

let server;

const gateway = withGateway(async () => {
    const file = path.join(WORK, 'run', 'monitor-answers.json');

    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(ANSWERS));
    server = await startFixture('canned', { MCP_ANSWERS: file });

    return {
        name: 'monitor',
        locations: [
            { path: '/', to: server.origin, mcp: ['mcp_mode monitor'] },
        ],
    };
});

async function bytesFrom(origin, name, body)
{
    const response = await fetch(`${origin}/${name}`, {
        method: 'POST', body,
        headers: { 'Content-Type': JSON_TYPE,
                   'Accept': `${JSON_TYPE}, ${SSE_TYPE}` },
    });

    return {
        status: response.status,
        type: response.headers.get('content-type'),
        body: Buffer.from(await response.arrayBuffer()).toString('latin1'),
    };
}

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const origin = () => `http://127.0.0.1:${gateway.port}`;

for (const name of Object.keys(ANSWERS)) {
    guarded(`an answer passes byte for byte: ${name}`, async () => {
        const direct = await bytesFrom(server.origin, name, PING);
        const through = await bytesFrom(origin(), name, PING);

        assert.equal(direct.body, [ANSWERS[name].body].flat().join(''));
        assert.deepEqual(through, direct);
    });
}

guarded('requests pass byte for byte', async () => {
    for (const request of REQUESTS) {
        await bytesFrom(origin(), 'html', request);

        const seen = server.output().trim().split('\n').map((l) =>
            JSON.parse(l)).at(-1);

        assert.equal(seen.body, bytes(request));
    }
});

guarded('the logs tell what enforce would have done', async () => {
    await bytesFrom(origin(), 'secret', REQUESTS[0]);
    await bytesFrom(origin(), 'secret', PING);
    await sleep(100);

    const verdicts = gateway.accesses().map((a) => a.verdict);

    assert.deepEqual(verdicts.slice(-2), ['block', 'redact']);
    assert.ok(!gateway.raw('audit.log').includes(SECRET));
    assert.ok(gateway.audits().some((a) => JSON.stringify(a)
                                               .includes('monitor')));
});

quiet(gateway);
