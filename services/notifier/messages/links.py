"""Where a message leads: pages of the dashboard, under the address that the operator gave"""

from dataclasses import dataclass
from urllib.parse import quote

from services.notifier.messages.message import Link


@dataclass(frozen=True)
class Links:
    """Makes links. Without a public address there are none: a link into a private network helps nobody."""

    public_url: str | None = None

    def job(self, job_id: str | None) -> tuple[Link, ...]:
        """Return the link to a job's page: its curve, events and data."""
        return self._page("Open the job", "jobs", job_id)

    def file(self, file_id: str | None) -> tuple[Link, ...]:
        """Return the link to a file's page: its report."""
        return self._page("Open the report", "files", file_id)

    def endpoint(self, endpoint_id: str | None) -> tuple[Link, ...]:
        """Return the link to an endpoint's page: its deliveries."""
        return self._page("Open the deliveries", "notices", endpoint_id)

    def models(self) -> tuple[Link, ...]:
        """Return the link to the page of models."""
        return self._page("Open the models", "models")

    def _page(self, label: str, *path: str | None) -> tuple[Link, ...]:
        if self.public_url is None or None in path:
            return ()
        steps = "/".join(quote(step or "", safe="") for step in path)
        return (Link(label, f"{self.public_url.rstrip('/')}/ui/{steps}"),)
