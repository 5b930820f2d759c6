"""Speak to Slack: post to a webhook, call the API, hand in a picture; all through the one guard of outgoing requests"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from services.notifier.slack.verdicts import Reply, of_api, of_webhook
from shared.security import egress
from shared.wire.user_agent import user_agent

#: The API, whose address is the operator's, answers with the message that it took, escaped: several times of what we
#: sent. Of what a project or an answer named, no more is read than of any webhook.
_MOST_OF_THE_API = 512 * 1024
_JSON = "application/json; charset=utf-8"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Client:
    """One session, one address of the API; `target` checks a URL that a project named or that Slack gave us."""

    session: aiohttp.ClientSession
    api_url: str
    target: Callable[[str], URL]

    async def webhook(self, url: str, payload: dict[str, Any]) -> Reply:
        """Post to an incoming webhook. Raises what the guard does, and TargetRefused."""
        reply = await self._post(self.target(url), json.dumps(payload).encode(), {"content-type": _JSON})
        return of_webhook(reply.status, _text(reply), reply.headers.get("retry-after"))

    async def call(self, method: str, token: str, payload: dict[str, Any], *, form: bool = False) -> Reply:
        """Call a method of the API as the bot. Raises what the guard does."""
        body = urlencode(payload).encode() if form else json.dumps(payload).encode()
        headers = {"content-type": _FORM if form else _JSON, "authorization": f"Bearer {token}"}
        reply = await self._post(URL(f"{self.api_url}{method}"), body, headers, most=_MOST_OF_THE_API)
        return of_api(reply.status, _text(reply), reply.headers.get("retry-after"))

    async def share(self, token: str, picture: bytes, alt_text: str, where: dict[str, str]) -> Reply:
        """Hand in a picture and share it `where` (`channel_id`, `thread_ts`). Raises what the guard does."""
        about = {"filename": "loss.png", "length": str(len(picture)), "alt_txt": alt_text}
        place = await self.call("files.getUploadURLExternal", token, about, form=True)
        if not place.ok or place.told is None:
            return place
        url = self.target(str(place.told.get("upload_url")))
        sent = await self._post(url, picture, {"content-type": "application/octet-stream"})
        if sent.status != 200:
            return of_webhook(sent.status, _text(sent), sent.headers.get("retry-after"))
        files = [{"id": place.told.get("file_id"), "title": "Loss"}]
        return await self.call("files.completeUploadExternal", token, {"files": files, **where})

    async def _post(
        self, url: URL, body: bytes, headers: dict[str, str], *, most: int = egress.MOST_ANSWER_BYTES
    ) -> egress.Reply:
        headers = {**headers, "user-agent": user_agent()}
        return await egress.post(self.session, url, body, headers, most=most)


def _text(reply: egress.Reply) -> str:
    return reply.body.decode(errors="replace")
