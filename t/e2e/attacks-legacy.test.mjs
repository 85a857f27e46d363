/*
 * A hostile server of the legacy era behind the gateway, seen by SDK v1 and
 * v2: what is bad is taken out, all else arrives, and the connection stays
 * usable.
 */

import assert from 'node:assert/strict';
import { githubToken } from '../../tools/demo/secrets.mjs';
import { ATTACKS, INJECTION, PHISHING, POISON } from './fixtures/hostile.mjs';
import { connectV1, connectV2, logged, recordingFetch, verdictOf }
    from './lib/clients.mjs';
import { sleep } from './lib/proc.mjs';
import { startEverything, startFixture } from './lib/servers.mjs';
import { guarded, quiet, withGateway } from './lib/suite.mjs';

const SECRET = githubToken();
const ALL_REDACTED = /\[redacted:[^\]]*\]/g;
const REDACTED = /\[redacted:[a-z0-9-]+(:[0-9a-f]+)?\]/;

let stream, json, old;

const gateway = withGateway(async () => {
    stream = await startFixture('hostile-legacy', { MCP_SECRET: SECRET });
    json = await startFixture('hostile-legacy',
                              { MCP_SECRET: SECRET, MCP_JSON: '1' });

    old = await startEverything('sse', { TOKEN: SECRET });

    const poisoned = await startFixture('hostile-legacy',
                                        { MCP_INSTRUCTIONS: INJECTION });

    return {
        name: 'attacks-legacy',
        locations: [
            { path: '= /stream', to: `${stream.origin}/mcp`,
              mcp: ['mcp_tool deny delete_*'] },
            { path: '= /json', to: `${json.origin}/mcp`,
              mcp: ['mcp_tool deny delete_*'] },
            { path: '= /sse', to: old.origin },
            { path: '= /message', to: old.origin },
            { path: '= /rpc', to: `${stream.origin}/mcp`,
              mcp: ['mcp_blocked_response rpc_error'] },
            { path: '= /instructions', to: `${poisoned.origin}/mcp` },
        ],
    };
});

const call = ({ client }, name, args = {}) =>
    client.callTool({ name, arguments: args });

/* a result of the gateway itself, in place of what the server said */
function assertBlocked(result)
{
    const verdict = verdictOf(result);

    assert.equal(result.isError, true);
    assert.equal(verdict.code, -31001);
    assert.equal(verdict.reason, 'rule');
    assert.match(verdict.rule, /^[a-z0-9-]+$/);
    assert.match(verdict.request, /^[0-9a-f]{32}$/);

    assert.equal(result.content.length, 1);
    assert.match(result.content[0].text, new RegExp(verdict.rule));
    assert.match(result.content[0].text, new RegExp(verdict.request));
    assert.doesNotMatch(JSON.stringify(result),
                        /ignore all|id_rsa|attacker|shadow|169\.254/i);
}

async function assertUsable(connection)
{
    const { content } = await call(connection, 'say', { text: 'hello' });

    assert.equal(content[0].text, 'You said: hello');
}

