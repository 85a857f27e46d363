/*
 * make run, as a person uses it: the session comes out as it should, what is
 * printed to try next works when it is pasted, Ctrl-C leaves nothing behind.
 */

import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import path from 'node:path';
import { PLAIN } from './lib/gateway.mjs';
import { ROOT, sleep, stopAll, waitForPort } from './lib/proc.mjs';
import { startFixture } from './lib/servers.mjs';

const RUN = path.join(ROOT, 'tools', 'run.sh');
const PORTS = [8080, 3001, 3002];

const running = new Set();
let reason = PLAIN ? 'nginx runs without the module' : false;

/* tools/run.sh in a process group of its own, its output collected */
function run(env = {})
{
    const child = spawn('sh', [RUN], {
        env: { ...process.env, ONCE: '', UPSTREAM: '', ...env },
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
    });

    const r = { child, out: '', err: '' };

    child.stdout.on('data', (d) => { r.out += d; });
    child.stderr.on('data', (d) => { r.err += d; });
    running.add(child);

    r.exit = new Promise((done) => child.once('close', (code, signal) => {
        running.delete(child);
        done(code ?? signal);
    }));

    r.until = async (text, ms = 60000) => {
        for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) {
            if (r.out.includes(text)) {
                return;
            }
        }

        throw new Error(`no "${text}" in:\n${r.out}${r.err}`);
    };

    /* what a terminal does at Ctrl-C: a signal to the whole group */
    r.interrupt = () => process.kill(-child.pid, 'SIGINT');

    return r;
}

async function taken()
{
    const list = [];

    for (const port of PORTS) {
        if (await waitForPort(port, { ms: 1 })) {
            list.push(port);
        }
    }

    return list;
}

before(async () => {
    const ports = await taken();

    if (ports.length > 0) {
        reason ||= `port ${ports.join(', ')} is taken`;
    }
});

after(async () => {
    for (const child of running) {
        process.kill(-child.pid, 'SIGTERM');
    }

    await stopAll();
});

const demo = (name, fn) => test(name, async (t) => {
    if (reason) {
        t.skip(reason);
        return;
    }

    await fn();
    assert.deepEqual(await taken(), []);
});

demo('ONCE=1 plays the session and ends with 0', async () => {
    const r = run({ ONCE: '1' });

    assert.equal(await r.exit, 0, r.out + r.err);
    assert.match(r.out, /7 of 7 steps as they should be/);
    assert.equal(r.out.match(/\u2713/g).length, 7);
    assert.doesNotMatch(r.out, /\u2717|\x1b/);
    assert.match(r.out, /GITHUB_TOKEN=\[redacted:/);
    assert.doesNotMatch(r.out, /ghp_|AKIA|sk_live_/);
    assert.equal(r.err, '');
});

demo('what it prints to try next works when pasted', async () => {
    assert.equal(spawnSync('curl', ['--version']).error, undefined,
                 'curl is missing: tools/deps.sh test');

    const r = run();

    await r.until('Ctrl-C stops it');

    /* a second one names the port and touches nothing */
    const second = run({ ONCE: '1' });

    assert.equal(await second.exit, 1);
    assert.match(second.err, /port 8080 is taken/);

    const pasted = r.out.split('Try it yourself')[1].split('\n')
        .filter((l) => l.startsWith('    ') && !l.includes('make run'))
        .map((l) => l.trim()).join('\n');

    assert.match(pasted, /mcp '/);

    const seen = await new Promise((done) => execFile('sh', ['-c', pasted],
        { cwd: ROOT }, (err, stdout, stderr) => done(stdout + stderr)));

    assert.match(seen, /GITHUB_TOKEN\\": \\"\[redacted:/);
    assert.equal(seen.match(/"code":-31001/g)?.length >= 2, true, seen);
    assert.match(seen, /"id":null,"error":\{"code":-32[67]00/);
    assert.match(seen, /"name":"weather"/);
    assert.doesNotMatch(seen, /"name":"convert"/);
    assert.doesNotMatch(seen, /ghp_|AKIA|sk_live_/);

    r.interrupt();
    assert.equal(await r.exit, 0);
    assert.equal(r.err, '');
});

demo('UPSTREAM=... goes in front of a server of the user', async () => {
    const server = await startFixture('modern');
    const r = run({ UPSTREAM: `${server.origin}/mcp` });

    await r.until('Ctrl-C stops it');
    assert.match(r.out, /http:\/\/127\.0\.0\.1:8080\/mcp/);
    assert.match(r.out, /conformance-modern/);

    const { connectV2 } = await import('./lib/clients.mjs');
    const { client } = await connectV2(new URL('http://127.0.0.1:8080/mcp'),
                                       'auto');

    assert.equal(client.getProtocolEra(), 'modern');
    assert.equal(
        (await client.callTool({ name: 'test_simple_text' })).content[0].text,
        'This is a simple text response for testing.');
    await client.close();

    r.interrupt();
    assert.equal(await r.exit, 0);

    await server.stop();

    const gone = run({ UPSTREAM: `${server.origin}/mcp`, ONCE: '1' });

    assert.equal(await gone.exit, 1);
    assert.match(gone.err, /nothing answers at 127\.0\.0\.1/);
});
