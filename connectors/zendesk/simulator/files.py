"""Uploads and attachments.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket-attachments/
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from connectors.zendesk.simulator.dials import Dials
from connectors.zendesk.simulator.numbers import Numbers
from connectors.zendesk.simulator.problems import Findings, not_found
from connectors.zendesk.simulator.records import Attachment, Upload

_UPLOAD_LIVES = timedelta(minutes=60)


class Files:
    """Every file of the account."""

    def __init__(self, dials: Dials, numbers: Numbers, base_url: str) -> None:
        self._dials = dials
        self._numbers = numbers
        self._base_url = base_url
        self.by_id: dict[int, Attachment] = {}
        self.uploads: dict[str, Upload] = {}
        self.leaked: list[str] = []
        """Credentials that a client sent on to the file host."""

    def store(self, name: str, content: bytes, content_type: str) -> Attachment:
        """A file on its own."""
        new = Attachment(
            self._numbers.long(), name, content_type, content, self._numbers.secret(24)
        )
        self.by_id[new.id] = new
        return new

    def upload(
        self, name: str, content: bytes, content_type: str, token: str | None, now: datetime
    ) -> Upload:
        """A file that waits for a comment, alone or beside others under one token."""
        upload = self.uploads.get(token or "")
        if upload is None or upload.expires_at <= now:
            upload = Upload(self._numbers.secret(25), now + _UPLOAD_LIVES)
            self.uploads[upload.token] = upload
        upload.attachments.append(self.store(name, content, content_type))
        return upload

    def claim(
        self, tokens: list[str], now: datetime, findings: Findings
    ) -> tuple[list[Attachment], list[str]]:
        """The files of live tokens, and those tokens; nothing is used up yet."""
        files: list[Attachment] = []
        alive: list[str] = []
        for token in tokens:
            upload = self.uploads.get(token)
            if upload is not None and upload.expires_at > now:
                files += upload.attachments
                alive.append(token)
            elif self._dials.refuse_dead_uploads:
                findings.add("base", f"Attachment: the upload token {token} is invalid")
        return files, alive

    def find(self, attachment_id: Any) -> Attachment:
        """A file by its id, or 404."""
        file = self.by_id.get(int(attachment_id) if str(attachment_id).isdigit() else -1)
        if file is None:
            raise not_found()
        return file

    def by_secret(self, secret: str) -> Attachment:
        """A file by the secret of its address, or 404."""
        for file in self.by_id.values():
            if file.secret == secret and not file.redacted:
                return file
        raise not_found()

    def render(self, file: Attachment) -> dict[str, Any]:
        """The file as the API tells it."""
        address = f"{self._base_url}/attachments/token/{file.secret}/?name={quote(file.file_name)}"
        return {
            "url": f"{self._base_url}/api/v2/attachments/{file.id}.json",
            "id": file.id,
            "file_name": "redacted.txt" if file.redacted else file.file_name,
            "content_url": address,
            "mapped_content_url": address,
            "content_type": file.content_type,
            "size": len(file.content),
            "width": None,
            "height": None,
            "inline": False,
            "deleted": file.redacted,
            "malware_access_override": False,
            "malware_scan_result": "malware_not_found",
            "thumbnails": [],
        }
