/*
 * What every test file needs: servers that end with it, and a last test that
 * looks at what nginx wrote into its error log.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PLAIN, startGateway } from './gateway.mjs';
import { stopAll } from './proc.mjs';

/*
 * setUp() starts servers and returns { name, locations, http }, the gateway
 * in front of them.  The object returned is the gateway, once it runs.
 */
export function withGateway(setUp)
{
    const gateway = {};
    const clients = [];

    before(async () => {
        Object.assign(gateway, await startGateway(await setUp(gateway)));
    });

    after(async () => {
        await Promise.allSettled(clients.map((c) => c.client.close()));
        await gateway.stop?.();
        await stopAll();
    });

    /* keeps a connection until the end of the file; returns it */
    gateway.keep = async (connecting) => {
        const connection = await connecting;

        clients.push(connection);
        return connection;
    };

    return gateway;
}

/* to be called last in a file: what is written when nginx ends counts too */
export function quiet(gateway)
{
    test('nginx logs no alert, no crit, no emerg', async () => {
        await gateway.stop();
        assert.deepEqual(gateway.alarms(), []);
    });
}

/* a test that is about the firewall itself */
export function guarded(name, fn)
{
    test(name, { skip: PLAIN ? 'nginx runs without the module' : false }, fn);
}
