"""Calls of MCP tools by the protocol's own client, in the environment of `make plugins`.

    python -m tests.builders.mcp_calls http://127.0.0.1:8001/-/mcp < calls.json

It reads a list of [tool, arguments], and writes {"tools": {name: schema}, "answers": [{"error", "text"}]}.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

from tests.paths import ROOT


def ask(python: str, address: str, calls: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Run this file in another environment, and return what it wrote."""
    command = [python, "-m", "tests.builders.mcp_calls", f"{address}/-/mcp"]
    done = subprocess.run(
        command, input=json.dumps(calls), capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


async def _main(address: str) -> None:
    from mcp import Client  # type: ignore[import-not-found,unused-ignore]

    async with Client(address) as client:
        tools = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
        answers = []
        for name, arguments in json.load(sys.stdin):
            found = await client.call_tool(name, arguments)
            answers.append({"error": found.is_error, "text": found.content[0].text})
    json.dump({"tools": tools, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
