"""An operator's own templates in the place of ours: sandboxed, bounded in length and time; a broken one is passed by"""

import traceback
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateNotFound

from services.notifier.bounds import Sandbox, within
from services.notifier.messages.happening import Happening
from services.notifier.messages.message import Message
from services.notifier.slack.limits import escaped
from shared import log

_log = log.get(__name__)
#: What a template may write for each part of a channel, in characters; more is cut off with the template's fault told.
MOST = {"slack": 10_000, "subject": 500, "text": 50_000, "html": 100_000}
#: What it may compute for each part. Ours take a millisecond; webhooks wait for the processor meanwhile.
MOST_SECONDS = 0.5
Part = Literal["slack", "subject", "text", "html"]
#: Of a value in a Slack template; the whole is bounded besides.
_MOST_VALUE = 3000


class TooLong(ValueError):
    """The template wrote more than its part may hold."""


class NotText(ValueError):
    """The template's bytes are not UTF-8."""


def fault(exc: Exception) -> str:
    """Return what is wrong with a template and where: the file and line in which it broke, also of an included one."""
    steps = [step for step in traceback.extract_tb(exc.__traceback__) if step.filename.endswith(".j2")]
    place = f"{Path(steps[-1].filename).name}, line {steps[-1].lineno}: " if steps else ""
    return f"{place}{type(exc).__name__}: {exc}"


class Templates:
    """Renders `FOLDER/EVENT_TYPE.PART.j2`, or else `FOLDER/default.PART.j2`, when there is one."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        if folder is not None and not folder.is_dir():
            # A folder that is mounted later is found later: messages go out meanwhile, in our words.
            _log.warning("templates.no_folder", folder=str(folder), follows="messages are sent as we write them")

    def render(self, part: Part, event: Happening, message: Message, **more: Any) -> str | None:
        """Return what the operator's template writes; None where there is none, and where it is broken."""
        if self._folder is None:
            return None
        try:
            return self.attempt(part, event, message, **more)
        except Exception as exc:  # noqa: BLE001 (a template may raise whatever it likes)
            _log.warning("template.broke", event_type=event.type, part=part, error=fault(exc))
            return None

    def attempt(self, part: Part, event: Happening, message: Message, **more: Any) -> str | None:
        """Return what the template writes; raise what is wrong with it."""
        if self._folder is None:
            return None
        names = [f"{event.type}.{part}.j2", f"default.{part}.j2"]
        environment = _environment(self._folder, part)
        try:
            template = environment.select_template(names)
        except TemplateNotFound:
            return None
        except UnicodeDecodeError as exc:
            name = next(name for name in names if (self._folder / name).is_file())
            raise NotText(f"{name} is not UTF-8: {exc.reason} (byte {exc.start + 1}).") from exc
        return within(MOST_SECONDS, partial(_written, template, MOST[part], message=message, event=event, **more))


def _written(template: Template, most: int, *, event: Happening, **given: Any) -> str:
    written, length = [], 0
    for piece in template.generate(event=_shown(event), **given):
        # As plain text: pieces that are marked as HTML would escape those that are not.
        written.append(str(piece))
        length += len(piece)
        if length > most:
            raise TooLong(f"{template.name} wrote more than {most:,} characters.")
    return "".join(written).strip()


@cache
def _environment(folder: Path, part: Part) -> Sandbox:
    return Sandbox(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=part == "html",
        # Slack decodes three entities and no more, so its escaping is not HTML's.
        finalize=_for_slack if part == "slack" else None,
    )


def _for_slack(value: object) -> object:
    return escaped(str(value), _MOST_VALUE)


def _shown(event: Happening) -> dict[str, Any]:
    return {"id": event.id, "type": event.type, "created_at": event.created_at, "data": dict(event.data)}
