"""State what answers requests on a submission: the contract of worker processes and their like."""

from __future__ import annotations

from typing import Any, Protocol


class Backend(Protocol):
    """Answers requests: a worker process, or this process (``--in-process``)."""

    @property
    def usable(self) -> bool:
        """Return whether requests can still be answered."""

    @property
    def spent(self) -> float:
        """Return the seconds that its answers have taken, without those that it had to wait."""

    def request(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send a request and return its answer, within ``seconds`` seconds."""

    def output(self) -> str:
        """Return what the student's code printed since the last call."""

    def close(self) -> None:
        """End the backend."""
