/*
 * Which place of the protocol a value has, and so its role and surfaces
 * (mcp-wire.md 7; design.md 2.6).
 *
 * A member inherits role and surfaces of its object unless this file says
 * something else, so unknown members are never without a surface.  Everything
 * a client says counts as arguments; what a server says counts by the reader
 * it is for, and where that depends on what is not known yet (a method that
 * comes behind its params, the request that a result answers) it counts for
 * all of them.
 */

#include "mcp_message_int.h"


#define S_ARGUMENTS    MCP_SURFACE_ARGUMENTS
#define S_RESULT       MCP_SURFACE_RESULT
#define S_DESCRIPTION  MCP_SURFACE_DESCRIPTION
#define S_RESOURCE     MCP_SURFACE_RESOURCE
#define S_PROMPT       MCP_SURFACE_PROMPT
#define S_LOG          MCP_SURFACE_LOG
#define S_ERROR        MCP_SURFACE_ERROR
#define S_ELICITATION  MCP_SURFACE_ELICITATION


static void
set(mcp_slot_t *s, mcp_place_t place, mcp_role_t role, unsigned surfaces)
{
    s->place = (uint8_t) place;
    s->role = (uint8_t) role;
    s->surfaces = (uint8_t) surfaces;
}


/* Params of a server's request or notification. */
static unsigned
params_surfaces(const mcp_message_t *m)
{
    if (m->dir == MCP_CLIENT) {
        return S_ARGUMENTS;
    }

    switch (m->envelope->method_id) {

    case MCP_M_SAMPLING_CREATE_MESSAGE:
        return S_PROMPT;

    case MCP_M_ELICITATION_CREATE:
        return S_ELICITATION;

    case MCP_M_N_TASKS:
    case MCP_M_N_TASKS_STATUS:
        return S_LOG|S_RESULT;

    case MCP_M_NONE:
    case MCP_M_OTHER:
        return S_LOG|S_RESULT|S_PROMPT|S_ELICITATION;

    default:
        return S_LOG;
    }
}


static void
envelope_member(mcp_message_t *m, mcp_slot_t *s, mcp_member_t k)
{
    int  client;

    client = (m->dir == MCP_CLIENT);

    switch (k) {

    case K_ID:
    case K_METHOD:
        s->surfaces = client ? S_ARGUMENTS : S_RESULT;
        break;

    case K_PARAMS:
        set(s, P_PARAMS, MCP_ROLE_PARAMS, params_surfaces(m));
        break;

    case K_RESULT:
        if (client) {
            set(s, P_ANSWER, MCP_ROLE_ANSWER, S_ARGUMENTS);

        } else {
            set(s, P_RESULT, MCP_ROLE_OTHER, S_RESULT);
        }

        s->capture = SPAN_RESULT;
        break;

    case K_ERROR:
        if (client) {
            set(s, P_ERROR, MCP_ROLE_ANSWER, S_ARGUMENTS);

        } else {
            set(s, P_ERROR, MCP_ROLE_ERROR, S_ERROR);
        }

        s->capture = SPAN_ERROR;
        break;

    default:
        break;
    }
}


static void
client_params_member(mcp_slot_t *s, mcp_member_t k)
{
    switch (k) {

    case K_NAME:
    case K_URI:
    case K_TASK_ID:
        s->role = MCP_ROLE_NAME;
        break;

    case K_ARGUMENTS:
        s->role = MCP_ROLE_ARGUMENT;
        break;

    case K_META:
        set(s, P_PARAMS_META, MCP_ROLE_META, s->surfaces);
        break;

    case K_CAPABILITIES:
        s->place = P_CAPABILITIES;
        break;

    case K_INPUT_RESPONSES:
        set(s, P_INPUT_RESPONSES, MCP_ROLE_ANSWER, s->surfaces);
        break;

    case K_CONTEXT:
        s->place = P_CONTEXT;
        break;

    case K_REF:
    case K_ARGUMENT:
    case K_TASK:
        s->place = P_STRICT;
        break;

    case K_REQUEST_STATE:
    case K_CURSOR:
        s->role = MCP_ROLE_STATE;
        break;

    default:
        break;
    }
}


