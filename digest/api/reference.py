"""`/api/docs`: the API's description as a page to read, made from the OpenAPI document and nothing else."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Response

from digest.api import app
from digest.config import Settings
from subscribers import pages

READ = ["GET", "HEAD"]
METHODS = ("get", "post", "patch", "delete")
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}
Schema = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a key of an object."""

    name: str
    kind: str  #: in words
    description: str
    is_required: bool
    where: str = ""  #: of a parameter: path, query or header


@dataclass(frozen=True, slots=True)
class Answer:
    """One status that an operation answers with."""

    status: str
    description: str
    shape: str  #: the object's name; empty: none


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a program can do."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    scope: str  #: empty: any token will do
    fields: tuple[Field, ...]
    body: str  #: the object's name; empty: none
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """An object that is sent or answered."""

    name: str
    description: str
    fields: tuple[Field, ...]
    values: tuple[str, ...]  #: of a word that is one of several


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole API."""

    operations: tuple[Operation, ...]
    shapes: tuple[Shape, ...]


def _named(schema: Schema) -> str:
    """Return the name of the object that a schema refers to, or nothing."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def kind(schema: Schema) -> str:
    """Say in words what a value may be."""
    if name := _named(schema):
        return name
    if "anyOf" in schema or "enum" in schema:
        return " or ".join([*map(kind, schema.get("anyOf", ())), *map(str, schema.get("enum", ()))])
    match schema.get("type"):
        case "array":
            return f"list of {kind(schema['items'])}"
        case "object":
            return f"object of {kind(schema['additionalProperties'])}"
    return "instant" if schema.get("format") == "date-time" else _WORDS[schema["type"]]


def _parameters(operation: Schema) -> Iterator[Field]:
    for one in operation.get("parameters", ()):
        words = kind(one["schema"]).removesuffix(" or null")  # it may be left out; nobody can write null there
        yield Field(one["name"], words, one.get("description", ""), one["required"], one["in"])


def _content(message: Schema) -> str:
    """Return the name of what a request or an answer holds, or nothing."""
    for held in message.get("content", {}).values():
        schema = held["schema"]
        return _named(schema) or next((name for part in schema.get("anyOf", ()) if (name := _named(part))), "")
    return ""


def _operation(method: str, path: str, found: Schema) -> Operation:
    (scopes,) = found["security"][0].values()
    answers = sorted(found["responses"].items())
    return Operation(
        name=found["operationId"],
        method=method.upper(),
        path=path,
        summary=found["summary"],
        description=found.get("description", ""),
        scope=scopes[0] if scopes else "",
        fields=tuple(_parameters(found)),
        body=_content(found.get("requestBody", {})),
        answers=tuple(Answer(status, said["description"], _content(said)) for status, said in answers),
    )


def _shape(name: str, schema: Schema) -> Shape:
    required = schema.get("required", ())
    fields = tuple(
        Field(key, kind(value), value.get("description", ""), key in required)
        for key, value in schema.get("properties", {}).items()
    )
    return Shape(name, schema.get("description", ""), fields, tuple(map(str, schema.get("enum", ()))))


def reference(document: Schema) -> Reference:
    """Return what an OpenAPI document of ours says, in its order; the objects by name."""
    operations = [
        _operation(method, path, found[method])
        for path, found in document["paths"].items()
        for method in METHODS
        if method in found
    ]
    shapes = sorted(document["components"]["schemas"].items())
    return Reference(tuple(operations), tuple(_shape(name, schema) for name, schema in shapes))


def router(document: Callable[[], Schema], settings: Settings) -> APIRouter:
    """Return the address of the page. It holds nobody's data, and is open to everybody."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/api/docs", methods=READ)
    def docs() -> Response:
        base = settings.base_url + app.PATH
        return pages.page(settings, "api.html.j2", reference=reference(document()), address=base)

    return routes
