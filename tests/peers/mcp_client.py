"""Drives `jit mcp` with the protocol's own library for Python.

Usage: mcp_client.py JIT MODE FOLDER. MODE is `legacy` (the handshake up to 2025-11-25) or a version without one. Prints the id of a
request and goes on when a line comes back; so the caller can approve it. The last line is `done`.
"""

import os
import sys

import anyio
import jsonschema
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

TOOLS = ["roles", "request", "status", "wait", "exec", "end"]
REMOVED = "[removed: a credential]"


class Held:
    """A pipe that every process of a command holds open."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "held")
        os.mkfifo(self.path)

    async def begun(self):
        """Returns when the command has said that it runs."""
        with anyio.fail_after(60):
            self.pipe = await anyio.to_thread.run_sync(open, self.path, abandon_on_cancel=True)
            assert await anyio.to_thread.run_sync(self.pipe.readline, abandon_on_cancel=True) == "runs\n"

    async def ended(self):
        """Returns when the last process is gone."""
        with anyio.fail_after(60):
            assert await anyio.to_thread.run_sync(self.pipe.read, abandon_on_cancel=True) == ""


class Judge:
    def __init__(self, client, schemas):
        self.client, self.schemas = client, schemas

    async def call(self, name, fails=False, progress=None, **arguments):
        """Calls a tool. Its result keeps to the schema, whether or not it is an error."""
        result = await self.client.call_tool(name, arguments, progress_callback=progress)
        assert bool(result.is_error) == fails, result
        jsonschema.Draft202012Validator(self.schemas[name]).validate(result.structured_content)
        return result.structured_content


async def main(jit, mode, folder):
    server = StdioServerParameters(command=jit, args=["mcp"], env=dict(os.environ), cwd=folder)
    async with Client(stdio_client(server), mode=mode) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == TOOLS, tools
        for tool in tools:
            jsonschema.Draft202012Validator.check_schema(tool.input_schema)
            jsonschema.Draft202012Validator.check_schema(tool.output_schema)
            assert tool.input_schema["additionalProperties"] is False
        judge = Judge(client, {tool.name: tool.output_schema for tool in tools})

        for name, arguments in [("approve", {}), ("roles", {"more": 1}), ("exec", {"role": "orders-admin", "argv": []})]:
            try:
                await client.call_tool(name, arguments)
            except MCPError as error:
                assert error.error.code == -32602, error
            else:
                raise AssertionError(name)

        roles = await judge.call("roles", filter="orders-admin")
        assert [role["name"] for role in roles["roles"]] == ["orders-admin"], roles
        none = await judge.call("exec", fails=True, role="orders-admin", argv=["true"])
        assert none["state"] == "none", none

        asked = await judge.call("request", role="orders-admin", reason="INC-42 look at it")
        assert asked["state"] == "pending", asked
        heard, first = [], anyio.Event()

        async def progress(done, total, message):
            heard.append(message)
            first.set()

        async def waits(answer):
            answer.append(await judge.call("wait", progress=progress, request=asked["id"], timeout_seconds=60))

        answer = []
        async with anyio.create_task_group() as group:
            group.start_soon(waits, answer)
            with anyio.fail_after(60):
                await first.wait()
            print(asked["id"], flush=True)
            await anyio.to_thread.run_sync(sys.stdin.readline)
        assert answer[0]["state"] == "approved" and answer[0]["approved_by"] == ["bo"], answer
        assert "waits for" in heard[0], heard

        ran = await judge.call("exec", role="orders-admin", argv=["sh", "-c", "env; exit 7"], cwd=folder)
        assert ran["exit_code"] == 7, ran
        assert f"AWS_SECRET_ACCESS_KEY={REMOVED}\n" in ran["stdout"], ran
        slow = await judge.call("exec", role="orders-admin", argv=["sleep", "60"], timeout_seconds=1)
        assert slow["timed_out"] and slow["exit_code"] is None, slow

        held = Held(folder)
        endless = ["sh", "-c", f"exec 3>{held.path}; echo runs >&3; sleep 600 & wait"]
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: client.call_tool("exec", {"role": "orders-admin", "argv": endless}))
            await held.begun()
            group.cancel_scope.cancel()
        await held.ended()

        status = await judge.call("status")
        assert [(one["id"], one["state"]) for one in status["requests"]] == [(asked["id"], "active")], status
    print("done", flush=True)


anyio.run(main, *sys.argv[1:])
