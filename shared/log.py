"""Log lines: an event name in the past tense and fields; for people in a terminal, JSON elsewhere; secrets masked."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from shared.terminal import harmless

#: API keys, webhook secrets, Slack's tokens and webhooks, bearer headers and passwords in URLs, wherever they slip in.
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(ty_|sk-|whsec_|whsk_|xox[a-z]-)[A-Za-z0-9+/=_\-]{8,}|(?i:(?<=bearer ))\S+"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)|(?<=hooks\.slack\.com/services/)[^\s\"']+"
    r"|(?<=hooks\.slack-gov\.com/services/)[^\s\"']+"
)
#: asyncpg's pool prints a traceback for each connection a restarted server took with it; it recovers by itself.
_NOISY = ("aiohttp.access", "arq.worker", "asyncio", "sqlalchemy.pool")


def configure(part: str, level: str = "info", fmt: str = "auto") -> None:
    """Send structlog and the libraries' logging to stderr in one form; every line says which `part` wrote it."""
    text = fmt == "text" or (fmt == "auto" and sys.stderr.isatty())
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask,
    ]
    last: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if text else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(part=part)


def get(name: str) -> Any:
    """Return a logger; `log.info("job.created", job_id=…)`."""
    return structlog.get_logger(name)


def mask(text: str) -> str:
    """Return `text` with every secret in it replaced by its kind and three dots."""
    return _SECRET.sub(lambda found: (found.group(1) or "") + "…", text)


def _mask(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in line.items():
        # structlog's own, not written out.
        if not key.startswith("_"):
            line[key] = _masked(value)
    return line


def _masked(value: Any) -> Any:
    match value:
        case str():
            # A path, a name or a traceback holds what strangers wrote, and the terminal of whoever reads it obeys.
            return harmless(mask(value))
        case bytes():
            return mask(value.decode(errors="replace"))
        case dict():
            return {_masked(name): _masked(inner) for name, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(inner) for inner in value]
        case None | bool() | int() | float():
            return value
    return mask(str(value))
