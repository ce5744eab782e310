"""A real HTTP server that speaks the OpenAI protocol as far as it goes, and fails as it is told to.

It answers with what a `Scripted` model says, so that stop texts, lengths and usage are what a server would give.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

from semalign.models import Message, Reply, Request, Role, Scripted

KEY = "sk-the-secret-of-this-test"
Handle = Callable[["Handler", dict[str, Any]], None]


@dataclass
class Server:
    """Where it listens, what it was asked, and what it does next: a list of behaviours, then speaking well."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    next: list[Handle] = field(default_factory=list)
    says: Scripted = field(default_factory=lambda: Scripted(lambda request: "one two three four"))
    served: list[str] = field(default_factory=lambda: ["talker"])


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: "_Listening"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""

    def do_GET(self) -> None:
        """The models."""
        self.send_json(200, {"object": "list", "data": [{"id": name} for name in self.server.state.served]})

    def do_POST(self) -> None:
        """A chat or a completion."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        state = self.server.state
        state.bodies.append({**body, "path": self.path})
        state.keys.append(self.headers.get("Authorization", ""))
        handle = state.next.pop(0) if state.next else speak
        handle(self, body)

    def send_json(self, status: int, body: object, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        """One whole answer."""
        self.send_bytes(status, json.dumps(body).encode(), "application/json", headers)

    def send_bytes(
        self, status: int, body: bytes, kind: str, headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """One whole answer of any kind."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def begin_stream(self) -> None:
        """Events follow, until the connection closes."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def event(self, data: object) -> None:
        """One event."""
        text = data if isinstance(data, str) else json.dumps(data)
        self.wfile.write(f"data: {text}\n\n".encode())
        self.wfile.flush()


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    state: Server

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is gone is no news: some tests hang up."""


def asked(body: dict[str, Any]) -> Request:
    """What a body asks for."""
    messages = tuple(Message(Role(said["role"]), said["content"]) for said in body.get("messages", []))
    return Request(
        messages=messages,
        prompt=body.get("prompt"),
        max_tokens=body.get("max_tokens") or body["max_completion_tokens"],
        temperature=body["temperature"],
        stop=tuple(body.get("stop", ())),
        seed=body.get("seed"),
        schema=body["response_format"]["json_schema"]["schema"] if "response_format" in body else None,
    )


def speak(handler: Handler, body: dict[str, Any]) -> None:
    """Answer well, in the form that was asked for."""
    reply = handler.server.state.says.complete(asked(body))
    chat = "messages" in body
    if not body.get("stream"):
        said = {"message": {"role": "assistant", "content": reply.text}} if chat else {"text": reply.text}
        choice = {"index": 0, "finish_reason": reply.finish, **said, **logprobs(body, reply)}
        handler.send_json(200, part([choice], usage(reply)))
        return
    handler.begin_stream()
    for chunk in chunks(reply, chat=chat):
        handler.event(chunk)
    handler.event("[DONE]")


def logprobs(body: dict[str, Any], reply: Reply) -> dict[str, Any]:
    """Each word as a token, as likely as not."""
    if not body.get("logprobs"):
        return {}
    one = {"logprob": -0.5, "bytes": None}
    tokens = [word + " " for word in reply.text.split(" ")]
    return {"logprobs": {"content": [{"token": w, **one, "top_logprobs": [{"token": w, **one}]} for w in tokens]}}


def part(choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> dict[str, Any]:
    """One object of an answer."""
    return {"id": "x", "object": "any", "created": 0, "model": "talker", "choices": choices, "usage": usage}


def usage(reply: Reply) -> dict[str, int]:
    """How many tokens."""
    n_prompt, n_completion = reply.usage.prompt_tokens, reply.usage.completion_tokens
    return {"prompt_tokens": n_prompt, "completion_tokens": n_completion, "total_tokens": n_prompt + n_completion}


def chunks(reply: Reply, *, chat: bool = True) -> Iterator[dict[str, Any]]:
    """A reply in chunks of three letters."""
    for start in range(0, len(reply.text), 3):
        text = reply.text[start : start + 3]
        yield part([{"index": 0, "finish_reason": None, **({"delta": {"content": text}} if chat else {"text": text})}])
    yield part([{"index": 0, "finish_reason": reply.finish, **({"delta": {}} if chat else {"text": ""})}])
    yield part([], usage(reply))


def refuse(
    status: int,
    error: Mapping[str, object] = MappingProxyType({}),
    *,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Handle:
    """Answer with an error, which repeats the key as bad servers do."""

    def handle(handler: Handler, body: dict[str, Any]) -> None:
        told = {"message": f"no, says the server to {handler.headers['Authorization']}", **error}
        handler.send_json(status, {"error": told}, headers)

    return handle


@contextlib.contextmanager
def speaking_server() -> Iterator[Server]:
    """A server on a free port of this machine."""
    listening = _Listening(("127.0.0.1", 0), Handler)
    listening.state = Server(url=f"http://127.0.0.1:{listening.server_port}/v1")
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield listening.state
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
