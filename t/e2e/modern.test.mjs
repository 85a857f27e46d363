/*
 * A server of the modern era through the gateway with default rules: what a
 * client sees is what it sees without the gateway.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODERN, connectV1, connectV2 } from './lib/clients.mjs';
import { sleep } from './lib/proc.mjs';
import { startFixture } from './lib/servers.mjs';
import { quiet, withGateway } from './lib/suite.mjs';
import { tourOfFixture } from './lib/tour.mjs';

let server;

const gateway = withGateway(async () => {
    server = await startFixture('modern');

    return {
        name: 'modern',
        locations: [{ path: '/mcp', to: server.origin }],
    };
});

const direct = () => new URL(`${server.origin}/mcp`);

async function sameTour(connect, era)
{
    const expected = await tourOfFixture(await gateway.keep(
        connect(direct())));
    const seen = await tourOfFixture(await gateway.keep(
        connect(gateway.url())));

    assert.deepEqual(
        expected.filter(([, v]) => v?.error !== undefined).map(([k]) => k),
        ['no_such_tool', 'read nothing']);
    assert.equal(expected[0][1], era);
    assert.deepEqual(seen, expected);
}

test('SDK v2, pinned to 2026-07-28', () =>
    sameTour((url) => connectV2(url, MODERN), 'modern'));

test('SDK v2 that asks first finds the modern era', () =>
    sameTour((url) => connectV2(url, 'auto'), 'modern'));

test('SDK v2, legacy era, at a server of both', () =>
    sameTour((url) => connectV2(url, 'legacy'), 'legacy'));

test('SDK v1 at a server of both eras', () =>
    sameTour((url) => connectV1(url), 'legacy'));

test('subscriptions/listen delivers what was asked for', async () => {
    const { client, seen } =
        await gateway.keep(connectV2(gateway.url(), MODERN));
    const changed = () => seen.notifications.filter((n) =>
        n.method === 'notifications/tools/list_changed').length;

    const listening = await client.listen({ toolsListChanged: true });

    await client.callTool({ name: 'test_trigger_prompt_change' });
    await client.callTool({ name: 'test_trigger_tool_change' });

    for (let i = 0; i < 100 && changed() === 0; i++) {
        await sleep(20);
    }

    assert.equal(changed(), 1);
    assert.equal(seen.notifications.filter((n) =>
        n.method === 'notifications/prompts/list_changed').length, 0);

    await listening.close();
});

test('log messages arrive when they were asked for', async () => {
    const { client, seen } =
        await gateway.keep(connectV2(gateway.url(), MODERN));

    await client.callTool({
        name: 'test_tool_with_logging',
        _meta: { 'io.modelcontextprotocol/logLevel': 'info' },
    });

    assert.deepEqual(seen.notifications.map((n) => n.params.data),
        ['Tool execution started', 'Tool processing data',
         'Tool execution completed']);
});

test('closing the connection cancels the call', async () => {
    const { client } = await gateway.keep(connectV2(gateway.url(), MODERN));
    const stop = new AbortController();
    const call = client.callTool({ name: 'test_tool_with_logging' },
                                 { signal: stop.signal });

    setTimeout(() => stop.abort(), 20);
    await assert.rejects(call);

    /* the connection stays usable */
    assert.equal(
        (await client.callTool({ name: 'test_simple_text' })).content[0].text,
        'This is a simple text response for testing.');
});

quiet(gateway);
