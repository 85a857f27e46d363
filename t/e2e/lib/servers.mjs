/*
 * The MCP servers of the tests, each in a process of its own.
 */

import path from 'node:path';
import { ROOT, WORK, freePort, start, startNode } from './proc.mjs';

const FIXTURES = path.join(ROOT, 't', 'e2e', 'fixtures');
const LOOPBACK = path.join(ROOT, 'tools', 'demo', 'loopback.mjs');

const EVERYTHING = path.join(WORK, 'node_modules', '@modelcontextprotocol',
                             'server-everything', 'dist', 'index.js');

const log = (name) => path.join(WORK, 'run', `${name}.log`);

/* one of fixtures/*.mjs; env reaches it in addition to PORT */
export async function startFixture(name, env = {})
{
    const port = await freePort();
    const proc = await startNode(path.join(FIXTURES, `${name}.mjs`), [], {
        log: log(`${name}-${port}`),
        env: { ...process.env, ...env, PORT: String(port) },
        port,
    });

    return { ...proc, port, origin: `http://127.0.0.1:${port}` };
}

/*
 * The official test server, mode "streamableHttp" or "sse".  It gets only the
 * environment given here, for one of its tools prints it.
 */
export async function startEverything(mode, env = {})
{
    const port = await freePort();
    const proc = await start(process.execPath,
        ['--import', LOOPBACK, EVERYTHING, mode],
        {
            log: log(`everything-${mode}-${port}`),
            env: { HOME: '/nonexistent', LANG: 'C.UTF-8', ...env,
                   PORT: String(port) },
            port,
        });

    return { ...proc, port, origin: `http://127.0.0.1:${port}` };
}

