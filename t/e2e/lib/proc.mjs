/*
 * Processes and ports of a test: each process is started here, known by its
 * pid, and stopped by it, also when the test itself ends early.
 */

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../../..');
export const WORK = process.env.MCP_E2E_DIR ?? path.join(ROOT, 'build', 'e2e');
export const RESOLVE = path.join(import.meta.dirname, 'resolve.mjs');

const [FIRST, LAST] = (process.env.MCP_E2E_PORTS ?? '9700-9799')
    .split('-').map(Number);

const running = new Set();
let next = FIRST + (process.pid * 7) % (LAST - FIRST + 1);

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function portIsFree(port)
{
    return new Promise((done) => {
        const server = createServer();

        server.once('error', () => done(false));
        server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
    });
}

/* a port of 127.0.0.1 in the range of the tests that nobody listens on */
export async function freePort()
{
    for (let i = FIRST; i <= LAST; i++) {
        const port = next;

        next = next === LAST ? FIRST : next + 1;

        if (await portIsFree(port)) {
            return port;
        }
    }

    throw new Error(`no free port in ${FIRST}-${LAST}`);
}

/* true once something accepts connections */
export async function waitForPort(port, { ms = 10000, child } = {})
{
    for (const end = Date.now() + ms; Date.now() < end; await sleep(25)) {
        if (child !== undefined && child.exitCode !== null) {
            return false;
        }

        const ok = await new Promise((done) => {
            const s = connect(port, '127.0.0.1');

            s.once('connect', () => { s.destroy(); done(true); });
            s.once('error', () => done(false));
        });

        if (ok) {
            return true;
        }
    }

    return false;
}

/*
 * Starts a program.  Its output goes to the file "log"; with a port, returns
 * once it listens.  stop() ends it and resolves when it is gone.
 */
export async function start(command, args, { log, env, cwd, port, signal } = {})
{
    mkdirSync(path.dirname(log), { recursive: true });

    const fd = openSync(log, 'w');
    const child = spawn(command, args,
        { env: env ?? process.env, cwd, stdio: ['ignore', fd, fd] });

    closeSync(fd);

    const gone = new Promise((done) => {
        child.once('exit', done);
        child.once('error', done);
    });

    const proc = {
        pid: child.pid,
        child,
        output: () => readFileSync(log, 'utf8'),
        alive: () => child.exitCode === null && child.signalCode === null,
        stop: async () => {
            running.delete(proc);

            if (child.pid === undefined || !proc.alive()) {
                return;
            }

            child.kill(signal ?? 'SIGTERM');

            const late = setTimeout(() => child.kill('SIGKILL'), 5000);

            await gone;
            clearTimeout(late);
        },
    };

    running.add(proc);

    if (port !== undefined && !await waitForPort(port, { child })) {
        await proc.stop();
        throw new Error(`${path.basename(command)} does not listen on `
                        + `127.0.0.1:${port}:\n${proc.output()}`);
    }

    return proc;
}

/* a script of ours or of a package, run by this very node */
export function startNode(script, args, options)
{
    return start(process.execPath, ['--import', RESOLVE, script, ...args],
                 options);
}

export async function stopAll()
{
    await Promise.all([...running].map((proc) => proc.stop()));
}

/* not SIGKILL: nginx must have time to end its workers */
process.once('exit', () => {
    for (const { child } of running) {
        child.kill('SIGTERM');
    }
});

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(name, () => process.exit(1));
}
