/*
 * "make run UPSTREAM=http://host:port/path": checks that an MCP server
 * answers there, and writes conf/nginx.conf to FILE with the demo servers
 * replaced by it.
 *
 *     node --import ./t/e2e/lib/resolve.mjs tools/demo/upstream.mjs URL FILE
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { Client, SSEClientTransport, StreamableHTTPClientTransport }
    from '@modelcontextprotocol/client';
import { line } from './terminal.mjs';

const CONF = path.resolve(import.meta.dirname, '../../conf');
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

function fail(message)
{
    console.error(`run: ${message}`);
    process.exit(1);
}

function parse(text)
{
    let url;

    try {
        url = new URL(text);
    } catch {
        fail(`UPSTREAM "${text}" is not a URL like http://host:port/path`);
    }

    if (!/^https?:$/.test(url.protocol) || url.username || url.hash
        || url.search)
    {
        fail(`UPSTREAM "${text}" must be http://host:port/path`);
    }

    /* nothing of it may end a directive of nginx */
    if (/[^A-Za-z0-9._~:/%@!*+,=[\]-]/.test(url.href)) {
        fail(`UPSTREAM "${text}" has a character that nginx reads otherwise`);
    }

    return url;
}

/*
 * The address to proxy to: that which answers now.  A server on "localhost"
 * often listens on only one of 127.0.0.1 and [::1], and nginx would try both
 * in turn.
 */
async function addressOf(url)
{
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    let last;

    for (const { address, family } of await lookup(host, { all: true })
             .catch(() => fail(`UPSTREAM: the name "${host}" is unknown`)))
    {
        last = await new Promise((done) => {
            const socket = connect({ host: address, port, timeout: 5000 });

            socket.once('connect', () => { socket.destroy(); done(null); });
            socket.once('timeout', () => { socket.destroy();
                                           done('timed out'); });
            socket.once('error', (err) => done(err.code));
        });

        if (last === null) {
            return `${family === 6 ? `[${address}]` : address}:${port}`;
        }
    }

    return fail(`UPSTREAM: nothing answers at ${url.host} (${last})`);
}

/* how the server introduces itself, or why it does not */
async function introduce(url)
{
    const kinds = [StreamableHTTPClientTransport, SSEClientTransport];
    let reason;

    for (const Transport of kinds) {
        const client = new Client({ name: 'make run', version: '1.0.0' },
                                  { versionNegotiation: { mode: 'auto' } });

        try {
            await client.connect(new Transport(url), { timeout: 10000 });

            const tools = client.getServerCapabilities()?.tools
                ? (await client.listTools()).tools : [];
            const { name, version } = client.getServerVersion() ?? {};

            await client.close();

            return `${line(`${name ?? 'a server without a name'} `
                + `${version ?? ''}`, 60)}, ${tools.length} tools, `
                + `${client.getProtocolEra()} era`;

        } catch (err) {
            reason ??= err;
            await client.close().catch(() => {});
        }
    }

    /* who asks for credentials is there; the clients will bring them */
    if (/401|403|unauthorized/i.test(`${reason.message} ${reason.code}`)) {
        return 'it wants credentials, which pass through';
    }

    return fail(`UPSTREAM: ${url} does not answer as an MCP server: `
                + line(reason.message, 120));
}

function locations(url, address)
{
    const tls = url.protocol !== 'https:' ? '' : `
            proxy_ssl_server_name          on;
            proxy_ssl_name                 ${url.hostname};
            proxy_ssl_verify               on;
            proxy_ssl_verify_depth         4;
            proxy_ssl_trusted_certificate  ${CERTIFICATES};`;

    const proxy = `
            include           "${path.join(CONF, 'mcp_proxy.conf')}";
            proxy_set_header  Host ${url.host};
            proxy_pass        ${url.protocol}//${address};${tls}`;

    return `
        location / {
            mcp               on;
            mcp_server_name   upstream;
            ${proxy.trimStart()}
        }

        # Where a client learns how to sign in: not MCP.
        location /.well-known/ {
            mcp               off;
            ${proxy.trimStart()}
        }
`;
}

const [, , text, file] = process.argv;
const url = parse(text);
const address = await addressOf(url);
const who = await introduce(url);

const conf = readFileSync(path.join(CONF, 'nginx.conf'), 'utf8');
const region = /^ *# \[demo\][^]*?^ *# \[\/demo\].*$/m;

if (!region.test(conf)) {
    fail('conf/nginx.conf has no part between [demo] and [/demo]');
}

writeFileSync(file, conf.replace(region, () => locations(url, address)));
console.log(`${who}\n${url.pathname}`);
process.exit(0);
