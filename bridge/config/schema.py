"""The JSON Schema of mapping files, for editors: `python -m bridge.config.schema` prints it."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema

from bridge.domain.mapping import Mapping
from bridge.domain.mapping_base import render_span


class _MappingSchema(GenerateJsonSchema):
    """Keeps the models' descriptions and drops titles that only repeat a key."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def encode_default(self, dft: Any) -> Any:
        return render_span(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        body = super().generate(schema, mode)
        body.pop("title", None)
        body.pop("description", None)
        return {
            "$schema": self.schema_dialect,
            "title": "Ticketbridge mapping",
            "description": "Routes, stages, fields and wording of one helpdesk.",
            **body,
        }


def schema() -> dict[str, Any]:
    """The schema as published in `mappings/schema.json` (draft 2020-12)."""
    return Mapping.model_json_schema(by_alias=True, schema_generator=_MappingSchema)


def render_schema() -> str:
    """The text of `mappings/schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render_schema())
