"""One run: send the files, show what the check found and the cost, create the job, follow it to its end"""

import asyncio
import contextlib
import shlex
from pathlib import Path
from typing import Any

from services.cli.run.client import Client
from services.cli.run.connection import Connection
from services.cli.run.errors import Exit, RunError
from services.cli.run.order import Order
from services.cli.run.pace import Pace
from services.cli.run.training import Training
from services.cli.run.trying import line_to_try
from services.cli.run.view import View

Json = dict[str, Any]
FINAL = frozenset({"succeeded", "failed", "cancelled"})
#: A model that was named answers within minutes (OpenAI's guide); after this the job is shown without waiting on.
_MODEL_SECONDS = 120
#: A job that was just asked for exists, or does not, within this time of Ctrl-C.
_CREATE_SECONDS = 5


class Run:
    """`job` is what is known of it: None until it exists."""

    def __init__(self, client: Client, connection: Connection, order: Order, view: View) -> None:
        self.job: Json | None = None
        self._client = client
        self._connection = connection
        self._order = order
        self._view = view

    async def go(self) -> Exit:
        """Run to the end; raises RunError when it cannot."""
        self._view.connected(self._connection)
        if self._order.follow is not None:
            self.job = await self._client.get(f"/fine_tuning/jobs/{self._order.follow}")
        else:
            await self._submit()
        assert self.job is not None
        self._view.created(self.job)
        if self._order.detach:
            self._view.left(self.job, interrupted=False)
            return Exit.DONE
        return await self._end(await self._follow(self.job["id"]))

    async def _submit(self) -> None:
        assert self._order.file is not None
        # Asked first: a wrong address, key or model then costs no upload.
        await self._look_for_model()
        training_file, report = await self._send(self._order.file)
        validation_file = None
        if self._order.validation is not None:
            validation_file = (await self._send(self._order.validation, held_out_from=training_file["id"]))[0]["id"]
        self._view.priced(await asyncio.to_thread(_estimate, self._order, report), _retirement(self._order.model))
        if not self._order.yes and not await self._view.confirm():
            raise RunError("No job was created, because the question was not answered with yes.", Exit.FAILED)
        await self._create(self._order.body(training_file["id"], validation_file))

    async def _look_for_model(self) -> None:
        try:
            await self._client.get(f"/models/{self._order.model}")
        except RunError as error:
            if error.code == "model_not_found" and not error.hint:
                error.hint = _near(self._order.model)
            raise

    async def _send(self, path: Path, *, held_out_from: str | None = None) -> tuple[Json, Json]:
        """Return the file once it is checked, and its report; raises RunError when it has errors."""
        for_validation = held_out_from is not None
        fields = {} if held_out_from is None else {"validation_of": held_out_from}
        with self._view.uploading(path, _size(path)) as on_progress:
            file = await self._client.upload(path, on_progress, **fields)
        with self._view.checking(file) as meanwhile:
            pace = Pace(first=0.1)
            while file["status"] == "uploaded":
                await pace.wait()
                file = await self._client.get(f"/files/{file['id']}")
                meanwhile(file)
        try:
            report: Json | None = await self._client.get(f"/files/{file['id']}/report")
        except RunError:
            # A file that could not be read has no report, and its status says why.
            if file["status"] != "error":
                raise
            report = None
        if report is not None:
            report = _judged(report, self._order.model, for_validation=for_validation)
        self._view.checked({**file, "filename": str(path)}, report)
        if report is None or not report["valid"]:
            # The check takes a file for what its format is for, unless it is told what a job here does.
            misfit = report is not None and "format_not_taken" in report["findings_by_code"]
            option = " --method supervised" * misfit + " --for-validation" * for_validation
            check = f"tuneyard check {shlex.quote(str(path))} --model {self._order.model}{option}"
            raise _has_errors(path, check, file, report)
        return file, report

    async def _create(self, body: Json) -> None:
        creating = asyncio.ensure_future(self._client.post("/fine_tuning/jobs", body))
        try:
            self.job = await asyncio.shield(creating)
        except asyncio.CancelledError:
            # The request is on its way: whoever pressed Ctrl-C must learn of the job that it makes.
            with contextlib.suppress(TimeoutError, RunError):
                self.job = await asyncio.wait_for(creating, _CREATE_SECONDS)
            raise

    async def _follow(self, job_id: str) -> tuple[Json, Training]:
        training, seen, pace = Training(), set[str](), Pace()
        while True:
            # The job before its events: when it is final, they are all there.
            job = await self._client.get(f"/fine_tuning/jobs/{job_id}")
            events = await self._client.events(job_id, seen)
            training.take(events)
            if events or self.job is None or job["status"] != self.job["status"]:
                pace.changed()
            self.job = job
            self._view.changed(job, training, events)
            if job["status"] in FINAL:
                return job, training
            await pace.wait()

    async def _end(self, ended: tuple[Json, Training]) -> Exit:
        job, training = ended
        if job["status"] != "succeeded":
            self._view.failed(job)
            return Exit.FAILED
        model = job["fine_tuned_model"]
        with self._view.waiting(model):
            ready = await self._answers(model)
        line = line_to_try(self._connection, model, self._order.file)
        self._view.succeeded(job, training, ready=ready, line_to_try=line)
        return Exit.DONE

    async def _answers(self, model: str) -> bool:
        pace = Pace()
        try:
            async with asyncio.timeout(_MODEL_SECONDS):
                while (await self._client.get(f"/models/{model}")).get("readiness", "ready") == "loading":
                    await pace.wait()
        except TimeoutError:
            return False
        return True


