"""Files of the account, and the signed addresses that private ones are read from.

https://developers.hubspot.com/docs/api/files
"""

from __future__ import annotations

import hashlib
import hmac
import mimetypes
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from connectors.hubspot.simulator.stamps import iso, millis

ACCESS = (
    "PRIVATE",
    "PUBLIC_INDEXABLE",
    "PUBLIC_NOT_INDEXABLE",
    "HIDDEN_INDEXABLE",
    "HIDDEN_NOT_INDEXABLE",
    "HIDDEN_PRIVATE",
)


@dataclass(slots=True)
class StoredFile:
    """One file with its bytes."""

    id: str
    name: str
    content: bytes
    content_type: str
    access: str
    folder: str
    created_at: datetime
    archived: bool = False

    @property
    def extension(self) -> str:
        """The extension without its dot."""
        guessed = mimetypes.guess_extension(self.content_type) or ""
        return (PurePosixPath(self.name).suffix or guessed).lstrip(".")

    @property
    def kind(self) -> str:
        """The coarse type of the files API."""
        main = self.content_type.split("/")[0]
        return {"image": "IMG", "video": "MOVIE", "audio": "AUDIO"}.get(main, "DOCUMENT")

    @property
    def public(self) -> bool:
        """Whether the plain address works without a signature."""
        return self.access.endswith("INDEXABLE")

    def plain_path(self, portal_id: int) -> str:
        """The address in `url`; of use only for public files."""
        return f"/hubfs/{portal_id}/{self.id}/{quote(self.name)}"


class FileStore:
    """All files by id."""

    def __init__(self, portal_id: int, secret: str) -> None:
        self.by_id: dict[str, StoredFile] = {}
        self._portal_id = portal_id
        self._secret = secret.encode()

    def add(
        self,
        name: str,
        content: bytes,
        content_type: str,
        now: datetime,
        access: str = "PRIVATE",
        folder: str = "/",
    ) -> StoredFile:
        """A new file; the extension is no part of the name, as at the vendor."""
        file_id = str(8801 + len(self.by_id))
        made = StoredFile(file_id, name, content, content_type, access, folder, now)
        self.by_id[file_id] = made
        return made

    def body(self, file: StoredFile, base_url: str) -> dict[str, Any]:
        """The file as the files API writes it."""
        address = base_url + file.plain_path(self._portal_id)
        stem = PurePosixPath(file.name).stem
        return {
            "id": file.id,
            "name": stem,
            "path": f"{file.folder.rstrip('/')}/{stem}.{file.extension}",
            "size": len(file.content),
            "type": file.kind,
            "extension": file.extension,
            "access": file.access,
            "url": address,
            "defaultHostingUrl": address,
            "parentFolderId": "61",
            "isUsableInContent": file.public,
            "encoding": None,
            "fileMd5": hashlib.md5(file.content, usedforsecurity=False).hexdigest(),
            "createdAt": iso(file.created_at),
            "updatedAt": iso(file.created_at),
            "archived": file.archived,
        }

    def signed(self, file: StoredFile, base_url: str, now: datetime, span_s: int) -> dict[str, Any]:
        """An address that serves the bytes without a token until it expires."""
        expires_at = now + timedelta(seconds=span_s)
        expires = millis(expires_at)
        path = f"/filemanager/signed/{file.id}/{quote(file.name)}"
        seal = self._seal(file.id, expires)
        return {
            "url": f"{base_url}{path}?expires={expires}&signature={seal}",
            "expiresAt": iso(expires_at),
            "name": PurePosixPath(file.name).stem,
            "extension": file.extension,
            "size": len(file.content),
            "type": file.kind,
        }

    def opens(self, file_id: str, expires: str, signature: str, now: datetime) -> bool:
        """Whether a signed address is genuine and still open."""
        if not expires.isdigit() or int(expires) < millis(now):
            return False
        return hmac.compare_digest(self._seal(file_id, int(expires)), signature)

    def _seal(self, file_id: str, expires: int) -> str:
        return hmac.new(self._secret, f"{file_id}:{expires}".encode(), hashlib.sha256).hexdigest()
