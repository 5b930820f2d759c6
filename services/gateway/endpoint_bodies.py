"""The bodies by which endpoints are made and changed"""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from shared.wire.jobs import Metadata
from shared.wire.parse import Body

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
EventTypes = Annotated[list[str], Field(max_length=100)]
Description = Annotated[str, StringConstraints(max_length=1024)]
#: Names to be compared with; the longest name of a model has fewer characters.
_Names = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=256)]], Field(max_length=100)]
Status = Literal["enabled", "paused", "disabled"]
_DAY_MINUTES = 24 * 60


class Filter(Body):
    """What an event must be about; what is left out asks for nothing."""

    models: _Names = Field(default_factory=list)
    jobs: _Names = Field(default_factory=list)
    metadata: Metadata = Field(default_factory=dict)


class QuietHours(Body):
    """From one time of day to another, in a time zone."""

    start: str = Field(alias="from")
    end: str = Field(alias="to")
    time_zone: Annotated[str, StringConstraints(max_length=64)]
    failures_pass: bool = True


class _Wishes(Body):
    """What may be asked of an endpoint, when it is made and later."""

    url: str | None = None
    target: dict[str, Any] | None = None
    credentials: dict[str, Any] | None = None
    description: Description | None = None
    metadata: Metadata = Field(default_factory=dict)
    filter: Filter = Field(default_factory=Filter)
    status: Status = "enabled"
    muted_until: Annotated[int, Field(ge=0, le=10**11)] | None = None
    quiet_hours: QuietHours | None = None
    digest_minutes: Annotated[int, Field(ge=1, le=_DAY_MINUTES)] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    rate_limit: Annotated[float, Field(ge=0.01, le=1000, allow_inf_nan=False)] | None = None
    ordered: bool = False
    payload_style: Literal["full", "thin"] = "full"
    signature: Literal["hmac", "ed25519"] = "hmac"


class CreateEndpoint(_Wishes):
    """The SDK's three fields, and ours."""

    name: Name
    event_types: EventTypes
    channel: Literal["webhook", "slack", "email", "apprise"] = "webhook"
    signing_secret: str | None = None


class UpdateEndpoint(_Wishes):
    """What is left out stays as it is."""

    name: Name = ""
    event_types: EventTypes = Field(default_factory=list)


class RotateSecret(Body):
    """Which key is replaced, and whether the one before signs too, for a day."""

    keep_old_secret_active_for_24_hours: bool = False
    key: Literal["secret", "ed25519"] = "secret"
    signing_secret: str | None = None


def wishes(body: _Wishes) -> dict[str, Any]:
    """Return the fields that the body names, as the registry takes them."""
    fields = body.model_dump(exclude_unset=True)
    if body.quiet_hours is not None:
        fields["quiet_hours"] = body.quiet_hours.model_dump(by_alias=True)
    if "filter" in fields:
        fields["filter"] = {name: value for name, value in body.filter.model_dump().items() if value}
    if "event_types" in fields:
        fields["event_types"] = list(dict.fromkeys(fields["event_types"]))
    return fields
