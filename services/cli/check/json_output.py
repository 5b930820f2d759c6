"""Tell findings as the API does: one report, or a list of them with their files' names"""

import json
import sys
from typing import Any

from services.cli.check.checked import Checked
from services.cli.output import is_unicode


def write(checked: list[Checked]) -> None:
    """Write one object: of one file its report, of several a list."""
    shown: dict[str, Any] = checked[0].as_dict()
    if len(checked) > 1:
        shown = {"object": "list", "data": [{"file": one.name, **one.as_dict()} for one in checked]}
    # A question mark in place of a character would be another text; an escape is the same.
    in_ascii = not is_unicode(sys.stdout.encoding)
    sys.stdout.write(json.dumps(shown, ensure_ascii=in_ascii, indent=2) + "\n")
