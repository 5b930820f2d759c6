"""Draw Block Kit plainly as a page, for the pictures in these documents: what is said where, not Slack's own look"""

import html
import re
from typing import Any

_STYLE = """
body { margin: 0; padding: 16px; background: #fff; color: #1d1c1d; width: 608px;
       font: 15px/1.46 'DejaVu Sans', Arial, sans-serif; }
.from { font-weight: 700; margin: 0 0 4px; } .from span { font-weight: 400; font-size: 12px; color: #616061; }
.thread { margin: 12px 0 0; padding: 4px 0 4px 16px; border-left: 4px solid #dddddd; }
h2 { font-size: 18px; margin: 4px 0 8px; } p { margin: 0 0 8px; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px; margin: 0 0 8px; }
code { font: 12px 'DejaVu Sans Mono', monospace; color: #c01343; background: #f6f6f6; border: 1px solid #ddd;
       border-radius: 3px; padding: 1px 3px; overflow-wrap: anywhere; }
pre { font: 12px/1.5 'DejaVu Sans Mono', monospace; background: #f6f6f6; border: 1px solid #ddd; border-radius: 4px;
      padding: 8px; margin: 0 0 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 6px 12px; margin: 0 0 8px;
          font-size: 14px; font-weight: 700; }
.context { font-size: 12px; color: #616061; }
img { max-width: 440px; border: 1px solid #ddd; border-radius: 4px; }
"""


def page(*messages: str) -> str:
    """Return a page of messages."""
    return f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style><body>{"".join(messages)}</body>'


def message(blocks: list[dict[str, Any]], said: str) -> str:
    """Return one message; `said` stands behind the sender's name."""
    return f'<p class="from">Tuneyard <span>{html.escape(said)}</span></p>' + "".join(map(_block, blocks))


def thread(*messages: str) -> str:
    """Return messages as replies."""
    return f'<div class="thread">{"".join(messages)}</div>'


def image(url: str) -> str:
    """Return a picture that was shared."""
    return f'<img src="{html.escape(url)}" alt="">'


def _block(block: dict[str, Any]) -> str:
    match block["type"]:
        case "header":
            return f"<h2>{html.escape(block['text']['text'])}</h2>"
        case "section" if "fields" in block:
            return f'<div class="fields">{"".join(f"<div>{_mrkdwn(each)}</div>" for each in block["fields"])}</div>'
        case "section":
            text = _mrkdwn(block["text"])
            return text if text.startswith("<pre>") else f"<p>{text}</p>"
        case "actions":
            buttons = (html.escape(each["text"]["text"]) for each in block["elements"])
            return " ".join(f'<span class="button">{button}</span>' for button in buttons)
    return f'<div class="context">{" ".join(map(_mrkdwn, block["elements"]))}</div>'


def _mrkdwn(text: dict[str, Any]) -> str:
    """Return Slack's markup as HTML. What it escapes is what HTML escapes."""
    shown = re.sub(r"```(.+?)```", r"<pre>\1</pre>", text["text"], flags=re.DOTALL)
    parts = re.split(r"(<pre>.*?</pre>)", shown, flags=re.DOTALL)
    return "".join(part if part.startswith("<pre>") else _line(part) for part in parts)


def _line(text: str) -> str:
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    text = re.sub(r"(?<!\w)\*([^*\n]+)\*(?!\w)", r"<b>\1</b>", text)
    return re.sub(r"(?<![\w<>])_([^_\n]+)_(?!\w)", r"<i>\1</i>", text).strip("\n").replace("\n", "<br>")
