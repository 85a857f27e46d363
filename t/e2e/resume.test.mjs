/*
 * Streams of the legacy era, looked at byte by byte: a blocked event keeps its
 * id, so that a client can take the stream up again exactly where it was.
 */

import assert from 'node:assert/strict';
import { INJECTION } from './fixtures/hostile.mjs';
import { eventsOf, follow, openSession, post } from './lib/raw.mjs';
import { sleep } from './lib/proc.mjs';
import { startFixture } from './lib/servers.mjs';
import { guarded, quiet, withGateway } from './lib/suite.mjs';

let server;

const gateway = withGateway(async () => {
    server = await startFixture('hostile-legacy');

    return {
        name: 'resume',
        locations: [{ path: '/mcp', to: server.origin }],
    };
});

const toolCall = (name, id = 1) => ({
    jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} },
});

const dataOf = (events) => events.filter((e) => e.data)
    .map((e) => JSON.parse(e.data))
    .map((m) => m.params?.data ?? m.result?.content[0].text);

guarded('a stream that the server closes is taken up with Last-Event-ID',
    async () => {
        const session = await openSession(gateway.url());
        const { body } =
            await post(gateway.url(), toolCall('chat_later'), session);
        const first = eventsOf(body);

        /* the priming event, "before", and nothing that answers the call */
        assert.deepEqual(dataOf(first), ['before']);
        assert.ok(first.every((e) => e.id !== undefined));
        assert.equal(first[0].retry, '500');

        await sleep(200);

        const rest = await follow(gateway.url(),
            { ...session, 'Last-Event-ID': first.at(-1).id },
            (events) => dataOf(events).includes('finished later'));

        assert.deepEqual(dataOf(rest), ['after', 'finished later']);
        assert.equal(JSON.parse(rest.at(-1).data).id, 1);
        assert.ok(rest.every((e) => !e.data?.includes('id_rsa')));

        /* the blocked event is still there, as an id without data */
        const blocked = rest.find((e) => !e.data);

        assert.ok(blocked?.id !== undefined, JSON.stringify(rest));

        const again = await follow(gateway.url(),
            { ...session, 'Last-Event-ID': blocked.id },
            (events) => dataOf(events).includes('finished later'));

        assert.deepEqual(dataOf(again), ['after', 'finished later']);
        assert.deepEqual(again.map((e) => e.id),
                         rest.slice(rest.indexOf(blocked) + 1)
                             .map((e) => e.id));
    });

guarded('blocked events on a stream keep their place and id', async () => {
    const session = await openSession(gateway.url());
    const { body } = await post(gateway.url(), toolCall('chat', 2), session);
    const direct = await openSession(`${server.origin}/mcp`);
    const { body: plain } =
        await post(`${server.origin}/mcp`, toolCall('chat', 2), direct);

    assert.ok(plain.includes(INJECTION));
    assert.ok(!body.includes('id_rsa'));

    const expected = eventsOf(plain);
    const seen = eventsOf(body);

    assert.equal(seen.length, expected.length);
    assert.ok(seen.every((e) => e.id !== undefined));

    /* all but the bad one are as the server sent them */
    for (const [i, e] of expected.entries()) {
        if (e.data?.includes(INJECTION)) {
            assert.ok(!seen[i].data);
        } else {
            assert.equal(seen[i].data, e.data);
        }
    }
});

guarded('DELETE ends the session, and the server hears of it', async () => {
    const session = await openSession(gateway.url());
    const gone = await fetch(gateway.url(),
                             { method: 'DELETE', headers: session });

    assert.equal(gone.status, 200);

    const after = await post(gateway.url(),
        { jsonrpc: '2.0', id: 9, method: 'ping' }, session);

    assert.equal(after.status, 404);
    assert.equal(after.messages[0].error.code, -32001);
});

quiet(gateway);