function refusals(label, connect, path, server)
{
    guarded(`${label}: attacks in arguments do not reach the server`,
        async () => {
            const c = await gateway.keep(connect(gateway.url(path)));

            for (const [name, args] of ATTACKS) {
                assertBlocked(await call(c, name, args));
                assert.doesNotMatch(server().output(),
                                    new RegExp(`called ${name}\\b`));
            }

            assertBlocked(await call(c, 'say', { text: `see ${SECRET}` }));
            await assertUsable(c);
        });

    guarded(`${label}: a denied tool does not exist`, async () => {
        const c = await gateway.keep(connect(gateway.url(path)));
        const names = (await c.client.listTools()).tools.map((t) => t.name);

        assert.ok(names.includes('say'));
        assert.ok(!names.includes('delete_everything'));

        await assert.rejects(call(c, 'delete_everything'), (err) => {
            assert.equal(err.code, -32602);
            assert.match(err.message, /Unknown tool/);
            return true;
        });

        assert.doesNotMatch(server().output(), /called delete_everything/);
        await assertUsable(c);
    });

    guarded(`${label}: a poisoned tool is withheld, the others stay`,
        async () => {
            const c = await gateway.keep(connect(gateway.url(path)));
            const { tools } = await c.client.listTools();
            const names = tools.map((t) => t.name);

            assert.ok(!names.includes('add_numbers'));
            assert.ok(names.includes('show_config'));
            assert.ok(names.includes('fail_badly'));
            assert.ok(!JSON.stringify(tools).includes('IMPORTANT'));
        });

    guarded(`${label}: a secret is cut out of a result, all else is intact`,
        async () => {
            const raw = [];
            const c = await gateway.keep(connect(gateway.url(path),
                { fetch: recordingFetch(raw) }));
            const result = await call(c, 'show_config');

            assert.notEqual(result.isError, true);
            assert.match(result.content[0].text, new RegExp(
                '^retries: 3\ntoken: \\[redacted:.*\\]\n'
                + 'motto: "ad astra" \u2728$'));
            assert.deepEqual(result.structuredContent.alpha,
                             [1.5, 0, 1e21, true, null]);
            assert.match(result.structuredContent.nested.token, REDACTED);

            /* byte for byte: put the secret back and compare with the server */
            const direct = [];
            const d = await gateway.keep(connect(
                new URL(`${server().origin}/mcp`),
                { fetch: recordingFetch(direct) }));

            await call(d, 'show_config');

            /* the JSON text of the answer, from a body or from an event */
            const bytes = (exchanges) => exchanges
                .flatMap((e) => e.text.split('\n'))
                .find((l) => l.includes('ad astra'))?.replace(/^data: /, '');

            const expected = bytes(direct);
            const seen = bytes(raw);

            assert.ok(expected.includes(SECRET));
            assert.ok(!seen.includes(SECRET));
            assert.equal(seen.replaceAll(ALL_REDACTED, SECRET), expected);
        });

    guarded(`${label}: a result that gives orders is replaced`, async () => {
        const c = await gateway.keep(connect(gateway.url(path)));

        assertBlocked(await call(c, 'read_page'));
        assertBlocked(await call(c, 'fail_badly'));
        await assertUsable(c);
    });

    guarded(`${label}: resources and prompts are judged like results`,
        async () => {
            const c = await gateway.keep(connect(gateway.url(path)));
            const refused = (err) => {
                assert.equal(err.code, -31001);
                assert.equal(err.data.reason, 'rule');
                assert.doesNotMatch(err.message, /id_rsa|attacker/);
                return true;
            };

            await assert.rejects(
                c.client.readResource({ uri: 'hostile://note' }), refused);
            await assert.rejects(
                c.client.getPrompt({ name: 'review' }), refused);

            const { contents } =
                await c.client.readResource({ uri: 'hostile://clean' });

            assert.equal(contents[0].text, 'Nothing to see here.');
        });
}

function conversations(label, connect)
{
    guarded(`${label}: a blocked event leaves the stream usable`, async () => {
        const c = await gateway.keep(connect(gateway.url('/stream')));
        const { content } = await call(c, 'chat');

        assert.equal(content[0].text, 'done talking');
        assert.deepEqual(logged(c.seen), ['first', 'third']);
    });

    guarded(`${label}: a secret is cut out of an event`, async () => {
        const c = await gateway.keep(connect(gateway.url('/stream')));

        await call(c, 'chat_secret');

        const [data] = logged(c.seen);

        assert.equal(data.step, 1);
        assert.match(data.token, REDACTED);
        assert.equal(data.note, 'after the token');
    });

    guarded(`${label}: the stream opened with GET is judged too`, async () => {
        const c = await gateway.keep(connect(gateway.url('/stream')));

        /* the client opens it after the handshake, on its own time */
        for (let i = 0; i < 50 && logged(c.seen).length === 0; i++) {
            await call(c, 'broadcast');
            await sleep(20);
        }

        assert.ok(logged(c.seen).includes('three'));
        assert.ok(logged(c.seen).every((d) => d === 'one' || d === 'three'),
                  JSON.stringify(logged(c.seen)));
        await assertUsable(c);
    });

    for (const [tool, method] of [['ask_password', 'elicitation/create'],
                                  ['ask_model', 'sampling/createMessage']])
    {
        guarded(`${label}: ${method} that is blocked gets an answer`,
            async () => {
                const c = await gateway.keep(connect(gateway.url('/stream')));
                const started = Date.now();
                const { content } = await call(c, tool);

                assert.equal(content[0].text, 'no answer: -32601');
                assert.ok(Date.now() - started < 3000);
                assert.ok(!c.seen.asked.some((a) => a.method === method));
                await assertUsable(c);
            });
    }

    guarded(`${label}: a stream that the server closes is resumed`,
        async () => {
            const c = await gateway.keep(connect(gateway.url('/stream')));
            const { content } = await call(c, 'chat_later');

            assert.equal(content[0].text, 'finished later');
            assert.deepEqual(logged(c.seen), ['before', 'after']);
            await assertUsable(c);
        });
}

