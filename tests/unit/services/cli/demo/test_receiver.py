"""The demo's receiver believes a signature and nothing else."""

import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from standardwebhooks.webhooks import Webhook

from services.cli.demo.receiver import Received, listening

SECRET = "whsec_" + "QUJD" * 8
BODY = json.dumps({"type": "model.ready", "data": {"id": "ft:m"}}).encode()


def _signed(at: datetime, secret: str = SECRET, body: bytes = BODY) -> dict[str, str]:
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", at, body.decode()),
    }


@pytest.mark.parametrize(
    ("age", "secret", "signed", "expected"),
    [
        (timedelta(0), SECRET, BODY, True),
        (timedelta(0), SECRET, b"{}", False),  # another body was signed
        (timedelta(0), "whsec_" + "REVG" * 8, BODY, False),  # another secret signed
        (timedelta(hours=1), SECRET, BODY, False),  # replayed later
    ],
)
def test_only_a_fresh_signature_of_this_body_is_believed(
    age: timedelta,
    secret: str,
    signed: bytes,
    expected: bool,  # noqa: FBT001
) -> None:
    headers = _signed(datetime.now(UTC) - age, secret, signed)
    assert Received(headers, BODY).is_signed_with(SECRET) is expected


def test_what_is_not_signed_at_all_is_not_believed() -> None:
    assert not Received({}, BODY).is_signed_with(SECRET)


async def test_what_arrives_is_kept_by_type_and_what_does_not_is_missing() -> None:
    async with listening() as receiver:
        headers = _signed(datetime.now(UTC))
        async with aiohttp.ClientSession() as session, session.post(receiver.url, data=BODY, headers=headers) as answer:
            assert answer.status == 204
        found = await receiver.wait_for({"model.ready", "fine_tuning.job.succeeded"}, seconds=0.1)
    assert list(found) == ["model.ready"]
    assert found["model.ready"].body == BODY
    assert found["model.ready"].is_signed_with(SECRET)
