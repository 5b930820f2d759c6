"""Files, prices and policies of the service as lines for a terminal, or, tab-separated, for a pipe"""

import sys

from services.cli.asking import Json


def files(found: Json) -> str:
    """Return a file a line, ids whole."""
    lines = [file(one) for one in found["data"]]
    more = [f"… and more: --after {found['last_id']}"] if found.get("has_more") else []
    return "\n".join([*lines, *more]) or "There are no files."


def file(one: Json) -> str:
    """Return id, status, bytes, name, what it was made of, and what is wrong with it."""
    in_terminal = sys.stdout.isatty()
    size = f"{one['bytes']:,}" if in_terminal else str(one["bytes"])
    made = f"{one['derivation']['operation']} of {one['derived_from']}" if one.get("derived_from") else ""
    wrong = one.get("status_details") or ""
    columns = (one["id"], one["status"], size, one["filename"], made, wrong)
    return "  ".join(filter(None, columns)) if in_terminal else "\t".join(columns).rstrip("\t")


def halves(found: Json) -> str:
    """Return both files of a split."""
    return f"{file(found['train'])}\n{file(found['test'])}"


def price(found: Json) -> str:
    """Return the price with its arithmetic."""
    from services.cli.report_view import cost_line  # noqa: PLC0415 (rich takes its time)

    return cost_line(found)


def policy(found: Json) -> str:
    """Return what differs from the defaults as TOML, so that it can be edited and set."""
    lines = []
    for section, quote in (("codes", '"'), ("thresholds", "")):
        if found[section]:
            lines += [f"[{section}]", *(f"{name} = {quote}{value}{quote}" for name, value in found[section].items())]
    return "\n".join(lines) or "# The defaults: every code as it is registered."