const v1 = (url, options) => connectV1(url, options);
const v2 = (url, options) => connectV2(url, 'legacy', options);

refusals('SDK v1, stream', v1, '/stream', () => stream);
refusals('SDK v1, JSON', v1, '/json', () => json);
refusals('SDK v2, stream', v2, '/stream', () => stream);
refusals('SDK v2, JSON', v2, '/json', () => json);
conversations('SDK v1', v1);
conversations('SDK v2', v2);

guarded('mcp_blocked_response rpc_error: the host application reads it',
    async () => {
        const c = await gateway.keep(connectV1(gateway.url('/rpc')));

        for (const [name, args] of [...ATTACKS, ['read_page', {}]]) {
            await assert.rejects(call(c, name, args), (err) => {
                assert.equal(err.code, -31001);
                assert.equal(err.data.reason, 'rule');
                return true;
            });
        }

        await assertUsable(c);
    });

guarded('poisoned instructions become a notice', async () => {
    const { client } =
        await gateway.keep(connectV1(gateway.url('/instructions')));

    assert.match(client.getInstructions(), /withheld/);
    assert.doesNotMatch(client.getInstructions(), /id_rsa|attacker/);
    assert.ok((await client.listTools()).tools.length > 5);
});

guarded('HTTP+SSE of 2024-11-05: the stream is judged', async () => {
    const c = await gateway.keep(connectV1(gateway.url('/sse'),
                                           { sse: true }));
    const env = await call(c, 'get-env');

    assert.match(env.content[0].text, /"TOKEN": "\[redacted:/);
    assert.match(env.content[0].text, /"LANG": "C\.UTF-8"/);

    const echo = await call(c, 'echo', { message: 'hello' });

    assert.equal(echo.content[0].text, 'Echo: hello');
});

/*
 * Here the answer to a call comes on the stream, and of the POST the client
 * looks only at the status: a refusal with 200 would leave it waiting.
 */
guarded('HTTP+SSE of 2024-11-05: a refused call fails at once', async () => {
    const c = await gateway.keep(connectV1(gateway.url('/sse'),
                                           { sse: true }));
    const started = Date.now();

    await assert.rejects(c.client.callTool(
        { name: 'echo', arguments: { message: `see ${SECRET}` } },
        undefined, { timeout: 10000 }));
    assert.ok(Date.now() - started < 5000);

    const echo = await call(c, 'echo', { message: 'hello' });

    assert.equal(echo.content[0].text, 'Echo: hello');
});

guarded('the logs name each verdict and hold no secret', async () => {
    const c = await gateway.keep(connectV1(gateway.url('/stream')));

    await call(c, ...ATTACKS[0]);
    await call(c, 'show_config');
    await assert.rejects(call(c, 'delete_everything'));
    await sleep(100);

    const verdict = (tool) => gateway.accesses()
        .filter((a) => a.tool === tool).at(-1);

    assert.equal(verdict(ATTACKS[0][0]).verdict, 'block');
    assert.equal(verdict(ATTACKS[0][0]).era, 'legacy');
    assert.equal(verdict(ATTACKS[0][0]).method, 'tools/call');
    assert.notEqual(verdict(ATTACKS[0][0]).rule, '');
    assert.equal(verdict('show_config').verdict, 'redact');
    assert.equal(verdict('delete_everything').verdict, 'deny');

    assert.ok(gateway.audits().length > 0);

    for (const file of ['audit.log', 'access.log', 'error.log']) {
        const written = gateway.raw(file);

        for (const text of [SECRET, INJECTION, POISON, PHISHING, 'id_rsa',
                            'attacker.test'])
        {
            assert.ok(!written.includes(text), `${file} holds "${text}"`);
        }
    }
});

quiet(gateway);
