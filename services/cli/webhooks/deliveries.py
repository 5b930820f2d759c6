"""The verbs on what was sent: the log, a test, one again, all that was missed again"""

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.asking import AsJson, BaseUrl, Json, an_id, answered, say
from services.cli.webhooks import view, words
from services.cli.webhooks.wishes import Endpoint

if TYPE_CHECKING:
    from services.cli.run.client import Client

FAILED = 1
#: Between two looks at what goes on.
_LOOK_SECONDS = 0.3
#: A try may take half a minute.
_PATIENCE_SECONDS = 40.0
Delivery = Annotated[str, typer.Argument(help="The delivery's id, dlv_…", metavar="DELIVERY", callback=an_id)]


def register(webhooks: typer.Typer) -> None:
    """Add the commands."""
    for name, command in (("deliveries", deliveries), ("test", send_sample), ("resend", resend), ("recover", recover)):
        webhooks.command(name)(command)


def deliveries(  # noqa: PLR0917 (typer calls it by name)
    which: Annotated[
        str,
        typer.Argument(help="An endpoint, wh_…, or one delivery, dlv_…", metavar="ENDPOINT|DELIVERY", callback=an_id),
    ],
    state: Annotated[
        str | None, typer.Option(help="pending, held, delivered, failed, dropped, suppressed or merged.")
    ] = None,
    event: Annotated[str | None, typer.Option("--event", "-e", help="Only of this type.")] = None,
    since: Annotated[str | None, typer.Option(help="2h, 3d, an ISO time or Unix seconds.")] = None,
    until: Annotated[str | None, typer.Option(help="The same.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 20,
    after: Annotated[str | None, typer.Option(help="Go on after this one.")] = None,
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Show what an endpoint was sent, newest first, or one delivery with every attempt."""
    if which.startswith("dlv_"):
        one = answered(lambda client: client.get(f"/deliveries/{which}"), base_url, as_json=as_json)
        say(one, as_json=as_json, people=view.delivery)
        return
    asked = {
        "state": state,
        "event_type": event,
        "since": words.instant(since, "--since") if since else None,
        "until": words.instant(until, "--until") if until else None,
        "after": after,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    path = f"/webhook_endpoints/{which}/deliveries"
    listed = answered(lambda client: client.get(path, limit=limit, **given), base_url, as_json=as_json)
    say(listed, as_json=as_json, people=view.deliveries)


def send_sample(
    endpoint: Endpoint,
    event: Annotated[str, typer.Option("--event", "-e", help="The type to pretend.")] = "fine_tuning.job.succeeded",
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Send a sample by the real way and show what came back. Exits with 1 unless that was 2xx."""
    path = f"/webhook_endpoints/{endpoint}/test"

    async def act(client: "Client") -> tuple[Json, Json | None]:
        result = await client.post(path, {"event_type": event})
        arrived = 200 <= result["status_code"] < 300
        return result, None if arrived else await client.get(f"/deliveries/{result['delivery_id']}")

    result, failed = answered(act, base_url, as_json=as_json)
    say(result, as_json=as_json, people=lambda answer: view.sample(answer, failed))
    if failed is not None:
        raise typer.Exit(FAILED)


def resend(delivery: Delivery, as_json: AsJson = False, base_url: BaseUrl = None) -> None:  # noqa: FBT002
    """Send one again, now and once: the same id and bytes, the secret of today. Exits with 1 if it does not arrive."""

    async def act(client: "Client") -> Json:
        before = await client.get(f"/deliveries/{delivery}")
        await client.post(f"/deliveries/{delivery}/resend", {})
        return await _tried(client, delivery, len(before["attempts"]))

    shown = answered(act, base_url, as_json=as_json)
    say(shown, as_json=as_json, people=view.delivery)
    if not _arrived(shown):
        raise typer.Exit(FAILED)


def recover(
    endpoint: Endpoint,
    since: Annotated[str, typer.Option(help="2h, 3d, an ISO time or Unix seconds; at most 14 days ago.")],
    include: Annotated[
        list[str] | None, typer.Option(help="failed (the default), dropped, suppressed, missed; may be given often.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for its end.")] = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Send again all that the endpoint missed since a time, each once. It goes on when this command is stopped."""
    body = {"since": words.instant(since, "--since"), "include": include or ["failed"]}

    async def act(client: "Client") -> Json:
        seen = await client.post(f"/webhook_endpoints/{endpoint}/recover", body)
        while seen["status"] == "running" and not detach:
            await asyncio.sleep(_LOOK_SECONDS)
            seen = await client.get(f"/webhook_endpoints/{endpoint}/recoveries/{seen['id']}")
        return seen

    ended = answered(act, base_url, as_json=as_json)
    say(ended, as_json=as_json, people=view.recovery)
    if ended["status"] == "cancelled":
        raise typer.Exit(FAILED)


async def _tried(client: "Client", delivery: str, before: int) -> Json:
    """Return the delivery when it was tried once more; as it is after a while, when no notifier takes it up."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        seen = await client.get(f"/deliveries/{delivery}")
        if len(seen["attempts"]) > before or time.monotonic() > until:
            return seen
        await asyncio.sleep(_LOOK_SECONDS)


def _arrived(shown: Json) -> bool:
    last: Json = shown["attempts"][-1] if shown["attempts"] else {}
    status = last.get("status_code")
    if status is not None:
        return 200 <= int(status) < 300
    return bool(last) and last["error"] is None and shown["state"] == "delivered"
