"""What the demonstration does, in order, and what of it must be true"""

import time
from pathlib import Path

from services.cli.demo.proof import Proof
from services.cli.demo.questions import QUESTIONS, TRAINING, VALIDATION, ask_both
from services.cli.demo.receiver import Receiver, listening
from services.cli.demo.service import running_service
from services.cli.demo.stage import Stage
from services.cli.run.client import Client, open_client
from services.cli.run.connection import Connection
from services.cli.run.flow import Run
from services.cli.run.order import Order

MODEL = "gpt-4o-mini-2024-07-18"
EVENT_TYPES = ("fine_tuning.job.succeeded", "model.ready")
#: A delivery follows its event within a second; the first may wait for the notifier's start.
_WEBHOOK_SECONDS = 30
_ORDER = Order(file=TRAINING, model=MODEL, validation=VALIDATION, suffix="demo", seed=7, yes=True)


async def tell(folder: Path) -> int:
    """Run the whole job in `folder`, show it, and return 0 only when every proof holds."""
    began, stage, proof = time.monotonic(), Stage(), Proof()
    stage.heading("Everything on this machine: database, queue, trainer, gateway, worker, notifier")
    async with listening() as receiver, running_service(folder) as (connection, seconds):
        stage.say("Ready", f"{connection.url} after {seconds:.1f} s")
        async with open_client(connection) as client:
            secret = await _endpoint(client, receiver, stage)
            await _train(client, connection, stage, proof)
            if stage.model:
                await _compare(client, stage, proof)
            await _webhooks(receiver, secret, stage, proof)
        stage.heading("Stopping")
    return stage.conclude(proof, time.monotonic() - began)


async def _endpoint(client: Client, receiver: Receiver, stage: Stage) -> str:
    body = {"name": "demo", "url": receiver.url, "event_types": list(EVENT_TYPES)}
    endpoint = await client.post("/webhook_endpoints", body)
    stage.say("Webhooks", f"{', '.join(EVENT_TYPES)} to {receiver.url}, endpoint {endpoint['id']}")
    return str(endpoint["signing_secret"])


async def _train(client: Client, connection: Connection, stage: Stage, proof: Proof) -> None:
    stage.heading(f"tuneyard run {TRAINING.name} --model {MODEL} --validation {VALIDATION.name} --suffix demo")
    await Run(client, connection, _ORDER, stage).go()
    proof.add(
        "both files were checked and are valid", len(stage.reports) == 2 and all(r["valid"] for r in stage.reports)
    )
    cost = ((stage.job or {}).get("estimate") or {}).get("cost_usd")
    proof.add("the cost was known beforehand", cost is not None)
    proof.add("the job succeeded and named its model", stage.model is not None)
    train, valid = stage.training.train, stage.training.validation
    proof.add("the training loss fell", bool(train) and train[-1][1] < train[0][1] / 2)
    proof.add("the validation loss fell", bool(valid) and valid[-1][1] < valid[0][1])


async def _compare(client: Client, stage: Stage, proof: Proof) -> None:
    assert stage.model is not None
    stage.heading("The same questions to the base and to the tuned model")
    answered = await ask_both(client, MODEL, stage.model)
    stage.side_by_side(answered)
    for one in answered:
        proof.add(f'the tuned model says {one.question.fact} to "{one.question.text}", the base does not', one.is_right)
    unseen = [one for one in answered if not one.trained_on]
    proof.add("at least one question was not in the training file", 0 < len(unseen) < len(QUESTIONS))


async def _webhooks(receiver: Receiver, secret: str, stage: Stage, proof: Proof) -> None:
    stage.heading("The webhooks, as a server on this machine received them")
    found = await receiver.wait_for(set(EVENT_TYPES), _WEBHOOK_SECONDS)
    for event_type in EVENT_TYPES:
        received = found.get(event_type)
        proof.add(f"the webhook {event_type} arrived", received is not None)
        if received is not None:
            verified = received.is_signed_with(secret)
            stage.webhook(received, verified=verified)
            proof.add(f"the signature of {event_type} is verified by the standardwebhooks package", verified)
            proof.add(f"{event_type} tells of this job's model", (stage.model or "no model") in received.body.decode())
