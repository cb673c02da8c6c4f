"""What the service says when it refuses: one exception, printed as a WrappedException."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMESPACE = "Microsoft.TeamFoundation.WorkItemTracking.Server"


class VendorError(Exception):
    """A refusal with the status, the message and the `typeKey` that the service would send."""

    def __init__(
        self,
        status: int,
        message: str,
        type_key: str,
        *,
        custom: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type_key = type_key
        self.custom = custom
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The JSON that goes with the refusal."""
        wrapped: dict[str, Any] = {
            "$id": "1",
            "innerException": None,
            "message": self.message,
            "typeName": f"{_NAMESPACE}.{self.type_key}, {_NAMESPACE}",
            "typeKey": self.type_key,
            "errorCode": 0,
            "eventId": 3000,
        }
        if self.custom is not None:
            wrapped["customProperties"] = dict(self.custom)
        return wrapped


def missing_item(item_id: object) -> VendorError:
    """An item that is deleted, never existed, or is hidden from the caller: all the same."""
    return VendorError(
        404,
        f"TF401232: Work item {item_id} does not exist, or you do not have permissions to read it.",
        "WorkItemUnauthorizedAccessException",
    )


def rule_error(field: str, name: str, codes: str, sentence: str = "") -> VendorError:
    """A value that a rule of the work item type refuses."""
    message = sentence or f"TF401320: Rule Error for field {name}. Error code: {codes}."
    properties = {
        "ErrorMessage": message,
        "FieldReferenceName": field,
        "FieldStatusFlags": codes,
        "RuleValidationErrors": [
            {"fieldReferenceName": field, "fieldStatusFlags": codes, "errorMessage": message}
        ],
    }
    return VendorError(400, message, "RuleValidationException", custom=properties)


def bad_request(message: str, type_key: str = "VssPropertyValidationException") -> VendorError:
    """A request that cannot be understood."""
    return VendorError(400, message, type_key)


def unauthorised(user: str = "") -> VendorError:
    """A credential that is not, or no longer, accepted."""
    return VendorError(
        401,
        f"TF400813: The user '{user}' is not authorized to access this resource.",
        "UnauthorizedRequestException",
        headers={"WWW-Authenticate": 'Basic realm="https://tfsprodcus3.visualstudio.com/"'},
    )


def forbidden() -> VendorError:
    """A credential that is accepted, and whose scopes leave out what it is used for."""
    return VendorError(
        403,
        "TF400813: The user is not authorized to access this resource.",
        "UnauthorizedRequestException",
    )