/* Of a request on the wire or inside of a result. */
static void
server_params_member(mcp_slot_t *s, mcp_member_t k)
{
    switch (k) {

    case K_META:
        set(s, P_META, MCP_ROLE_META, s->surfaces);
        break;

    case K_MESSAGES:
        s->place = P_MESSAGES;
        break;

    case K_DATA:
    case K_MESSAGE:
        s->block = (s->surfaces & S_LOG) != 0;   /* of a log, of progress    */
        break;

    case K_TOOLS:
        s->place = P_LISTED;
        s->surfaces |= S_DESCRIPTION;
        break;

    /* notifications/tasks carries what tasks/get would return */

    case K_RESULT:
        set(s, P_TASK_RESULT, MCP_ROLE_CONTENT, s->surfaces|S_RESULT);
        break;

    case K_ERROR:
        set(s, P_ERROR, MCP_ROLE_ERROR, s->surfaces|S_ERROR);
        break;

    case K_INPUT_REQUESTS:
        set(s, P_INPUT_REQUESTS, MCP_ROLE_INPUT_REQUEST,
            s->surfaces|S_PROMPT|S_ELICITATION);
        break;

    default:
        break;
    }
}


/*
 * Lists and contents do not come together in a result of any method.  Where
 * they do, each counts as the other too from then on.
 */
static void
result_list(mcp_message_t *m, mcp_slot_t *s, mcp_place_t place,
    mcp_role_t role)
{
    m->pending.lists = 1;
    set(s, place, role, S_DESCRIPTION | (m->pending.contents ? S_RESULT : 0));
}


static void
result_contents(mcp_message_t *m, mcp_slot_t *s, mcp_place_t place,
    mcp_role_t role, unsigned surfaces)
{
    m->pending.contents = 1;
    set(s, place, role, surfaces | (m->pending.lists ? S_DESCRIPTION : 0));
}


static void
result_member(mcp_message_t *m, mcp_slot_t *s, mcp_member_t k)
{
    switch (k) {

    case K_CONTENT:
        result_contents(m, s, P_CONTENT, MCP_ROLE_CONTENT, S_RESULT);
        break;

    case K_STRUCTURED_CONTENT:
        result_contents(m, s, P_LAX, MCP_ROLE_CONTENT, S_RESULT);
        break;

    case K_CONTENTS:
        result_contents(m, s, P_RESOURCE, MCP_ROLE_CONTENTS, S_RESOURCE);
        break;

    case K_MESSAGES:
        result_contents(m, s, P_MESSAGES, MCP_ROLE_MESSAGES, S_PROMPT);
        break;

    case K_TOOLS:
        result_list(m, s, P_TOOLS, MCP_ROLE_TOOL);
        s->capture = SPAN_TOOLS;
        break;

    case K_PROMPTS:
    case K_RESOURCES:
    case K_RESOURCE_TEMPLATES:
        result_list(m, s, P_LISTED, MCP_ROLE_LISTED);
        break;

    case K_INSTRUCTIONS:
        set(s, P_LAX, MCP_ROLE_INSTRUCTIONS, S_DESCRIPTION);
        s->capture = SPAN_INSTRUCTIONS;
        break;

    case K_SERVER_INFO:
        set(s, P_STRICT, MCP_ROLE_SERVER_INFO, S_DESCRIPTION);
        break;

    case K_DESCRIPTION:
        s->surfaces = S_PROMPT|S_DESCRIPTION;
        break;

    case K_META:
        set(s, P_META, MCP_ROLE_META, S_RESULT);
        break;

    case K_COMPLETION:
        set(s, P_STRICT, MCP_ROLE_CONTENT, S_RESULT);
        break;

    case K_INPUT_REQUESTS:
        set(s, P_INPUT_REQUESTS, MCP_ROLE_INPUT_REQUEST,
            S_ELICITATION|S_PROMPT);
        break;

    /* tasks/get carries the result or the error of a tool call */

    case K_RESULT:
        set(s, P_TASK_RESULT, MCP_ROLE_CONTENT, S_RESULT);
        break;

    case K_ERROR:
        set(s, P_ERROR, MCP_ROLE_ERROR, S_RESULT|S_ERROR);
        break;

    case K_TASK:
        s->place = P_STRICT;
        break;

    case K_REQUEST_STATE:
    case K_NEXT_CURSOR:
        s->role = MCP_ROLE_STATE;
        break;

    case K_CACHE_SCOPE:
        s->capture = SPAN_CACHE_SCOPE;
        break;

    case K_RESULT_TYPE:
    case K_IS_ERROR:
        break;

    default:
        /* an extension's: a text or a description, we do not know */
        s->surfaces = S_RESULT|S_DESCRIPTION;
        break;
    }
}


