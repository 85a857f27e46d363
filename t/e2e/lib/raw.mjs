/*
 * HTTP without a client library, for what a library would tidy up.
 */

/* the events of a text/event-stream, by the rules of the HTML standard */
export function eventsOf(body)
{
    const events = [];
    let event = {}, any = false;

    for (const line of body.split(/\r\n|\r|\n/)) {
        if (line === '') {
            if (any) {
                events.push(event);
            }

            event = {};
            any = false;
            continue;
        }

        const colon = line.indexOf(':');

        if (colon === 0) {
            continue;
        }

        const name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');

        event[name] = name === 'data' && event.data !== undefined
            ? `${event.data}\n${value}` : value;
        any = true;
    }

    return events;
}

/* the messages of a body, whichever of the two types it has */
export function messagesOf(contentType, body)
{
    if (contentType?.startsWith('application/json')) {
        return [JSON.parse(body)];
    }

    return eventsOf(body).filter((e) => e.data).map((e) => JSON.parse(e.data));
}

const HEADERS = {
    'Content-Type': 'application/json',
    'Accept': 'application/json, text/event-stream',
};

/* POSTs one message; returns { status, headers, body, messages } */
export async function post(url, message, headers = {})
{
    const response = await fetch(url, {
        method: 'POST',
        headers: { ...HEADERS, ...headers },
        body: typeof message === 'string' ? message : JSON.stringify(message),
    });

    const body = await response.text();
    const type = response.headers.get('content-type');

    return {
        status: response.status,
        headers: response.headers,
        body,
        messages: body === '' || response.status === 202
            ? [] : messagesOf(type, body),
    };
}

/* a session of the legacy era; returns the headers that go with it */
export async function openSession(url)
{
    const version = '2025-11-25';
    const { headers } = await post(url, {
        jsonrpc: '2.0', id: 0, method: 'initialize',
        params: {
            protocolVersion: version,
            capabilities: {},
            clientInfo: { name: 'raw', version: '1' },
        },
    });

    const session = {
        'Mcp-Session-Id': headers.get('mcp-session-id'),
        'MCP-Protocol-Version': version,
    };

    await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' },
               session);

    return session;
}

/*
 * Reads a stream opened with GET until enough(events) or a deadline, then
 * closes it.  Returns the events.
 */
export async function follow(url, headers, enough, ms = 5000)
{
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), ms);
    let body = '', events = [];

    try {
        const response = await fetch(url, {
            headers: { Accept: 'text/event-stream', ...headers },
            signal: stop.signal,
        });

        for await (const part of response.body.pipeThrough(
                       new TextDecoderStream()))
        {
            body += part;
            events = eventsOf(body);

            if (enough(events)) {
                break;
            }
        }

    } catch (err) {
        if (err.name !== 'AbortError') {
            throw err;
        }

    } finally {
        clearTimeout(late);
        stop.abort();
    }

    return events;
}

/* headers of a request of the modern era, and its envelope */
export function modern(method, params = {}, id = 1, capabilities = {})
{
    const version = '2026-07-28';
    const name = params.name ?? params.uri;

    return {
        headers: {
            'MCP-Protocol-Version': version,
            'Mcp-Method': method,
            ...(name === undefined ? {} : { 'Mcp-Name': name }),
        },
        message: {
            jsonrpc: '2.0', id, method,
            params: {
                ...params,
                _meta: {
                    'io.modelcontextprotocol/protocolVersion': version,
                    'io.modelcontextprotocol/clientCapabilities':
                        capabilities,
                    ...params._meta,
                },
            },
        },
    };
}
