/*
 * The official clients, each with the same answers to what a server may ask.
 */

import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport as StreamableV1 }
    from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as T from '@modelcontextprotocol/sdk/types.js';
import { Client as ClientV2, StreamableHTTPClientTransport as StreamableV2 }
    from '@modelcontextprotocol/client';

const INFO = { name: 'e2e', version: '1.0.0' };

const CAPABILITIES = {
    sampling: {},
    elicitation: { form: {}, url: {} },
    roots: { listChanged: true },
};

const SAMPLED = {
    role: 'assistant',
    model: 'none',
    stopReason: 'endTurn',
    content: { type: 'text', text: 'A model would answer this.' },
};

const ROOTS = { roots: [{ uri: 'file:///srv/project', name: 'project' }] };

/* fills a form with its defaults, or with something of the right type */
function filled(schema)
{
    const value = (p) => {
        if (p.default !== undefined) {
            return p.default;
        }

        const one = p.enum?.[0] ?? p.oneOf?.[0]?.const;

        switch (p.type) {
        case 'boolean':
            return true;
        case 'integer':
        case 'number':
            return p.minimum ?? 1;
        case 'array':
            return [p.items?.enum?.[0] ?? p.items?.anyOf?.[0]?.const];
        default:
            return one ?? ({
                email: 'ada@example.com',
                uri: 'https://example.com/',
                date: '2026-01-01',
                'date-time': '2026-01-01T00:00:00Z',
            })[p.format] ?? 'Ada';
        }
    };

    return Object.fromEntries(Object.entries(schema?.properties ?? {})
        .map(([name, p]) => [name, value(p)]));
}

/*
 * seen records what reached the client apart from results:
 * { notifications: [{method, params}], asked: [{method, params}] }
 */
function answering(client, seen, key)
{
    const on = (method, answer) => client.setRequestHandler(key(method),
        (request) => {
            seen.asked.push({ method, params: request.params });
            return answer(request.params);
        });

    on('sampling/createMessage', () => SAMPLED);
    on('roots/list', () => ROOTS);
    on('elicitation/create', (params) => params.mode === 'url'
        ? { action: 'accept' }
        : { action: 'accept', content: filled(params.requestedSchema) });
}

const V1_SCHEMAS = {
    'sampling/createMessage': T.CreateMessageRequestSchema,
    'roots/list': T.ListRootsRequestSchema,
    'elicitation/create': T.ElicitRequestSchema,
};

const recorder = () => ({ notifications: [], asked: [], errors: [] });

async function finish(client, transport, seen, sdk)
{
    client.onerror = (err) => seen.errors.push(err);
    await client.connect(transport);

    return { client, transport, seen, sdk };
}

/* SDK v1: streamable HTTP, or with { sse: true } the pair of 2024-11-05 */
export async function connectV1(url, { sse = false, fetch } = {})
{
    const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
    const seen = recorder();

    answering(client, seen, (method) => V1_SCHEMAS[method]);
    client.fallbackNotificationHandler = async (n) => {
        seen.notifications.push({ method: n.method, params: n.params });
    };

    const Transport = sse ? SSEClientTransport : StreamableV1;

    return finish(client, new Transport(url, { fetch }), seen, 1);
}

/* SDK v2; mode: 'legacy', 'auto' or { pin: '2026-07-28' } */
export async function connectV2(url, mode, { fetch } = {})
{
    const client = new ClientV2(INFO, {
        capabilities: CAPABILITIES,
        versionNegotiation: { mode },
    });
    const seen = recorder();

    answering(client, seen, (method) => method);
    client.fallbackNotificationHandler = async (n) => {
        seen.notifications.push({ method: n.method, params: n.params });
    };

    return finish(client, new StreamableV2(url, { fetch }), seen, 2);
}

export const MODERN = { pin: '2026-07-28' };

/* the log messages that reached the client */
export const logged = (seen) => seen.notifications
    .filter((n) => n.method === 'notifications/message')
    .map((n) => n.params.data);

/* what the gateway says about a message that it blocked */
export const verdictOf = (carrier) =>
    carrier?._meta?.['ngx-mcp-module/verdict'];

/*
 * A fetch that keeps what came back as it stood on the wire, { method, text }
 * for each exchange, as far as it has arrived: a client library tidies up.
 */
export function recordingFetch(into)
{
    return async (url, init) => {
        const response = await fetch(url, init);
        const entry = { method: init?.method ?? 'GET', text: '' };

        into.push(entry);

        if (response.body === null) {
            return response;
        }

        const [a, b] = response.body.tee();

        (async () => {
            for await (const part of b.pipeThrough(new TextDecoderStream())) {
                entry.text += part;
            }
        })().catch(() => {});

        return new Response(a, {
            status: response.status,
            statusText: response.statusText,
            headers: response.headers,
        });
    };
}
