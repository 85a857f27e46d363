/*
 * The official Python client: it gives up a connection at most HTTP errors,
 * so what the gateway refuses must not be one.
 */

import assert from 'node:assert/strict';
import { execFileSync, execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { before, test } from 'node:test';
import path from 'node:path';
import { githubToken } from '../../tools/demo/secrets.mjs';
import { ATTACKS } from './fixtures/hostile.mjs';
import { ROOT, WORK } from './lib/proc.mjs';
import { startEverything, startFixture } from './lib/servers.mjs';
import { guarded, quiet, withGateway } from './lib/suite.mjs';

const PACKAGE = 'mcp>=1.29,<2';
const VENV = path.join(WORK, 'python');
const PYTHON = path.join(VENV, 'bin', 'python');
const SCRIPT = path.join(ROOT, 't', 'e2e', 'python_client.py');
const SECRET = githubToken();

let missing = '';

before(() => {
    const quietly = { stdio: ['ignore', 'pipe', 'pipe'] };

    try {
        if (!existsSync(path.join(VENV, 'complete'))) {
            rmSync(VENV, { recursive: true, force: true });
            execFileSync('python3', ['-m', 'venv', VENV], quietly);
            execFileSync(PYTHON, ['-m', 'pip', 'install', '-q',
                '--disable-pip-version-check', PACKAGE], quietly);
            execFileSync('touch', [path.join(VENV, 'complete')]);
        }

    } catch (err) {
        const said = `${err.stderr ?? ''}`.trim() || err.message;

        missing = `no virtual environment with ${PACKAGE}: `
                  + said.split('\n').at(-1);
    }
});

const gateway = withGateway(async () => {
    const streamable = await startEverything('streamableHttp');
    const sse = await startEverything('sse');
    const hostile = await startFixture('hostile-legacy',
                                       { MCP_SECRET: SECRET });

    return {
        name: 'python',
        locations: [
            { path: '= /mcp', to: streamable.origin },
            { path: '= /sse', to: sse.origin },
            { path: '= /message', to: sse.origin },
            { path: '= /hostile', to: `${hostile.origin}/mcp`,
              mcp: ['mcp_tool deny delete_*'] },
        ],
    };
});

/* what the client saw, as python_client.py tells it */
function client(kind, where, calls)
{
    return new Promise((done, failed) => {
        execFile(PYTHON,
            [SCRIPT, kind, gateway.url(where).href, JSON.stringify(calls)],
            { timeout: 60000 },
            (err, stdout, stderr) => err
                ? failed(new Error(`${err.message}\n${stderr}`))
                : done(JSON.parse(stdout)));
    });
}

const python = (kind, name, fn) => kind(name, async (t) => {
    if (missing !== '') {
        t.skip(missing);
        return;
    }

    await fn();
});

for (const [kind, where] of [['http', '/mcp'], ['sse', '/sse']]) {
    python(test, `${kind}: an honest server works as without the gateway`,
        async () => {
            const { tools, results } = await client(kind, where, [
                ['get-sum', { a: 1, b: 2 }],
                ['get-structured-content', { location: 'Chicago' }],
                ['echo', { message: '\u00e9 \ud83d\udc4b' }],
            ]);

            assert.ok(tools.includes('echo'));
            assert.equal(results[0].content[0].text,
                         'The sum of 1 and 2 is 3.');
            assert.equal(typeof results[1].structuredContent.temperature,
                         'number');
            assert.equal(results[2].content[0].text,
                         'Echo: \u00e9 \ud83d\udc4b');
        });
}

python(guarded, 'a hostile server: the connection survives each refusal',
    async () => {
        const hello = ['say', { text: 'hello' }];
        const { tools, results, asked, logged } = await client('http',
            '/hostile', [
                ...ATTACKS.flatMap((attack) => [attack, hello]),
                ['delete_everything', {}], hello,
                ['read_page', {}], hello,
                ['ask_password', {}], hello,
                ['chat', {}],
                ['show_config', {}], hello,
            ]);

        assert.ok(!tools.includes('delete_everything'));
        assert.ok(!tools.includes('add_numbers'));

        const greetings = results.filter((r) =>
            r.content?.[0].text === 'You said: hello');

        assert.equal(greetings.length, ATTACKS.length + 4);

        for (const i of ATTACKS.keys()) {
            assert.equal(results[2 * i].isError, true);
            assert.equal(
                results[2 * i]._meta['ngx-mcp-module/verdict'].code, -31001);
        }

        const [denied, , page, , phished] = results.slice(2 * ATTACKS.length);

        assert.equal(denied.code, -32602);
        assert.match(denied.message, /Unknown tool/);
        assert.equal(page.isError, true);
        assert.match(phished.content[0].text, /^no answer: -326/);
        assert.deepEqual(asked, []);
        assert.deepEqual(logged, ['first', 'third']);

        const config = JSON.stringify(results.at(-2));

        assert.ok(config.includes('[redacted:'));
        assert.ok(!config.includes(SECRET));
    });

quiet(gateway);
