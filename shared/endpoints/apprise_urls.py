"""What an address of Apprise's may say beside where it leads"""

from urllib.parse import parse_qsl, urlsplit

#: Others read files of this machine (`template`), follow redirects (`redirect`) or trust any certificate (`verify`).
_HARMLESS = frozenset(
    (
        *("action", "alias", "class", "component", "details", "entity", "from", "group", "priority", "region"),
        *("severity", "silent", "sound", "source", "tags", "thread", "to", "topic"),
    )
)


def fault(url: str) -> str | None:
    """Return what is wrong with the address in a sentence that holds no secret; None where nothing is."""
    # A URL to us ends at the first, and has one parameter up to the second; the library reads on.
    if (sign := next((each for each in "#;" if each in url), None)) is not None:
        return f'The address holds "{sign}". Write it as %{ord(sign):02X}.'
    try:
        names = [name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    except ValueError:
        return "The address is no URL: its brackets do not match."
    for name in names:
        if name.lower() not in _HARMLESS:
            return f'The parameter "{name[:50]}" of the address is not allowed here. Leave it out.'
    return None
