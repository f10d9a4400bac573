"""The documentation says what the program does."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from digest.cli.init import SETTINGS
from digest.config import Api, Smtp
from digest.errors import DigestError
from digest.model import Newsletter
from digest.theme_settings import ThemeSettings
from digest.webhook_settings import Webhook

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["cli.md", "settings.md", "verdicts.md", "privacy.md"])
def test_the_reference_is_what_the_code_says(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == generator().PAGES[name](), "run `python3 dev.py docs`"


def test_every_setting_is_in_the_file_that_init_writes() -> None:
    for model in (Smtp, Api, Webhook, Newsletter, ThemeSettings):
        for name in set(model.model_fields) - {"theme", "sections", "domains"}:
            assert re.search(rf"^(# )?{name} = ", SETTINGS, re.MULTILINE), name
    assert "# [smtp.domains]" in SETTINGS
    assert "# [newsletters.theme]" in SETTINGS
    assert "# [newsletters.theme.sections]" in SETTINGS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)|src=\"(?!https?:)([^\"]+)\"", page.read_text()):
        assert (page.parent / (target[0] or target[1])).exists(), target


def test_every_error_is_in_the_drawn_tree() -> None:
    from digest import errors

    drawn = errors.__doc__ or ""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DigestError)]
    assert kinds
    for kind in kinds:
        assert kind.__name__ in drawn


def test_every_reason_is_explained() -> None:
    from digest.draft import SkipReason
    from digest.selection import Reason

    page = (ROOT / "docs" / "design.md").read_text()
    for reason in (*Reason, *SkipReason):
        assert f"`{reason}`" in page, reason
