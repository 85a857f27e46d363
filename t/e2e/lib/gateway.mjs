/*
 * nginx with the module in front of one server.
 *
 * The locations include conf/mcp_proxy.conf, the file that users get.
 * Without the module (MCP_E2E_PLAIN=1) the directives of the firewall are
 * left out and nginx is a plain proxy: what fails then is not our doing.
 */

import {
    chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync,
    rmSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT, WORK, freePort, start } from './proc.mjs';

export const PLAIN = process.env.MCP_E2E_PLAIN === '1';

/* other rule packs than those built in (files, separated by blanks) */
const RULES = PLAIN ? '' : process.env.MCP_E2E_RULES ?? '';

/* "static": the module is part of the binary that MCP_NGINX names */
export const MODULE = process.env.MCP_MODULE
    ?? path.join(ROOT, 'build', 'ngx_http_mcp_module.so');

const STATIC = MODULE === 'static';

/* not NGINX: that variable hands sockets down to a new binary */
const NGINX = process.env.MCP_NGINX
    ?? ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find(existsSync)
    ?? 'nginx';

const root = process.getuid?.() === 0;

const VARIABLES = ['era', 'version', 'method', 'tool', 'id', 'session',
                   'client', 'server', 'verdict', 'rule', 'reason',
                   'inspect_time'];

function logFormat()
{
    const mcp = PLAIN ? [] : VARIABLES;

    return "log_format e2e escape=json '{"
        + '"http":"$request_method","uri":"$request_uri","status":$status,'
        + `"request":"$request_id"${mcp.map((v) =>
            `,"${v}":"$mcp_${v}"`).join('')}}';`;
}

/*
 * locations: [{ path, to: 'http://127.0.0.1:PORT/path' (or without a path),
 *               mcp: ['mcp_tool deny x', ...] or false for no firewall }]
 */
function locationOf({ path: where, to, mcp = [] })
{
    const directives = PLAIN || mcp === false ? [] : ['mcp on', ...mcp];

    return `
        location ${where} {
            ${directives.map((d) => `${d};`).join('\n            ')}

            include           ${path.join(ROOT, 'conf', 'mcp_proxy.conf')};
            proxy_set_header  Host ${new URL(to).host};
            proxy_pass        ${to};
        }`;
}

function configuration({ port, locations, http = [], audit })
{
    return `
daemon off;
master_process on;
worker_processes 1;
error_log logs/error.log info;
pid logs/nginx.pid;

events {
    worker_connections 512;
}

http {
    ${logFormat()}
    access_log logs/access.log e2e;

    client_body_temp_path  temp/body;
    proxy_temp_path        temp/proxy;
    fastcgi_temp_path      temp/fastcgi;
    uwsgi_temp_path        temp/uwsgi;
    scgi_temp_path         temp/scgi;

    underscores_in_headers   on;
    ignore_invalid_headers   off;
    client_max_body_size     1088k;
    client_body_buffer_size  64k;
    large_client_header_buffers  4 16k;
    ${RULES ? `mcp_rules ${RULES};` : ''}
    ${audit ? 'mcp_audit_log logs/audit.log level=all;' : ''}
    ${http.map((d) => `${d};`).join('\n    ')}

    server {
        listen 127.0.0.1:${port} default_server;
        server_name "";
        return 421;
    }

    server {
        listen 127.0.0.1:${port};
        server_name 127.0.0.1 localhost;
        ${locations.map(locationOf).join('\n')}
    }
}
`;
}

const lines = (file) => existsSync(file)
    ? readFileSync(file, 'utf8').split('\n').filter((s) => s !== '')
    : [];

/*
 * Starts nginx.  Returns { port, url(path), accesses(), audits(), alarms(),
 * stop() }; alarms() are the lines of the error log that must not be there.
 */
export async function startGateway({ name, locations, http })
{
    if (!PLAIN && !STATIC && !existsSync(MODULE)) {
        throw new Error(`${path.relative(ROOT, MODULE)} is missing: `
                        + 'make build');
    }

    /*
     * As root the workers run as www-data, which need not be able to enter
     * the checkout: only the folder of temporary files is theirs to enter.
     */
    const prefix = root ? mkdtempSync(path.join(tmpdir(), 'mcp-e2e-'))
                        : path.join(WORK, 'run', name);

    const logs = path.join(prefix, 'logs');
    const kept = path.join(WORK, 'run', name);

    rmSync(kept, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    mkdirSync(path.join(prefix, 'temp'), { recursive: true });

    const port = await freePort();
    const conf = path.join(prefix, 'nginx.conf');
    const globals = [];

    if (!PLAIN && !STATIC) {
        globals.push(`load_module "${MODULE}";`);
    }

    if (root) {
        globals.push('user www-data;');
    }

    writeFileSync(conf, globals.join('\n')
        + configuration({ port, locations, http, audit: !PLAIN }));

    if (root) {
        chmodSync(prefix, 0o755);
        process.once('exit', () =>
            rmSync(prefix, { recursive: true, force: true }));
    }

    const proc = await start(NGINX,
        ['-p', prefix, '-c', conf, '-e', 'logs/error.log'],
        { log: path.join(kept, 'nginx.out'), port, signal: 'SIGTERM' });

    /* once nginx has stopped, its logs are where they are kept */
    const file = (n) => [path.join(logs, n), path.join(kept, 'logs', n)]
        .find(existsSync) ?? '';
    const errors = () => [...lines(file('error.log')),
                          ...lines(path.join(kept, 'nginx.out'))];

    return {
        port,
        url: (p = '/mcp') => new URL(`http://127.0.0.1:${port}${p}`),
        errors,
        alarms: () => errors().filter((s) =>
            /\[(alert|crit|emerg)\]|Sanitizer|runtime error:/.test(s)),
        accesses: () => lines(file('access.log')).map((s) => JSON.parse(s)),
        audits: () => lines(file('audit.log')).map((s) => JSON.parse(s)),
        raw: (n) => (existsSync(file(n)) ? readFileSync(file(n), 'utf8') : ''),
        pid: proc.pid,
        stop: async () => {
            await proc.stop();

            if (root && existsSync(logs)) {
                cpSync(logs, path.join(kept, 'logs'),
                       { recursive: true, force: true });
                rmSync(prefix, { recursive: true, force: true });
            }
        },
    };
}
