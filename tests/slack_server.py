"""A Slack on this machine: both ways of posting, every limit of a message, its errors, its pace, and files"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

#: As it is documented, and as messages are counted: in UTF-16.
_BLOCKS = {"header", "section", "actions", "context", "divider", "image", "markdown"}
_TOKEN = "xoxb-1234567890-test"
_CHANNEL = "C0TESTS00"
#: Answers of an incoming webhook: status and word.
WEBHOOK_STATUS = {
    "invalid_payload": 400,
    "user_not_found": 400,
    "no_text": 400,
    "invalid_blocks": 400,
    "action_prohibited": 403,
    "invalid_token": 403,
    "posting_to_general_channel_denied": 403,
    "team_disabled": 403,
    "channel_not_found": 404,
    "no_service": 404,
    "no_team": 404,
    "no_active_hooks": 404,
    "channel_is_archived": 410,
    "rate_limited": 429,
    "rollup_error": 500,
}


@dataclass
class Posted:
    """A message as it stands in a channel."""

    ts: str
    payload: dict[str, Any]
    at: float
    thread_ts: str | None = None
    versions: int = 1

    @property
    def texts(self) -> list[str]:
        """Every text object of it, and the top-level text."""
        return [self.payload.get("text", ""), *(each["text"] for each in _text_objects(self.payload.get("blocks", [])))]


@dataclass
class SlackServer:
    """What was posted, in order; `say` scripts what the next calls are answered instead of being done."""

    url: str = ""
    #: Seconds a channel has to wait between two messages; a burst of so many is let through first.
    pace: float = 0.0
    burst: int = 1
    #: What a scripted `rate_limited` asks for.
    retry_after: float = 1.0
    messages: list[Posted] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    say: list[str] = field(default_factory=list)
    #: Whom the bot is: its scopes.
    scopes: set[str] = field(default_factory=lambda: {"chat:write", "files:write"})
    _free_at: float = 0.0
    _uploads: dict[str, bytes] = field(default_factory=dict)

    @property
    def hook(self) -> str:
        return f"{self.url}services/T000/B000/secretsecretsecret"

    @property
    def channel(self) -> list[Posted]:
        """What stands in the channel itself, threads folded."""
        return [message for message in self.messages if message.thread_ts is None]

    def thread(self, ts: str) -> list[Posted]:
        return [message for message in self.messages if message.thread_ts == ts]

    async def webhook(self, request: web.Request) -> web.StreamResponse:
        self.calls.append("webhook")
        payload = json.loads(await request.read())
        if (word := self._scripted(request)) or (word := problem(payload)):
            self.refused.append(word)
            return web.Response(status=WEBHOOK_STATUS.get(word, 400), text=word, headers=self._later(word))
        if wait := self._wait():
            return web.Response(status=429, text="rate_limited", headers={"retry-after": str(wait)})
        self._add(payload)
        return web.Response(text="ok")

    async def api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        if request.headers.get("authorization") != f"Bearer {_TOKEN}":
            return _refusal("invalid_auth")
        if word := self._scripted(request):
            self.refused.append(word)
            status = 429 if word == "ratelimited" else 200
            return web.json_response({"ok": False, "error": word}, status=status, headers=self._later(word))
        do: dict[str, Callable[[dict[str, Any]], web.StreamResponse]] = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "files.getUploadURLExternal": self._place,
            "files.completeUploadExternal": self._share,
        }
        form = request.content_type == "application/x-www-form-urlencoded"
        return do[method](dict(await request.post()) if form else json.loads(await request.read()))

    async def upload(self, request: web.Request) -> web.StreamResponse:
        self._uploads[request.match_info["file"]] = await request.read()
        return web.Response(text="OK")

    def _post(self, payload: dict[str, Any]) -> web.StreamResponse:
        if payload.get("channel") not in (_CHANNEL, "#training"):
            return _refusal("channel_not_found")
        if word := problem(payload):
            self.refused.append(word)
            return _refusal(word)
        thread = payload.get("thread_ts")
        if thread is not None and thread not in {message.ts for message in self.messages}:
            return _refusal("thread_not_found")
        if wait := self._wait():
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"retry-after": str(wait)}
            )
        posted = self._add(payload)
        return web.json_response({"ok": True, "channel": _CHANNEL, "ts": posted.ts, "message": payload})

    def _update(self, payload: dict[str, Any]) -> web.StreamResponse:
        found = next((message for message in self.messages if message.ts == payload.get("ts")), None)
        if found is None or payload.get("channel") != _CHANNEL:
            return _refusal("message_not_found")
        if word := problem(payload):
            self.refused.append(word)
            return _refusal(word)
        found.payload, found.versions = payload, found.versions + 1
        return web.json_response({"ok": True, "channel": _CHANNEL, "ts": found.ts, "text": payload["text"]})

    def _place(self, form: dict[str, Any]) -> web.StreamResponse:
        if "files:write" not in self.scopes:
            return _refusal("missing_scope")
        if not str(form.get("length", "")).isdigit() or not form.get("filename"):
            return _refusal("invalid_arguments")
        name = f"F{len(self._uploads):04}"
        self._uploads[name] = b""
        return web.json_response({"ok": True, "upload_url": f"{self.url}upload/{name}", "file_id": name})

    def _share(self, payload: dict[str, Any]) -> web.StreamResponse:
        files = [self._uploads.get(file["id"]) for file in payload["files"]]
        if not all(files) or payload.get("channel_id") != _CHANNEL:
            return _refusal("invalid_arguments")
        self.files.append({**payload, "content": files[0]})
        return web.json_response({"ok": True, "files": payload["files"]})

    def _add(self, payload: dict[str, Any]) -> Posted:
        now = asyncio.get_running_loop().time()
        ts = f"1795305600.{len(self.messages):06}"
        self.messages.append(Posted(ts, payload, now, payload.get("thread_ts")))
        return self.messages[-1]

    def _wait(self) -> float:
        """Return how long the channel has to wait; 0 lets this message through and counts it."""
        now = asyncio.get_running_loop().time()
        # A little less than the pace: clocks of the two sides are not one.
        early = self._free_at - now - self.pace * (self.burst - 0.9)
        if self.pace and early > 0:
            return max(early, self.pace)
        self._free_at = max(self._free_at, now) + self.pace
        return 0.0

    def _later(self, word: str) -> dict[str, str]:
        return {"retry-after": f"{self.retry_after}"} if word in ("rate_limited", "ratelimited") else {}

    def _scripted(self, request: web.Request) -> str | None:
        word = self.say.pop(0) if self.say else ""
        if word == "reset" and request.transport is not None:
            request.transport.abort()
        return word or None


def problem(payload: dict[str, Any]) -> str | None:
    """Return Slack's word for what is wrong with a message."""
    blocks = payload.get("blocks")
    if blocks is None:
        return None if payload.get("text") else "no_text"
    if len(json.dumps(blocks, ensure_ascii=False)) > 13_200:
        return "msg_blocks_too_long"
    whole = len(blocks) <= 50 and all(_block_is_whole(block) for block in blocks)
    return None if whole and _size(payload.get("text", "")) <= 40_000 else "invalid_blocks"


