"""What is shown while the service makes and checks a file, and after Ctrl-C."""

import asyncio
from typing import Any, cast

import pytest

from services.cli.files.waiting import line, settled
from services.cli.run.client import Client

WAITING = {"id": "file-1", "status": "uploaded"}


class Service:
    """Answers with one file after the other, and with the last for ever."""

    def __init__(self, *files: dict[str, Any]) -> None:
        self.files = list(files)
        self.asked = asyncio.Event()

    async def get(self, path: str) -> dict[str, Any]:
        assert path == "/files/file-1"
        self.asked.set()
        return self.files.pop(0) if len(self.files) > 1 else self.files[0]


async def test_a_file_is_waited_for_until_it_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    checked = {"id": "file-1", "status": "processed"}
    assert await settled(cast("Client", Service(WAITING, checked)), "file-1") == checked
    assert capsys.readouterr() == ("", "")


async def test_who_stops_waiting_learns_how_to_look_again(capsys: pytest.CaptureFixture[str]) -> None:
    service = Service(WAITING)
    waiting = asyncio.create_task(settled(cast("Client", service), "file-1"))
    await service.asked.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    said = "Stopped waiting. file-1 goes on without this terminal.\nLook at it  tuneyard files get file-1\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (WAITING, "file-1: waiting for its check"),
        ({**WAITING, "derived_from": "file-0", "bytes": 0}, "file-1: waiting until it is made"),
        ({**WAITING, "progress": {"bytes": 450, "lines": 9, "of": 1_000}}, "file-1: 45 % checked, 9 lines"),
        ({**WAITING, "progress": {"bytes": 0, "lines": 0, "of": 0}}, "file-1: 0 % checked, 0 lines"),
        (
            {**WAITING, "progress": {"bytes": 0, "lines": 0, "of": 9, "trying_again": "Try 1 of 3 ended early: x"}},
            "file-1: 0 % checked, 0 lines. Try 1 of 3 ended early: x",
        ),
        ({**WAITING, "progress": {"bytes": 9, "lines": 12_000, "of": 9}}, "file-1: 100 % checked, 12,000 lines"),
    ],
)
def test_how_far_it_is_stands_in_one_line(file: dict[str, Any], said: str) -> None:
    assert line(file) == said
