"""Jobs: what the vendor does later, and tells by polling.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.zendesk.simulator.dials import Dials
from connectors.zendesk.simulator.problems import Refusal, not_found

_KEPT = timedelta(days=1)
_MOST = 30

Work = Callable[[], list[dict[str, Any]]]


@dataclass(slots=True)
class Job:
    """One job; its work runs once, when it is due."""

    id: str
    kind: str
    total: int
    due_at: datetime
    work: Work = field(repr=False)
    status: str = "queued"
    results: list[dict[str, Any]] = field(default_factory=list)
    message: str | None = None

    def render(self, base_url: str) -> dict[str, Any]:
        """The job as the API tells it."""
        done = self.status in ("completed", "failed")
        return {
            "id": self.id,
            "job_type": self.kind,
            "url": f"{base_url}/api/v2/job_statuses/{self.id}.json",
            "total": self.total,
            "progress": self.total if done else None,
            "status": self.status,
            "message": self.message,
            "results": self.results if done else None,
        }


class Jobs:
    """The account's jobs, finished ones for about a day."""

    def __init__(self, dials: Dials) -> None:
        self._dials = dials
        self._by_id: dict[str, Job] = {}

    def submit(self, job_id: str, kind: str, total: int, work: Work, now: datetime) -> Job:
        """Queues work; the caller sees it queued even where it will be done in a moment."""
        if sum(job.status == "queued" for job in self._by_id.values()) >= _MOST:
            text = "Too many jobs are currently queued or running"
            body = {"error": "TooManyJobs", "description": text}
            raise Refusal(self._dials.too_many_jobs_status, body)
        job = Job(job_id, kind, total, now + self._dials.job_delay, work)
        self._by_id[job_id] = job
        return job

    def run_due(self, now: datetime) -> None:
        """Does the work whose time has come."""
        for job in list(self._by_id.values()):
            if job.status != "queued" or job.due_at > now:
                continue
            try:
                job.results = job.work()
                job.status = "completed"
                job.message = f"Completed at {now.isoformat(sep=' ', timespec='seconds')}"
            except Refusal as refusal:
                job.status, job.message = "failed", str(refusal)

    def find(self, job_id: str, now: datetime) -> Job:
        """A job by its id, or 404 when it was never there or is too old."""
        job = self._by_id.get(job_id)
        if job is None or job.due_at + _KEPT < now:
            raise not_found()
        return job

    def recent(self, now: datetime) -> list[Job]:
        """Every job of the last day."""
        return [job for job in self._by_id.values() if job.due_at + _KEPT >= now]
