/*
 * Guided tours of a server: everything that a client can do with it, as a
 * list of what came back.  The same tour taken directly and through the
 * gateway must read the same.
 */

import { sleep } from './proc.mjs';

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const TIME = /\d{1,2}:\d\d:\d\d( [AP]M)?/g;
const DATE = /\d{1,2}\/\d{1,2}\/\d{4}|\d{4}-\d\d-\d\d/g;

/* what differs from one run to the next, and blobs made of it */
function settle(value)
{
    return JSON.parse(JSON.stringify(value, (key, v) => {
        if (key === 'blob' && typeof v === 'string') {
            return settle(Buffer.from(v, 'base64').toString('utf8'));
        }

        return typeof v === 'string'
            ? v.replace(UUID, 'UUID').replace(DATE, 'DATE')
               .replace(TIME, 'TIME')
            : v;
    }) ?? 'null');
}

async function step(log, name, action)
{
    try {
        log.push([name, settle(await action())]);

    } catch (err) {
        log.push([name, { error: settle({
            code: err.code, message: err.message, data: err.data,
        }) }]);
    }
}

/* SDK v1 has a schema between the request and its options */
const call = ({ client, sdk }, name, args = {}, options) => sdk === 1
    ? client.callTool({ name, arguments: args }, undefined, options)
    : client.callTool({ name, arguments: args }, options);

/* @modelcontextprotocol/server-everything, legacy era */
export async function tourOfEverything(connection)
{
    const { client, seen } = connection;
    const log = [];
    const at = (name, action) => step(log, name, action);
    const tool = (name, args, options) =>
        at(name, () => call(connection, name, args, options));
    const progress = [];

    await at('server', () => client.getServerVersion());
    await at('capabilities', () => client.getServerCapabilities());
    await at('instructions', () => client.getInstructions());

    /* tools that depend on the client appear a moment after the handshake */
    await sleep(100);

    await at('ping', () => client.ping());
    await at('tools/list', () => client.listTools());

    await tool('echo', { message: 'h\u00e9llo \ud83d\udc4b "quoted"\n\ttab' });
    await tool('get-sum', { a: 2, b: 40.5 });
    await tool('get-tiny-image');
    await tool('get-annotated-message',
               { messageType: 'error', includeImage: true });
    await tool('get-structured-content', { location: 'Chicago' });
    await tool('get-resource-links', { count: 3 });
    await tool('get-resource-reference',
               { resourceType: 'Text', resourceId: 2 });
    await tool('get-roots-list');
    await tool('trigger-sampling-request',
               { prompt: 'What is two plus two?', maxTokens: 20 });
    await tool('trigger-elicitation-request');
    await tool('trigger-url-elicitation', {
        url: 'https://example.com/confirm', message: 'Please confirm.',
        elicitationId: 'tour-1',
    });
    await tool('trigger-long-running-operation', { duration: 0.3, steps: 3 },
               { onprogress: (p) => progress.push(p) });
    await tool('get-sum', { a: 'not a number', b: 1 });
    await tool('no-such-tool');

    await at('resources/list', () => client.listResources());
    await at('templates/list', () => client.listResourceTemplates());
    await at('read text', () =>
        client.readResource({ uri: 'demo://resource/dynamic/text/3' }));
    await at('read blob', () =>
        client.readResource({ uri: 'demo://resource/dynamic/blob/4' }));
    await at('read nothing', () =>
        client.readResource({ uri: 'demo://nowhere' }));
    await at('subscribe', () => client.subscribeResource(
        { uri: 'demo://resource/dynamic/text/3' }));
    await at('unsubscribe', () => client.unsubscribeResource(
        { uri: 'demo://resource/dynamic/text/3' }));

    await at('prompts/list', () => client.listPrompts());
    await at('prompt', () => client.getPrompt({ name: 'simple-prompt' }));
    await at('prompt with arguments', () => client.getPrompt({
        name: 'args-prompt', arguments: { city: 'Bern', state: 'BE' },
    }));
    await at('prompt with a resource', () => client.getPrompt({
        name: 'resource-prompt',
        arguments: { resourceType: 'Text', resourceId: '1' },
    }));
    await at('unknown prompt', () => client.getPrompt({ name: 'nope' }));

    await at('completion', () => client.complete({
        ref: { type: 'ref/prompt', name: 'completable-prompt' },
        argument: { name: 'department', value: 'S' },
    }));
    await at('completion in context', () => client.complete({
        ref: { type: 'ref/prompt', name: 'completable-prompt' },
        argument: { name: 'name', value: '' },
        context: { arguments: { department: 'Engineering' } },
    }));

    await at('setLevel', () => client.setLoggingLevel('debug'));
    await tool('toggle-simulated-logging');
    await sleep(200);
    await tool('toggle-simulated-logging');

    /* the level of the simulated message is drawn by lot */
    /* the last one races with the answer */
    log.push(['progress', progress.slice(0, 2)]);
    log.push(['asked', settle(seen.asked)]);
    log.push(['notified', settle(seen.notifications.map((n) =>
        [n.method, n.params?.level === undefined ? n.params
         : /-level message|level-message/.test(n.params.data)
             ? 'simulated' : n.params.data]))]);

    return log;
}

