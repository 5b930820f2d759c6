"""Make the pictures of docs/pictures anew: python -m docs.pictures; needs Chromium on the PATH"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

from docs import blocks
from services.notifier import picture
from services.notifier.preview import Preview
from services.notifier.slack import render
from shared.settings import NoticeSettings

FOLDER = Path(__file__).parent / "pictures"
#: Wider than any of the pages, and higher; what is empty is cut off.
_WINDOW = "640,1600"
_COLOURS = 96
_MOST_BYTES = 100_000
_SETTINGS = NoticeSettings(public_url="https://tune.example.com")


def main() -> None:
    """Write each picture, and the JSON of Slack's blocks beside its own."""
    FOLDER.mkdir(exist_ok=True)
    pages = {
        "mail": _mail("succeeded"),
        "mail-failed": _mail("failed"),
        "slack": _slack("succeeded"),
        "slack-failed": _slack("failed"),
    }
    for name, page in pages.items():
        _photograph(page, FOLDER / f"{name}.png")
    (FOLDER / "slack.json").write_text(_preview("succeeded").slack() + "\n", "utf-8")


def _preview(how: str) -> Preview:
    return Preview.of(f"fine_tuning.job.{how}", _SETTINGS)


def _mail(how: str) -> str:
    return _preview(how).html()


def _slack(how: str) -> str:
    """Return a bot's message of a job, with its thread."""
    told = _preview(how).message
    replies = [blocks.message(render.details(told)["blocks"], "in the thread")]
    if told.curve.told:
        replies.append(blocks.image(picture.as_data(told.curve)))
    head = blocks.message(render.brief(told)["blocks"], "one message a job, changed as it goes on")
    return blocks.page(head, blocks.thread(*replies))


def _photograph(page: str, to: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        sys.exit("Chromium is not on the PATH. Install it (Debian: apt-get install chromium), then run this again.")
    with tempfile.TemporaryDirectory() as folder:
        source, taken = Path(folder, "page.html"), Path(folder, "page.png")
        source.write_text(page, "utf-8")
        subprocess.run(  # noqa: S603 (our own page, and no network)
            [
                browser,
                *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={_WINDOW}"),
                *("--disable-background-networking", "--disable-component-update", "--no-first-run", "--no-pings"),
                *("--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder}/profile"),
                *(f"--screenshot={taken}", source.as_uri()),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        _cropped(Image.open(taken).convert("RGB")).quantize(_COLOURS).save(to, optimize=True)
    size = to.stat().st_size
    print(f"{to.name}: {size:,} bytes")
    if size > _MOST_BYTES:
        sys.exit(f"{to.name} has {size:,} bytes; at most {_MOST_BYTES:,} are kept in the repository.")


def _cropped(taken: Image.Image) -> Image.Image:
    """Cut off what is of one colour below the page."""
    blank = Image.new("RGB", taken.size, taken.getpixel((0, taken.height - 1)))
    box = ImageChops.difference(taken, blank).getbbox()
    return taken if box is None else taken.crop((0, 0, taken.width, min(box[3] + 16, taken.height)))


if __name__ == "__main__":
    main()
