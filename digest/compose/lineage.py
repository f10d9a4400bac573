"""Pure: a template and those that it extends, as Jinja reads them."""

from collections.abc import Iterator
from typing import NamedTuple

from jinja2 import Environment, nodes


class Source(NamedTuple):
    """A template's file, parsed."""

    name: str
    file: str
    tree: nodes.Template


def lineage(templates: Environment, name: str) -> Iterator[Source]:
    """Yield a template, what it extends, what that extends, and so on; a computed name is not followed.

    Raises Jinja's TemplateError when one of them is missing or cannot be parsed.
    """
    assert templates.loader is not None  # noqa: S101 - templates come from folders
    following: str | None = name
    while following is not None:
        text, file, _ = templates.loader.get_source(templates, following)
        source = Source(following, file or following, templates.parse(text, following, file))
        yield source
        extends = source.tree.find(nodes.Extends)
        following = extends.template.value if extends and isinstance(extends.template, nodes.Const) else None