/* the conformance fixture of the modern era, by clients of either era */
export async function tourOfFixture(connection)
{
    const { client, seen } = connection;
    const log = [];
    const at = (name, action) => step(log, name, action);
    const tool = (name, args, options) =>
        at(name, () => call(connection, name, args, options));
    const progress = [];

    await at('era', () => client.getProtocolEra?.() ?? 'legacy');
    await at('version', () => client.getNegotiatedProtocolVersion?.());
    await at('server', () => client.getServerVersion());
    await at('capabilities', () => client.getServerCapabilities());
    await at('instructions', () => client.getInstructions());
    await at('tools/list', () => client.listTools());

    for (const name of ['test_simple_text', 'test_image_content',
                        'test_audio_content', 'test_embedded_resource',
                        'test_multiple_content_types', 'test_error_handling',
                        'test_tool_with_logging', 'no_such_tool'])
    {
        await tool(name);
    }

    await tool('json_schema_2020_12_tool',
               { name: 'Ada', contactMethod: 'phone', phone: '555-0100' });
    await tool('test_mirrored_header',
               { region: 'z\u00fcrich', query: 'lakes' });
    await tool('test_tool_with_progress', {},
               { onprogress: (p) => progress.push(p) });

    if (client.getProtocolEra?.() === 'modern') {
        for (const name of ['elicitation', 'sampling', 'list_roots',
                            'request_state', 'multiple_inputs',
                            'multi_round', 'capabilities'])
        {
            await tool(`test_input_required_result_${name}`);
        }

        await at('discover', () => client.discover());
        await at('prompt that asks', () => client.getPrompt(
            { name: 'test_input_required_result_prompt' }));
    }

    await at('resources/list', () => client.listResources());
    await at('templates/list', () => client.listResourceTemplates());
    await at('read text', () =>
        client.readResource({ uri: 'test://static-text' }));
    await at('read binary', () =>
        client.readResource({ uri: 'test://static-binary' }));
    await at('read template', () =>
        client.readResource({ uri: 'test://template/7/data' }));
    await at('read nothing', () =>
        client.readResource({ uri: 'test://nowhere' }));

    await at('prompts/list', () => client.listPrompts());
    await at('prompt', () => client.getPrompt({
        name: 'test_prompt_with_arguments',
        arguments: { arg1: 'one', arg2: 'zwei \u2014 \u4e09' },
    }));
    await at('prompt with a picture', () =>
        client.getPrompt({ name: 'test_prompt_with_image' }));
    await at('completion', () => client.complete({
        ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
        argument: { name: 'arg1', value: 'te' },
    }));

    /* the last one races with the answer */
    log.push(['progress', progress.slice(0, 2)]);
    log.push(['asked', settle(seen.asked)]);
    log.push(['notified', settle(seen.notifications)]);

    return log;
}
