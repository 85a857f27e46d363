/*
 * A hostile server of the modern era behind the gateway, seen by SDK v2.
 */

import assert from 'node:assert/strict';
import { githubToken } from '../../tools/demo/secrets.mjs';
import { ATTACKS, INJECTION } from './fixtures/hostile.mjs';
import { MODERN, connectV2, logged, verdictOf } from './lib/clients.mjs';
import { modern, post } from './lib/raw.mjs';
import { startFixture } from './lib/servers.mjs';
import { guarded, quiet, withGateway } from './lib/suite.mjs';

const SECRET = githubToken();
const ALL_REDACTED = /\[redacted:[^\]]*\]/g;
const REDACTED = /\[redacted:[a-z0-9-]+(:[0-9a-f]+)?\]/;

let server;

const gateway = withGateway(async () => {
    server = await startFixture('hostile-modern', { MCP_SECRET: SECRET });

    const poisoned = await startFixture('hostile-modern',
                                        { MCP_INSTRUCTIONS: INJECTION });

    return {
        name: 'attacks-modern',
        locations: [
            { path: '/mcp', to: server.origin,
              mcp: ['mcp_tool deny delete_*'] },
            { path: '= /rpc', to: `${server.origin}/mcp`,
              mcp: ['mcp_blocked_response rpc_error'] },
            { path: '= /instructions', to: `${poisoned.origin}/mcp` },
            { path: '= /legacy-only', to: `${server.origin}/mcp`,
              mcp: ['mcp_era legacy'] },
        ],
    };
});

const connect = (path = '/mcp') =>
    gateway.keep(connectV2(gateway.url(path), MODERN));

const call = ({ client }, name, args = {}, more = {}) =>
    client.callTool({ name, arguments: args, ...more });

const raw = (method, params, path = '/mcp', capabilities) => {
    const { headers, message } = modern(method, params, 1, capabilities);

    return post(gateway.url(path), message, headers);
};

function assertBlocked(result)
{
    const verdict = verdictOf(result);

    assert.equal(result.isError, true);
    assert.equal(verdict.code, -31001);
    assert.equal(verdict.reason, 'rule');
    assert.match(verdict.rule, /^[a-z0-9-]+$/);
    assert.equal(result.content.length, 1);
    assert.doesNotMatch(JSON.stringify(result),
                        /ignore all|id_rsa|attacker|shadow|169\.254/i);
}

async function assertUsable(c)
{
    assert.equal((await call(c, 'say', { text: 'hello' })).content[0].text,
                 'You said: hello');
}

guarded('attacks in arguments do not reach the server', async () => {
    const c = await connect();

    for (const [name, args] of ATTACKS) {
        assertBlocked(await call(c, name, args));
        assert.doesNotMatch(server.output(), new RegExp(`called ${name}\\b`));
    }

    assertBlocked(await call(c, 'say', { text: `see ${SECRET}` }));
    await assertUsable(c);
});

guarded('a blocked result is complete on the wire', async () => {
    for (const [name, args] of [ATTACKS[0], ['read_page', {}]]) {
        const { status, messages } =
            await raw('tools/call', { name, arguments: args });

        assert.equal(status, 200);
        assert.equal(messages[0].id, 1);
        assert.equal(messages[0].result.resultType, 'complete');
        assertBlocked(messages[0].result);
    }
});

guarded('a denied tool does not exist', async () => {
    const c = await connect();
    const { tools } = await c.client.listTools();

    assert.ok(tools.some((t) => t.name === 'say'));
    assert.ok(!tools.some((t) => t.name === 'delete_everything'));

    await assert.rejects(call(c, 'delete_everything'), (err) => {
        assert.equal(err.code, -32602);
        assert.match(err.message, /Unknown tool/);
        return true;
    });

    assert.doesNotMatch(server.output(), /called delete_everything/);
});

