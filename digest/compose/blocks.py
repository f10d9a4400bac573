"""Pure: what Jinja drops without a word from a template that extends another.

That is a block of a name that nothing it extends has, and what stands outside of its blocks.
"""

from collections.abc import Iterator

from jinja2 import Environment, nodes

from digest.compose.lineage import Source, lineage
from digest.compose.rendering import Place
from digest.errors import TemplateError
from digest.spelling import nearest

_OUTSIDE = "this stands outside of every block and would not be shown: move it into a block"


def check_blocks(templates: Environment, name: str) -> None:
    """Raise TemplateError, with file and line, when part of a template would not be shown in what it extends.

    The template has been rendered, so it and all that it extends can be parsed.
    """
    sources = list(lineage(templates, name))
    for place, source in enumerate(sources[:-1]):
        known = {block.name for above in sources[place + 1 :] for block in above.tree.find_all(nodes.Block)}
        for line, fault in _dropped(source, known, sources[place + 1].name):
            raise TemplateError(f"template {Place(source.file, line)}: {fault}")


def _dropped(source: Source, known: set[str], parent: str) -> Iterator[tuple[int, str]]:
    """Yield the line of what is dropped, and what is wrong with it."""
    for node in source.tree.body:
        if isinstance(node, nodes.Block) and node.name not in known:
            yield node.lineno, f"{parent} has no block “{node.name}”{nearest(node.name, known)}: it would not be shown"
        elif isinstance(node, nodes.Output):
            yield from ((line, _OUTSIDE) for line in _shown(node))


def _shown(output: nodes.Output) -> Iterator[int]:
    """Yield the lines on which something but white space would be written."""
    for part in output.nodes:
        if not isinstance(part, nodes.TemplateData):
            yield part.lineno
        elif words := part.data.lstrip():
            yield part.lineno + part.data[: -len(words)].count("\n")
