"""What is told of a file: that it is checked, or what is wrong with it and in which lines"""

from services.notifier.messages import wording
from services.notifier.messages.happening import Happening, Report
from services.notifier.messages.links import Links
from services.notifier.messages.message import Fact, Message, Tone, code, facts

#: Findings that are shown; the report has the rest.
MOST_FINDINGS = 5


def processed(event: Happening, links: Links) -> Message:
    """Tell that a file is good, and what is in it."""
    report = event.background.report
    warnings = report.warnings if report else 0
    worth = f"It can be trained on; {wording.some(warnings, 'warning')} may be worth a look." if warnings else ""
    return Message(
        event.id,
        event.type,
        title=f"File checked: {_name(event)}",
        tone=Tone.WARNING if warnings else Tone.GOOD,
        summary=worth or "It has no errors and can be trained on.",
        facts=facts(*_about(event, report)),
        items=_findings(report),
        more=_more(report, warnings),
        links=links.file(event.text("id")),
        test=event.test,
    )


def refused(event: Happening, links: Links) -> Message:
    """Tell what is wrong with a file, line by line, and what to do."""
    report = event.background.report
    errors = report.errors if report else 0
    first = event.text("status_details") or "It could not be read."
    return Message(
        event.id,
        event.type,
        title=f"File refused: {_name(event)}",
        tone=Tone.BAD,
        summary=f"It has {wording.some(errors, 'error')} and cannot be trained on." if errors else "It cannot be used.",
        facts=facts(*_about(event, report)),
        items=_findings(report),
        more=_more(report, errors),
        # The lines say it already; without a report the one sentence is all there is.
        cause=None if report and report.findings else first,
        cure="Correct these lines and upload the file again; what waits for it is to be created anew. "
        "`tuneyard check FILE` shows the same before an upload.",
        links=links.file(event.text("id")),
        test=event.test,
    )


def _name(event: Happening) -> str:
    return event.text("filename") or event.text("id") or "a file"


def _about(event: Happening, report: Report | None) -> list[Fact | tuple[str, str | None] | None]:
    return [
        ("Examples", wording.count(report.examples) if report else None),
        ("Tokens", wording.count(report.tokens) if report else None),
        ("Size", wording.size(event.number("bytes"))),
        ("Warnings", wording.count(report.warnings) if report and report.warnings else None),
        code("File", event.text("id")),
    ]


def _findings(report: Report | None) -> tuple[str, ...]:
    return tuple(str(finding) for finding in report.findings[:MOST_FINDINGS]) if report else ()


def _more(report: Report | None, total: int) -> int:
    return max(total - len(_findings(report)), 0)