def _near(name: str) -> str:
    from shared import catalogue  # noqa: PLC0415
    from shared.catalogue.retirement import trainable_first  # noqa: PLC0415

    near = trainable_first(catalogue.suggest(name))
    return f"did you mean {' or '.join(near)}?" if near else "GET /v1/models lists those that there are"


def _judged(report: Json, name: str, *, for_validation: bool) -> Json:
    """Return the service's report as it reads for this model, which the service only weighs once the job exists."""
    # Imported here, because numpy and tiktoken would double the time of every other command.
    from shared import catalogue  # noqa: PLC0415
    from shared.datasets import report_judge  # noqa: PLC0415

    if for_validation:
        report = report_judge.for_validation(report)
    base = catalogue.find(name)
    return report if base is None else report_judge.for_model(report, base)


def _has_errors(path: Path, check: str, file: Json, report: Json | None) -> RunError:
    found = file.get("status_details") or _first_error(report)
    return RunError(
        f"{path} has errors; no job was created. First: {found}",
        Exit.FAILED,
        hint=f"correct what is named above; `{check}` finds the same without sending anything",
        code="dataset_has_errors",
    )


def _retirement(name: str) -> str | None:
    from shared import catalogue  # noqa: PLC0415
    from shared.catalogue.retirement import notice  # noqa: PLC0415

    base = catalogue.find(name)
    return None if base is None else notice(base)


def _first_error(report: Json | None) -> str:
    errors = (found for found in (report or {}).get("findings", []) if found["severity"] == "error")
    first = next(errors, None)
    if first is None:
        return "it could not be read"
    return str(first["message"]) if first["line"] is None else f"line {first['line']}: {first['message']}"


def _size(path: Path) -> int:
    return path.stat().st_size


def _estimate(order: Order, report: Json) -> Json | None:
    """Return the cost by the service's own report, or, when the model's encoding is another, by reading the file."""
    # Imported here, because numpy and tiktoken would double the time of every other command.
    from shared import catalogue  # noqa: PLC0415
    from shared.datasets.estimate import estimate_of_report  # noqa: PLC0415

    base = catalogue.find(order.model)
    if base is None or order.file is None:
        return None
    found = estimate_of_report(report, base, order.epochs)
    if found is None:
        from shared.datasets.report import check  # noqa: PLC0415

        with order.file.open("rb") as stream:
            found = check(stream, model=base, n_epochs=order.epochs).estimate
    return None if found is None else found.as_dict()