def _block_is_whole(block: dict[str, Any]) -> bool:
    kind = block.get("type")
    if kind not in _BLOCKS or _size(block.get("block_id", "")) > 255:
        return False
    match kind:
        case "header":
            return block["text"]["type"] == "plain_text" and _fits(block["text"], 150)
        case "section":
            fields = block.get("fields", [])
            has_text = "text" in block
            return (
                (has_text or bool(fields))
                and (not has_text or _fits(block["text"], 3000))
                and len(fields) <= 10
                and all(_fits(each, 2000) for each in fields)
            )
        case "context":
            return 1 <= len(block["elements"]) <= 10 and all(_fits(each, 3000) for each in block["elements"])
        case "actions":
            return 1 <= len(block["elements"]) <= 25 and all(_button_is_whole(each) for each in block["elements"])
    return True


def _button_is_whole(button: dict[str, Any]) -> bool:
    return (
        button["type"] == "button"
        and button["text"]["type"] == "plain_text"
        and _fits(button["text"], 75)
        and _size(button.get("url", "")) <= 3000
        and _size(button.get("value", "")) <= 2000
        and _size(button.get("action_id", "")) <= 255
    )


def _fits(text: dict[str, Any], most: int) -> bool:
    return text["type"] in ("plain_text", "mrkdwn") and 1 <= _size(text["text"]) <= most


def _size(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _text_objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _text_objects(each)
    elif isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "plain_text"):
            yield value
        for each in value.values():
            yield from _text_objects(each)


def _refusal(word: str) -> web.StreamResponse:
    return web.json_response({"ok": False, "error": word})


@asynccontextmanager
async def slack_server(**settings: Any) -> AsyncIterator[SlackServer]:
    """Serve one on a free port of this machine."""
    server = SlackServer(**settings)
    app = web.Application()
    app.router.add_post("/services/{team}/{bot}/{secret}", server.webhook)
    app.router.add_post("/api/{method}", server.api)
    app.router.add_post("/upload/{file}", server.upload)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield server
    finally:
        await runner.cleanup()
