"""Wait until the service has made and checked a file"""

from typing import TYPE_CHECKING

from services.cli.asking import Json

if TYPE_CHECKING:
    from services.cli.run.client import Client


async def settled(client: "Client", file_id: str) -> Json:
    """Return the file once it is made and checked."""
    from services.cli.run.pace import Pace  # noqa: PLC0415 (asyncio takes its time)

    pace = Pace(first=0.1)
    while (file := await client.get(f"/files/{file_id}"))["status"] == "uploaded":
        await pace.wait()
    return file