guarded('a poisoned tool is withheld, and the list is for nobody else',
    async () => {
        const { messages } = await raw('tools/list', {});
        const { tools, cacheScope, ttlMs } = messages[0].result;
        const names = tools.map((t) => t.name);

        assert.ok(!names.includes('add_numbers'));
        assert.ok(names.includes('show_config'));
        assert.equal(cacheScope, 'private');
        assert.equal(typeof ttlMs, 'number');
    });

guarded('a secret is cut out of a result, all else is intact', async () => {
    const { headers, message } = modern('tools/call',
        { name: 'show_config', arguments: {} });
    const direct = await post(`${server.origin}/mcp`, message, headers);
    const through = await post(gateway.url(), message, headers);

    assert.ok(direct.body.includes(SECRET));
    assert.ok(!through.body.includes(SECRET));
    assert.equal(through.body.replaceAll(ALL_REDACTED, SECRET), direct.body);

    const length = through.headers.get('content-length');

    assert.ok(length === null
              || Number(length) === Buffer.byteLength(through.body));
});

guarded('a result that gives orders is replaced', async () => {
    const c = await connect();

    assertBlocked(await call(c, 'read_page'));
    assertBlocked(await call(c, 'fail_badly'));
    await assertUsable(c);
});

guarded('resources and prompts are judged like results', async () => {
    const c = await connect();
    const refused = (err) => {
        assert.equal(err.code, -31001);
        assert.equal(err.data.reason, 'rule');
        return true;
    };

    await assert.rejects(c.client.readResource({ uri: 'hostile://note' }),
                         refused);
    await assert.rejects(c.client.getPrompt({ name: 'review' }), refused);

    assert.equal((await c.client.readResource({ uri: 'hostile://clean' }))
                     .contents[0].text, 'Nothing to see here.');
});

guarded('a question that phishes is replaced, an honest one passes',
    async () => {
        const c = await connect();

        assertBlocked(await call(c, 'ask_password'));
        assert.deepEqual(c.seen.asked, []);

        assert.equal((await call(c, 'ask_name')).content[0].text,
                     'answer: accept');
        assert.equal(c.seen.asked.length, 1);
    });

guarded('a blocked event leaves the stream usable', async () => {
    const c = await connect();
    const level = {
        _meta: { 'io.modelcontextprotocol/logLevel': 'info' },
    };

    assert.equal((await call(c, 'chat', {}, level)).content[0].text,
                 'done talking');
    assert.deepEqual(logged(c.seen), ['first', 'third']);

    await call(c, 'chat_secret', {}, level);

    const data = logged(c.seen).at(-1);

    assert.equal(data.step, 1);
    assert.match(data.token, REDACTED);
    assert.equal(data.note, 'after the token');
});

guarded('mcp_blocked_response rpc_error', async () => {
    const c = await connect('/rpc');

    for (const [name, args] of [...ATTACKS, ['read_page', {}]]) {
        await assert.rejects(call(c, name, args), (err) => {
            assert.equal(err.code, -31001);
            assert.equal(err.data.reason, 'rule');
            return true;
        });
    }
});

guarded('poisoned instructions of server/discover become a notice',
    async () => {
        const { client } = await connect('/instructions');

        assert.match(client.getInstructions(), /withheld/);
        assert.doesNotMatch(client.getInstructions(), /id_rsa|attacker/);
    });

guarded('mcp_era legacy: a client that asks first falls back', async () => {
    const { client } = await gateway.keep(
        connectV2(gateway.url('/legacy-only'), 'auto'));

    assert.equal(client.getProtocolEra(), 'legacy');
    await assertUsable({ client });
});

guarded('headers that disagree with the body are refused', async () => {
    const { headers, message } = modern('tools/call',
        { name: 'delete_everything', arguments: {} });
    const { status, messages } = await post(gateway.url(), message,
        { ...headers, 'Mcp-Name': 'say' });

    assert.equal(status, 400);
    assert.equal(messages[0].error.code, -32020);
    assert.equal(messages[0].id, 1);
    assert.doesNotMatch(server.output(), /called delete_everything/);
});

quiet(gateway);
