"""What the folder listing promises, where import-linter (run by `dev.py lint`) cannot see it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*(ROOT / "digest").rglob("*.py"), *(ROOT / "subscribers").rglob("*.py")])


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_only_db_names_a_dialect_in_its_imports() -> None:
    found = {path.name for path in SOURCES if any(name.startswith("sqlalchemy.dialects") for name in imports(path))}

    assert found == {"db.py"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_holds_one_noun(path: Path) -> None:
    if "versions" not in path.parts:
        assert len(path.read_text().splitlines()) <= 400


EDGES = {  # the command, the worker’s loop, a request, the threads that write the ledger and send letters
    *("digest/cli/main.py", "digest/worker.py", "digest/web.py", "digest/journal.py", "digest/post_office.py"),
}


def is_broad(handler: ast.ExceptHandler) -> bool:
    """A handler of everything that swallows; one that cleans up and raises again is not broad."""
    if handler.type is not None and ast.unparse(handler.type) not in ("Exception", "BaseException"):
        return False
    last = handler.body[-1]
    return not (isinstance(last, ast.Raise) and last.exc is None)


def test_broad_excepts_stand_at_the_edges_only() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and is_broad(node)
    }

    assert found <= EDGES
