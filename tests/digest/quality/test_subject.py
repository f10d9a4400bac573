"""A subject beside those of earlier issues, and subjects of other scripts."""

import pytest

from digest.quality import subject
from tests.digest.quality.drafts import CLEAN, header


def test_a_subject_of_an_earlier_issue_is_named_with_its_edition() -> None:
    found = subject.repeated({"edition 1": "Floods", "edition 2": "Moths"}, {"floods", "Ferries"})

    assert not found.passed
    assert "edition 1: “Floods”" in found.detail
    assert subject.repeated({"edition 1": "Floods"}, set()).passed


@pytest.mark.parametrize(
    ("written", "passes"),
    [
        ("=?utf-8?b?5aSc6KGM5YiX6LuK44GM5pyA5b6M44Gu6YGL6KGM44KS57WC44GI44Gf?=", True),  # 16 ideographs
        ("=?utf-8?b?5aSc6KGM5YiX6LuK?=", False),  # 4 ideographs
        ("Nineteen characters", False),
        ("Twenty characters, 20", True),
    ],
)
def test_ideographs_say_more(written: str, passes: bool) -> None:
    mail = header(r"^Subject: .*$", f"Subject: {written}")(CLEAN).mail()

    assert subject.check(mail)[0].passed is passes


def test_a_short_acronym_is_no_shouting() -> None:
    mail = header(r"^Subject: .*$", "Subject: EU")(CLEAN).mail()

    assert subject.check(mail)[1].passed
