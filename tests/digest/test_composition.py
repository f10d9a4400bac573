"""Editions composed from a template: what a template can make impossible is said, not stumbled over."""

from datetime import timedelta
from pathlib import Path

import pytest

from digest import templating
from digest.compose.pieces import Shelf
from digest.composition import Composition, Contents
from digest.errors import TemplateError
from digest.model import Depth, Issue
from digest.selection import Chosen, Reason
from tests.articles import NOW, article, newsletter, shelf


def test_a_frame_that_leaves_no_room_is_named(tmp_path: Path) -> None:
    frame = (templating.templates_dir() / "email" / "frame.mjml.j2").read_text()
    wordy = f"<mj-raw><tr><td>{'word ' * 19_000}</td></tr></mj-raw>"
    (tmp_path / "frame.mjml.j2").write_text(frame.replace('{{ mark("end") }}', f'{{{{ mark("end") }}}}{wordy}'))
    one = article(1)
    issue = Issue(
        id=1,
        newsletter=newsletter(),
        number=1,
        base_url="https://news.example.com",
        nonce="abc",
        since=NOW - timedelta(days=7),
        until=NOW,
    )
    composition = Composition(
        templating.environment("email", "en", tmp_path), issue, Shelf(shelf(one), issue.newsletter.categories, {}), ()
    )

    with pytest.raises(TemplateError, match=r"template issue.mjml.j2 takes [\d,]+ bytes without any story"):
        composition.compose([Contents((Chosen(one, 1, Depth.BRIEF, Reason.CHOSEN_CATEGORY, 0),), ())])
