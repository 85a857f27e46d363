/*
 * server-everything through the gateway with default rules: what a client
 * sees is what it sees without the gateway.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectV1, connectV2 } from './lib/clients.mjs';
import { follow } from './lib/raw.mjs';
import { startEverything } from './lib/servers.mjs';
import { guarded, quiet, withGateway } from './lib/suite.mjs';
import { tourOfEverything } from './lib/tour.mjs';

let streamable, sse;

const gateway = withGateway(async () => {
    streamable = await startEverything('streamableHttp');
    sse = await startEverything('sse');

    return {
        name: 'everything',
        locations: [
            { path: '/mcp', to: streamable.origin },
            { path: '/old/', to: `${sse.origin}/` },
            { path: '= /sse', to: sse.origin },
            { path: '= /message', to: sse.origin },
        ],
    };
});

async function sameTour(direct, through)
{
    const expected = await tourOfEverything(await gateway.keep(direct));
    const seen = await tourOfEverything(await gateway.keep(through));

    /* that the tour itself worked */
    assert.deepEqual(
        expected.filter(([, v]) => v?.error !== undefined).map(([k]) => k),
        ['read nothing', 'unknown prompt']);
    assert.equal(expected.find(([k]) => k === 'progress')[1].length, 2);
    assert.deepEqual(seen, expected);
}

const direct = (path) => new URL(streamable.origin + path);

test('SDK v1 over streamable HTTP', () =>
    sameTour(connectV1(direct('/mcp')), connectV1(gateway.url('/mcp'))));

test('SDK v2, legacy era', () =>
    sameTour(connectV2(direct('/mcp'), 'legacy'),
             connectV2(gateway.url('/mcp'), 'legacy')));

test('SDK v2 that asks first falls back to the legacy era', async () => {
    const { client } =
        await gateway.keep(connectV2(gateway.url('/mcp'), 'auto'));

    assert.equal(client.getProtocolEra(), 'legacy');
    assert.deepEqual(
        (await client.callTool({ name: 'get-sum',
                                 arguments: { a: 1, b: 2 } })).content[0].text,
        'The sum of 1 and 2 is 3.');
});

test('SDK v1 over HTTP+SSE of 2024-11-05', () =>
    sameTour(connectV1(new URL(`${sse.origin}/sse`), { sse: true }),
             connectV1(gateway.url('/sse'), { sse: true })));

guarded('HTTP+SSE below another path: the endpoint event is rewritten',
    async () => {
        const [endpoint] = await follow(gateway.url('/old/sse'), {},
                                        (events) => events.length > 0);

        assert.equal(endpoint.event, 'endpoint');
        assert.match(endpoint.data, /^\/old\/message\?sessionId=[0-9a-f-]+$/);

        const { client } = await gateway.keep(
            connectV1(gateway.url('/old/sse'), { sse: true }));
        const { content } = await client.callTool(
            { name: 'echo', arguments: { message: 'around the corner' } });

        assert.equal(content[0].text, 'Echo: around the corner');
    });

test('DELETE ends the session', async () => {
    const { client, transport } =
        await gateway.keep(connectV1(gateway.url('/mcp')));
    const id = transport.sessionId;

    await client.ping();
    await transport.terminateSession();

    const after = await fetch(gateway.url('/mcp'), {
        method: 'POST',
        headers: {
            'Content-Type': 'application/json',
            'Accept': 'application/json, text/event-stream',
            'Mcp-Session-Id': id,
            'MCP-Protocol-Version': '2025-11-25',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    });

    assert.equal(after.status, 400);
    assert.equal((await after.json()).error.code, -32000);
});

quiet(gateway);