static void
content_member(mcp_slot_t *s, mcp_member_t k)
{
    switch (k) {

    case K_TEXT:
    case K_BLOB:
        s->block = 1;
        break;

    case K_RESOURCE:
        s->place = P_RESOURCE;
        s->surfaces |= S_RESOURCE;
        break;

    case K_CONTENT:
        s->place = P_CONTENT;             /* of a tool_result */
        break;

    default:
        break;
    }
}


void
mcp_place_member(mcp_message_t *m, mcp_level_t *l, mcp_member_t k)
{
    mcp_slot_t  *s;

    s = &l->next;
    *s = l->self;
    s->place = P_LAX;
    s->capture = SPAN_NONE;

    switch ((mcp_place_t) l->self.place) {

    case P_ENVELOPE:
        envelope_member(m, s, k);
        break;

    case P_PARAMS:
        if (m->dir == MCP_CLIENT) {
            client_params_member(s, k);

        } else {
            server_params_member(s, k);
        }

        break;

    case P_INPUT_PARAMS:
        server_params_member(s, k);
        break;

    case P_PARAMS_META:
        if (k == K_META_CLIENT_CAPABILITIES) {
            s->place = P_CAPABILITIES;
        }

        break;

    case P_META:
        if (m->dir == MCP_SERVER && k == K_META_SERVER_INFO) {
            set(s, P_STRICT, MCP_ROLE_SERVER_INFO, s->surfaces|S_DESCRIPTION);
        }

        break;

    case P_RESULT:
        result_member(m, s, k);
        break;

    case P_TASK_RESULT:
        if (k == K_CONTENT) {
            s->place = P_CONTENT;
        }

        break;

    case P_ERROR:
        if (k == K_DATA) {
            s->place = P_ERROR_DATA;
        }

        break;

    case P_ERROR_DATA:
        if (m->dir == MCP_SERVER && k == K_ELICITATIONS) {
            s->surfaces |= S_ELICITATION;
        }

        break;

    case P_CAPABILITIES:
        if (k == K_ELICITATION) {
            s->place = P_ELICITATION;
        }

        break;

    case P_INPUT_RESPONSES:
        s->place = P_ANSWER;
        break;

    case P_ANSWER:
        if (k == K_ROOTS) {
            s->place = P_ROOTS;

        } else if (k == K_META) {
            set(s, P_META, MCP_ROLE_META, s->surfaces);
        }

        break;

    case P_CONTENT:
        content_member(s, k);
        break;

    case P_RESOURCE:
        s->block = (k == K_TEXT || k == K_BLOB);
        break;

    case P_MESSAGES:
        if (k == K_CONTENT) {
            s->place = P_CONTENT;
        }

        break;

    case P_LISTED:
        if (k == K_ARGUMENTS) {
            s->place = P_LISTED;          /* of a prompt */
        }

        break;

    case P_INPUT_REQUESTS:
        s->place = P_INPUT_REQUEST;
        break;

    case P_INPUT_REQUEST:
        if (k == K_PARAMS) {
            s->place = P_INPUT_PARAMS;
        }

        break;

    default:
        break;
    }
}


void
mcp_place_elements(mcp_level_t *l)
{
    l->next = l->self;
    l->next.capture = SPAN_NONE;

    switch ((mcp_place_t) l->self.place) {

    case P_BATCH:
        l->next.place = P_ENVELOPE;
        break;

    case P_TOOLS:
        l->next.place = P_TOOL;
        break;

    case P_ROOTS:
    case P_CONTENT:
    case P_RESOURCE:
    case P_MESSAGES:
    case P_LISTED:
        break;

    default:
        l->next.place = P_LAX;
        break;
    }
}


mcp_place_t
mcp_place_object(const mcp_slot_t *slot)
{
    /* an object where a list of tools should be is not one of its tools */

    return (slot->place == P_TOOLS) ? P_LAX : (mcp_place_t) slot->place;
}


int
mcp_place_strict(mcp_place_t place)
{
    switch (place) {

    case P_LAX:
    case P_BATCH:
    case P_ERROR_DATA:
    case P_CAPABILITIES:
    case P_ELICITATION:

    /* their member names are free */
    case P_INPUT_RESPONSES:
    case P_INPUT_REQUESTS:
        return 0;

    default:
        return 1;
    }
}
