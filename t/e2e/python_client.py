"""The official Python client (PyPI mcp 1.x) at work; prints what it saw.

    python_client.py http URL CALLS    streamable HTTP
    python_client.py sse URL CALLS     HTTP+SSE of 2024-11-05

CALLS is a JSON list of [tool, arguments].  One JSON object goes to stdout;
t/e2e/python.test.mjs looks at it.
"""

import asyncio
import json
import sys
from contextlib import asynccontextmanager

from mcp import ClientSession, McpError
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamablehttp_client
from mcp.types import ElicitResult, ListRootsResult


@asynccontextmanager
async def transport(kind, url):
    if kind == "sse":
        async with sse_client(url) as (read, write):
            yield read, write
    else:
        async with streamablehttp_client(url) as (read, write, _):
            yield read, write


async def attempt(action):
    try:
        result = await asyncio.wait_for(action, 15)
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)
    except McpError as err:
        return {"code": err.error.code, "message": err.error.message}


async def main(kind, url, calls):
    asked, logged = [], []

    async def on_elicit(context, params):
        asked.append("elicitation/create")
        return ElicitResult(action="accept", content={"password": "x"})

    async def on_roots(context):
        asked.append("roots/list")
        return ListRootsResult(roots=[])

    async def on_log(params):
        logged.append(params.data)

    async with transport(kind, url) as (read, write):
        async with ClientSession(
            read, write, elicitation_callback=on_elicit,
            list_roots_callback=on_roots, logging_callback=on_log,
        ) as session:
            await session.initialize()
            tools = await session.list_tools()
            results = [
                await attempt(session.call_tool(name, arguments))
                for name, arguments in calls
            ]

    print(json.dumps({
        "tools": [t.name for t in tools.tools],
        "results": results,
        "asked": asked,
        "logged": logged,
    }))


asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
