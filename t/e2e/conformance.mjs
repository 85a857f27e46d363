/*
 * The official conformance suite, for each revision: against the fixture
 * directly, then through nginx with the module and default rules.  A check
 * that passes directly and does not pass through the gateway is a failure.
 *
 *     node --import ./t/e2e/lib/resolve.mjs t/e2e/conformance.mjs [REVISION]...
 *
 * Leaves both results under build/e2e/conformance/REVISION/ and prints them
 * as one table per revision.
 */

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync,
         writeFileSync } from 'node:fs';
import path from 'node:path';
import { startGateway } from './lib/gateway.mjs';
import { WORK, start, stopAll } from './lib/proc.mjs';
import { startFixture } from './lib/servers.mjs';

const SUITE = path.join(WORK, 'node_modules', '@modelcontextprotocol',
                        'conformance', 'dist', 'index.js');

const FIXTURES = { '2025-11-25': 'legacy', '2026-07-28': 'modern' };

/*
 * Runs the suite and returns Map('scenario: check' -> [status, ...]).  The
 * same check may be reported several times, for different inputs.
 */
async function run(url, revision, dir)
{
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });

    const suite = await start(process.execPath,
        [SUITE, 'server', '--url', url, '--requirements', revision,
         '-o', path.join(dir, 'results')],
        { log: path.join(dir, 'output.txt'), cwd: dir });

    await new Promise((done) => {
        if (!suite.alive()) {
            done();
        }
        suite.child.once('exit', done);
    });

    const results = path.join(dir, 'results');

    if (!existsSync(results)) {
        throw new Error(`the suite left no results:\n${suite.output()}`);
    }

    const checks = new Map();

    for (const name of readdirSync(results).sort()) {
        const scenario = name.replace(/^server-/, '')
            .replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');
        const file = path.join(results, name, 'checks.json');

        for (const c of JSON.parse(readFileSync(file, 'utf8'))) {
            if (c.status === 'INFO') {
                continue;
            }

            const key = `${scenario}: ${c.id}`;

            checks.set(key, [...checks.get(key) ?? [],
                             { status: c.status, error: c.errorMessage }]);
        }
    }

    return checks;
}

const count = (checks, status) => [...checks.values()].flat()
    .filter((c) => c.status === status).length;

const tally = (checks) => `${count(checks, 'SUCCESS')} passed, `
    + `${count(checks, 'FAILURE')} failed, `
    + `${count(checks, 'WARNING')} warnings, `
    + `${count(checks, 'SKIPPED')} skipped`;

/* what was fine directly and is not through the gateway, as lines */
function regressions(direct, through)
{
    const lines = [];

    for (const [key, expected] of direct) {
        const seen = through.get(key) ?? [];

        for (const [i, { status }] of expected.entries()) {
            if (status !== 'SUCCESS' || seen[i]?.status === 'SUCCESS') {
                continue;
            }

            lines.push(`${key}: ${seen[i]?.status ?? 'not run'}`
                       + (seen[i]?.error ? `: ${seen[i].error}` : ''));
        }
    }

    /* a check of the wire that exists only where it failed */
    for (const [key, seen] of through) {
        if (!direct.has(key) && seen.some((c) => c.status === 'FAILURE')) {
            lines.push(`${key}: FAILURE: ${seen[0].error ?? ''}`);
        }
    }

    return lines;
}

async function compare(revision)
{
    const dir = path.join(WORK, 'conformance', revision);
    const server = await startFixture(FIXTURES[revision]);
    const gateway = await startGateway({
        name: `conformance-${revision}`,
        locations: [{ path: '/mcp', to: server.origin }],
    });

    const direct = await run(`${server.origin}/mcp`, revision,
                             path.join(dir, 'direct'));
    const through = await run(gateway.url().href, revision,
                              path.join(dir, 'gateway'));

    const lost = regressions(direct, through);

    await gateway.stop();

    const alarms = gateway.alarms();

    await server.stop();

    console.log(`conformance ${revision}, directly:  ${tally(direct)}`);
    console.log(`conformance ${revision}, gateway:   ${tally(through)}`);

    for (const line of lost) {
        console.log(`  lost: ${line}`);
    }

    for (const line of alarms) {
        console.log(`  nginx: ${line}`);
    }

    writeFileSync(path.join(dir, 'lost.txt'),
                  lost.map((l) => `${l}\n`).join(''));

    if (count(direct, 'SUCCESS') === 0) {
        throw new Error(`nothing passes directly for ${revision}`);
    }

    return {
        passed: count(direct, 'SUCCESS') - lost.length,
        failed: lost.length + alarms.length,
    };
}

const revisions = process.argv.length > 2 ? process.argv.slice(2)
                                          : Object.keys(FIXTURES);
const total = { passed: 0, failed: 0 };

try {
    for (const revision of revisions) {
        if (FIXTURES[revision] === undefined) {
            throw new Error(`no fixture for ${revision}`);
        }

        const { passed, failed } = await compare(revision);

        total.passed += passed;
        total.failed += failed;
    }

} finally {
    await stopAll();
}

console.log(`conformance: ${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
