"""Writes web/src/api-types.ts from the server's own OpenAPI description; with --check only says if it is current."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2

from voxhall.app import open_control
from voxhall.config import Settings

TARGET = Path(__file__).parent.parent / "web" / "src" / "api-types.ts"
HEADER = """\
/**
 * The shapes of the HTTP interface, made by `make api-types` from the server's OpenAPI description: never by hand.
 * Names and casing are the wire's own; `SpaceAnswer` in Python is `Space` here.
 */
"""
# What the framework describes besides and no route of ours answers.
NOT_OURS = {"HTTPValidationError", "ValidationError"}
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


async def description() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_control(Settings(data=Path(folder))) as control:
            transport = httpx2.ASGITransport(app=control.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://voxhall") as client:
                found: dict[str, Any] = (await client.get("/api/v1/openapi.json")).json()
                return found


def name_of(schema: str) -> str:
    # "Error" is JavaScript's own.
    return schema if schema == "ErrorAnswer" else schema.removesuffix("Answer").replace("-", "")


def type_of(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return name_of(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return literal(schema["const"])
    if "enum" in schema:
        return " | ".join(literal(value) for value in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(type_of(one) for one in schema[several]))
    if schema.get("type") == "array":
        item = type_of(schema.get("items", {}))
        return f"({item})[]" if " " in item else f"{item}[]"
    if schema.get("type") == "object":
        return object_type(schema)
    return PLAIN.get(schema.get("type", ""), "unknown")


def object_type(schema: dict[str, Any]) -> str:
    if "properties" in schema:
        return f"{{ {' '.join(f'{line};' for line in fields(schema))} }}"
    more = schema.get("additionalProperties", True)
    return f"Record<string, {type_of(more) if isinstance(more, dict) else 'unknown'}>"


def literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def fields(schema: dict[str, Any]) -> list[str]:
    required = set(schema.get("required", ()))
    return [
        f"{name}{'' if name in required else '?'}: {type_of(field)}"
        for name, field in schema.get("properties", {}).items()
    ]


def declaration(name: str, schema: dict[str, Any]) -> str:
    if "properties" not in schema:
        return f"export type {name_of(name)} = {type_of(schema)};\n"
    lines = "".join(f"  {line};\n" for line in fields(schema))
    return f"export interface {name_of(name)} {{\n{lines}}}\n"


def written(schemas: dict[str, dict[str, Any]]) -> str:
    ours = [declaration(name, schema) for name, schema in sorted(schemas.items()) if name not in NOT_OURS]
    return "\n".join([HEADER, *ours])


if __name__ == "__main__":
    current = written(asyncio.run(description())["components"]["schemas"])
    if "--check" not in sys.argv:
        TARGET.write_text(current)
    elif TARGET.read_text() != current:
        sys.exit("web/src/api-types.ts is not what the server describes: run make api-types.")
