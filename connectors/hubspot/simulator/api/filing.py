"""Upload, metadata and the two ways to a file's bytes.

https://developers.hubspot.com/docs/api/files
"""

from __future__ import annotations

import json

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.hubspot.simulator.api.asking import base_url, number
from connectors.hubspot.simulator.file_store import ACCESS, StoredFile
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.problems import ApiProblem, invalid, not_found

_DEFAULT_LINK_S, _LONGEST_LINK_S = 3600, 86_400


class Files:
    """Handlers of `/files` and of the addresses that files are downloaded from."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def _file(self, request: Request) -> StoredFile:
        key = request.path_params["fileId"]
        found = self._portal.files.by_id.get(key)
        if found is None or found.archived:
            raise not_found("File", key)
        return found

    async def upload(self, request: Request) -> Response:
        """201 with the file; a folder and the access must be given."""
        async with request.form() as form:
            made = await self._store(form)
        return JSONResponse(self._portal.files.body(made, base_url(request)), 201)

    async def _store(self, form: FormData) -> StoredFile:
        given, file_name = form.get("file"), form.get("fileName")
        if not isinstance(given, UploadFile):
            raise invalid("file is required")
        folder = form.get("folderPath")
        if (folder is None) == (form.get("folderId") is None):
            raise invalid("Exactly one of folderPath and folderId is required")
        try:
            access = json.loads(str(form.get("options") or "{}")).get("access")
        except (ValueError, AttributeError):
            raise invalid("options must be a JSON object") from None
        if access not in ACCESS:
            raise invalid(f"options.access {access} is not one of {', '.join(ACCESS)}")
        return self._portal.files.add(
            str(file_name or given.filename or "file"),
            await given.read(),
            given.content_type or "application/octet-stream",
            self._portal.clock(),
            access,
            str(folder or "/"),
        )

    async def read(self, request: Request) -> Response:
        """The metadata of a file."""
        return JSONResponse(self._portal.files.body(self._file(request), base_url(request)))

    async def archive(self, request: Request) -> Response:
        """204."""
        self._file(request).archived = True
        return Response(status_code=204)

    async def signed_url(self, request: Request) -> Response:
        """An address that works for a while without a token."""
        span = number(request, "expirationSeconds", _DEFAULT_LINK_S, _LONGEST_LINK_S)
        file, now = self._file(request), self._portal.clock()
        return JSONResponse(self._portal.files.signed(file, base_url(request), now, span))

    async def signed_download(self, request: Request) -> Response:
        """The bytes behind a signed address; 403 when it is forged or too old."""
        query, key = request.query_params, request.path_params["fileId"]
        expires, signature = query.get("expires", ""), query.get("signature", "")
        if not self._portal.files.opens(key, expires, signature, self._portal.clock()):
            raise ApiProblem(403, "FORBIDDEN", "The signed URL is invalid or expired")
        file = self._file(request)
        return Response(file.content, media_type=file.content_type)

    async def plain_download(self, request: Request) -> Response:
        """The bytes of a public file; a private one is not there."""
        file = self._file(request)
        if not file.public:
            raise not_found("File", file.id)
        return Response(file.content, media_type=file.content_type)
