"""`tuneyard webhooks`: the verbs that manage endpoints"""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.asking import AsJson, BaseUrl, Json, answered, say
from services.cli.webhooks import deliveries, listen, view, words
from services.cli.webhooks.wishes import (
    Credentials,
    Description,
    Digest,
    Ed25519,
    Endpoint,
    Events,
    Headers,
    HoldFailures,
    Jobs,
    Labels,
    Models,
    Ordered,
    Quiet,
    RateLimit,
    ReplyTo,
    SlackChannel,
    Thin,
    To,
    Url,
    Wishes,
)

if TYPE_CHECKING:
    from services.cli.run.client import Client

webhooks = typer.Typer(help="Endpoints that are told what happens, and what they were sent.", no_args_is_help=True)
_PAGE = 100
Channel = Annotated[str, typer.Option(help="webhook, slack, email or apprise.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    deliveries.register(webhooks)
    listen.register(webhooks)
    app.add_typer(webhooks, name="webhooks")


@webhooks.command("list")
def list_endpoints(
    show_all: Annotated[bool, typer.Option("--all", help="Not only the newest hundred.")] = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """List the project's endpoints, newest first."""

    async def act(client: "Client") -> Json:
        listed = await client.get("/webhook_endpoints", limit=_PAGE)
        page = listed
        while show_all and page["has_more"]:
            page = await client.get("/webhook_endpoints", limit=_PAGE, after=page["data"][-1]["id"])
            listed = {**listed, "data": [*listed["data"], *page["data"]], "has_more": page["has_more"]}
        return listed

    say(answered(act, base_url, as_json=as_json), as_json=as_json, people=view.endpoints)


@webhooks.command("get")
def get(endpoint: Endpoint, as_json: AsJson = False, base_url: BaseUrl = None) -> None:  # noqa: FBT002
    """Show one endpoint."""
    shown = answered(lambda client: client.get(f"/webhook_endpoints/{endpoint}"), base_url, as_json=as_json)
    say(shown, as_json=as_json, people=view.endpoint)


@webhooks.command("create")
def create(  # noqa: PLR0917 (typer calls it by name)
    name: Annotated[str, typer.Argument(help="What people call it.", metavar="NAME")],
    url: Url = None,
    channel: Channel = "",
    event: Events = None,
    to: To = None,
    reply_to: ReplyTo = None,
    slack_channel: SlackChannel = None,
    credentials: Credentials = None,
    model: Models = None,
    job: Jobs = None,
    filter_metadata: Labels = None,
    header: Headers = None,
    quiet: Quiet = None,
    hold_failures: HoldFailures = False,  # noqa: FBT002
    digest: Digest = None,
    rate_limit: RateLimit = None,
    ordered: Ordered = None,
    thin: Thin = None,
    ed25519: Ed25519 = None,
    description: Description = None,
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Make an endpoint; its signing secret is shown now and never again. Without --event it is told of everything.

    tuneyard webhooks create desk --url https://desk.example.com/hook --event fine_tuning.job.succeeded
    tuneyard webhooks create team --to team@example.com --digest 30
    """
    wishes = Wishes(
        name, url, to, reply_to, slack_channel, credentials, event, model, job, filter_metadata, header, quiet,
        hold_failures, digest, rate_limit, ordered, thin, ed25519, description,
    )  # fmt: skip
    body = wishes.body() | {"channel": channel or _guessed(wishes)}

    async def act(client: "Client") -> Json:
        if not event:
            body["event_types"] = (await client.get("/webhook_event_types"))["data"]
        return await client.post("/webhook_endpoints", body)

    say(answered(act, base_url, as_json=as_json), as_json=as_json, people=view.endpoint)


@webhooks.command("update")
def update(  # noqa: PLR0917 (typer calls it by name)
    endpoint: Endpoint,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    url: Url = None,
    event: Events = None,
    to: To = None,
    reply_to: ReplyTo = None,
    slack_channel: SlackChannel = None,
    credentials: Credentials = None,
    model: Models = None,
    job: Jobs = None,
    filter_metadata: Labels = None,
    no_filter: Annotated[bool, typer.Option("--no-filter", help="Take the filter away.")] = False,  # noqa: FBT002
    header: Headers = None,
    no_headers: Annotated[bool, typer.Option("--no-headers", help="Take your own headers away.")] = False,  # noqa: FBT002
    quiet: Quiet = None,
    hold_failures: HoldFailures = False,  # noqa: FBT002
    digest: Digest = None,
    rate_limit: RateLimit = None,
    ordered: Ordered = None,
    thin: Thin = None,
    ed25519: Ed25519 = None,
    description: Description = None,
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Change what is named; the rest stays. A filter and headers are replaced as a whole."""
    wishes = Wishes(
        name, url, to, reply_to, slack_channel, credentials, event, model, job, filter_metadata, header, quiet,
        hold_failures, digest, rate_limit, ordered, thin, ed25519, description,
    )  # fmt: skip
    body = wishes.body()
    for emptied, field, option in ((no_filter, "filter", "--no-filter"), (no_headers, "headers", "--no-headers")):
        if emptied and field in body:
            raise typer.BadParameter(f"{option}: there are new ones beside it, and those take the place of the old.")
        body |= {field: {}} if emptied else {}
    if not body:
        raise typer.BadParameter("nothing to change: name at least one option.")
    _change(endpoint, body, base_url, as_json=as_json)


@webhooks.command("pause")
def pause(endpoint: Endpoint, as_json: AsJson = False, base_url: BaseUrl = None) -> None:  # noqa: FBT002
    """Hold what there is to tell it until it is resumed."""
    _change(endpoint, {"status": "paused"}, base_url, as_json=as_json)


@webhooks.command("resume")
def resume(endpoint: Endpoint, as_json: AsJson = False, base_url: BaseUrl = None) -> None:  # noqa: FBT002
    """Enable it: also one that was switched off. What a pause held is sent now, a mute ends."""
    _change(endpoint, {"status": "enabled", "muted_until": None}, base_url, as_json=as_json)


@webhooks.command("mute")
def mute(
    endpoint: Endpoint,
    duration: Annotated[str, typer.Option("--for", help="How long: 30m, 2h, 3d.")] = "1h",
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Tell it nothing for a while. What happens meanwhile stands in its log as suppressed, and can be recovered."""
    until = int(time.time()) + words.span(duration, "--for")
    _change(endpoint, {"muted_until": until}, base_url, as_json=as_json)


@webhooks.command("delete")
def delete(endpoint: Endpoint, as_json: AsJson = False, base_url: BaseUrl = None) -> None:  # noqa: FBT002
    """Delete an endpoint; what was on its way to it is dropped."""
    gone = answered(lambda client: client.delete(f"/webhook_endpoints/{endpoint}"), base_url, as_json=as_json)
    say(gone, as_json=as_json, people=lambda answer: f"{answer['id']} is deleted.")


@webhooks.command("rotate")
def rotate(
    endpoint: Endpoint,
    keep_old: Annotated[bool, typer.Option("--keep-old", help="The one before signs too, for 24 h.")] = False,  # noqa: FBT002
    key: Annotated[str, typer.Option(help="secret or ed25519.")] = "secret",
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Give it a new signing secret, shown now and never again."""
    body = {"keep_old_secret_active_for_24_hours": keep_old, "key": key}
    path = f"/webhook_endpoints/{endpoint}/rotate_secret"
    say(
        answered(lambda client: client.post(path, body), base_url, as_json=as_json),
        as_json=as_json,
        people=view.endpoint,
    )


@webhooks.command("events")
def events(as_json: AsJson = False, base_url: BaseUrl = None) -> None:  # noqa: FBT002
    """List the types of events that an endpoint can be told of."""
    listed = answered(lambda client: client.get("/webhook_event_types"), base_url, as_json=as_json)
    say(listed, as_json=as_json, people=view.event_types)


def _change(endpoint: str, body: Json, base_url: str | None, *, as_json: bool) -> None:
    path = f"/webhook_endpoints/{endpoint}"

    async def act(client: "Client") -> Json:
        if mail := {"to", "reply_to"} & body.get("target", {}).keys():
            # The API takes a target as a whole: what is not named here stays.
            before = (await client.get(path))["target"]
            kept = {name: before[name] for name in {"to", "reply_to"} - mail if name in before}
            return await client.post(path, {**body, "target": kept | body["target"]})
        return await client.post(path, body)

    say(answered(act, base_url, as_json=as_json), as_json=as_json, people=view.endpoint)


def _guessed(wishes: Wishes) -> str:
    if wishes.to:
        return "email"
    if wishes.slack_channel or (wishes.credentials and not wishes.url):
        return "slack"
    return "webhook"
