"""Show a dataset report in a terminal, or line by line in a pipe."""

import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from services.cli.output import drawable
from shared.datasets.checks.wording import clean

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_BARS = "▁▂▃▄▅▆▇█"
#: Enough to see what is meant; `--json` and a pipe give all that the report lists.
_OF_EACH_CODE = 5
#: Sentences on one code, where its findings differ.
_SAID = 3


def show(report: Mapping[str, Any], name: str, console: Console, *, most: int = sys.maxsize, rest: str = "") -> None:
    """Print a `dataset.report`, as `tuneyard check` made it or as the API gave it.

    A pipe gets a line for each finding, at most `most` of each code; a terminal a group for each code. `rest` says
    where the others stand.
    """
    _say(console, _headline(report, name), style="bold")
    _show_findings(report, console, most, rest)
    tokens = report["tokens"]
    if tokens["total"]:
        _say(console, _tokens(tokens))
        _say(console, histogram_line(tokens["histogram"]))
    if report.get("quality"):
        _say(console, f"Quality    {report['quality']['summary']}")
    if report["truncated_examples"]:
        _say(console, f"Cut off    {plural(report['truncated_examples'], 'example')} longer than the model takes")
    if report["estimate"]:
        _say(console, f"Cost       {cost_line(report['estimate'])}")
    if report.get("retirement"):
        _say(console, f"Warning    {report['retirement']}", style="yellow")
    _say(console, _verdict(report), style="green" if report["valid"] else "bold red")


def histogram_line(buckets: list[dict[str, int]]) -> str:
    """Return tokens per example as one line of bars between the smallest and the largest."""
    if not buckets:
        return ""
    most = max(bucket["examples"] for bucket in buckets)
    bars = "".join(_bar(bucket["examples"], most) for bucket in buckets)
    return f"           {buckets[0]['from']:,} {bars} {buckets[-1]['to']:,} tokens per example"


def _bar(examples: int, most: int) -> str:
    return _BARS[min(len(_BARS) - 1, examples * len(_BARS) // (most + 1))] if examples else " "


def _headline(report: Mapping[str, Any], name: str) -> str:
    parts = [clean(name), report["format"] or "no known format", plural(report["examples"], "example")]
    parts.append(f"{report['bytes']:,} bytes")
    if report.get("model"):
        parts.append(f"for {report['model']}")
    return " · ".join(parts)


def _show_findings(report: Mapping[str, Any], console: Console, most: int, rest: str) -> None:
    if console.is_terminal:
        _show_groups(report, console, rest)
        return
    findings = _first_of_each_code(report["findings"], most)
    for finding in findings:
        _say(console, _line(finding))
    shown = Counter(finding["code"] for finding in findings)
    for code, count in report.get("findings_by_code", {}).items():
        more = count - shown[code]
        if more > 0 and not any(finding["code"] == code and finding["count"] > 1 for finding in findings):
            _say(console, f"… and {more:,} more of {code}{rest and f'; {rest}'}", style="dim")


def _show_groups(report: Mapping[str, Any], console: Console, rest: str) -> None:
    """Show a heading for each code, the worst first: how often, in which lines, and what is said of the first."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for finding in report["findings"]:
        groups.setdefault(finding["code"], []).append(finding)
    by_code = report.get("findings_by_code", {})
    worst = list(_STYLES)
    for code, findings in sorted(groups.items(), key=lambda group: worst.index(group[1][0]["severity"])):
        _show_group(code, findings, max(by_code.get(code, 0), len(findings)), console)
    if rest and any(count > _OF_EACH_CODE for count in by_code.values()):
        _say(console, f"Not all lines are named; {rest}", style="dim")


def _show_group(code: str, findings: list[dict[str, Any]], count: int, console: Console) -> None:
    severity = findings[0]["severity"]
    heading = Text(severity, style=_STYLES[severity]).append(f" {code}", style="bold")
    lines = list(dict.fromkeys(finding["line"] for finding in findings if finding["line"] is not None))
    if count > 1 and lines:
        named = ", ".join(f"{line:,}" for line in lines[:_OF_EACH_CODE])
        more = " …" if len(lines) > _OF_EACH_CODE else ""
        where = f"line{'s' * (len(lines) > 1)} {named}{more}"
        heading.append(f" {drawable('×', console.encoding)} {count:,}: {where}", style="default")
    console.print(heading)
    # Where each says the same, the first says it for all.
    said = {_message(finding): finding for finding in reversed(findings)}
    for finding in sorted(said.values(), key=lambda one: one["line"] or 0)[:_SAID]:
        tells = finding["line"] is not None and (count == 1 or len(said) > 1)
        where = ", ".join(filter(None, (f"line {finding['line']:,}" if tells else "", finding["path"])))
        text = f"{where}: {_message(finding)}" if where else _message(finding)
        console.print(Padding(Text(drawable(text, console.encoding)), (0, 0, 0, 2)))


def _first_of_each_code(findings: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    seen_at: list[dict[str, Any]] = []
    for finding in findings:
        seen[finding["code"]] += 1
        if seen[finding["code"]] <= most:
            seen_at.append(finding)
    return seen_at


def _line(finding: Mapping[str, Any]) -> str:
    where = "" if finding["line"] is None else f"line {finding['line']}: "
    path = f" at {finding['path']}" if finding["path"] else ""
    return f"{finding['severity']} {finding['code']}{path}: {where}{_message(finding)}"


def _message(finding: Mapping[str, Any]) -> str:
    times = f" ({finding['count']:,} times)" if finding["count"] > 1 else ""
    return f"{finding['message']}{times}"


def _tokens(tokens: Mapping[str, Any]) -> str:
    each = tokens["per_example"]
    spread = (
        f"{each['min']:,} to {each['max']:,}, median {each['p50']:,}, 95 % up to {each['p95']:,}, mean {each['mean']:,}"
    )
    return (
        f"Tokens     {tokens['total']:,} in {tokens['encoding']}, {tokens['assistant']:,} of them learned; "
        f"per example {spread}"
    )


def cost_line(estimate: Mapping[str, Any]) -> str:
    """Return the price with its arithmetic, its date, and where the epochs are from."""
    why = "as given" if estimate["n_epochs_from"] == "given" else "the provider's default for this size"
    epochs = plural(estimate["n_epochs"], "epoch")
    return f"{estimate['arithmetic']} (prices of {estimate['price_date']}; {epochs}: {why})"


def _verdict(report: Mapping[str, Any]) -> str:
    return f"{'Valid' if report['valid'] else 'Not valid'}: {totals(report['findings_total'])}."


def totals(found: Mapping[str, int]) -> str:
    """Return "1 error, 2 warnings, 0 notes"."""
    words = {"error": "error", "warning": "warning", "info": "note"}
    return ", ".join(plural(found[severity], word) for severity, word in words.items())


def plural(number: int, word: str) -> str:
    """Return "1 example" or "1,200 examples"."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _say(console: Console, text: str, style: str = "") -> None:
    # Never wrapped by us: in a pipe a line stays one line, and a terminal wraps it itself.
    console.print(Text(drawable(text, console.encoding), style=style), soft_wrap=True)
