"""The sign-up form as values: what is wrong is named, what was typed stays, and nothing breaks it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from subscribers import fields, signup_form
from subscribers.model import Frequency
from subscribers.signup_form import NO_ADDRESS, WITHOUT_ADDRESS, WITHOUT_AT, Form, Json
from tests.articles import newsletter

WEEKLY = newsletter(categories=("World", "Science", "Sport"), schedule="mon 07:00")


def read(*pairs: tuple[str, str]) -> signup_form.Submission:
    return signup_form.read(FormData(list(pairs)), WEEKLY)


def test_a_form_in_order_is_read_with_topics_in_the_newsletters_order() -> None:
    form, problems, is_trapped = read(
        ("email", " Ada@Example.org "), ("name", "Ada\x07  L."), ("topic", "Sport"), ("topic", "World"),
        ("frequency", "monthly"),
    )  # fmt: skip
    assert form == Form("Ada@Example.org", "Ada L.", ("World", "Sport"), Frequency.MONTHLY)
    assert (problems, is_trapped) == ((), False)


@pytest.mark.parametrize(
    ("email", "problem"),
    [
        ("", WITHOUT_ADDRESS),
        ("ada example.org", WITHOUT_AT),
        ("ada@", NO_ADDRESS),
        ("ada@example", NO_ADDRESS),
        ("ada@example.org,eve@example.org", NO_ADDRESS),
        ("ada@example.org\nBcc: eve@example.org", NO_ADDRESS),
        ("a" * 250 + "@example.org", NO_ADDRESS),
    ],
)
def test_an_address_that_cannot_be_mailed_is_named_and_kept(email: str, problem: signup_form.Problem) -> None:
    form, problems, _ = read(("email", email))
    assert problems == (problem,)
    assert form.email == email


def test_what_the_newsletter_does_not_have_is_named_and_the_rest_kept() -> None:
    form, problems, _ = read(
        ("email", "ada@example.org"), ("name", "x" * 81), ("topic", "World"), ("topic", "Gossip"),
        ("frequency", "daily"),
    )  # fmt: skip
    assert [problem.field for problem in problems] == ["name", "topic", "frequency"]
    assert form.topics == ("World",)
    assert form.frequency is Frequency.EVERY_ISSUE


def test_the_field_that_nobody_sees_gives_a_program_away() -> None:
    assert read(("email", "ada@example.org"), (signup_form.TRAP, "buy")).is_trapped


@given(st.lists(st.tuples(st.sampled_from(["email", "name", "topic", "frequency", "comment", "?"]), st.text())))
def test_any_form_is_read_and_an_address_without_problem_can_be_mailed(pairs: list[tuple[str, str]]) -> None:
    form, problems, _ = read(*pairs)
    if not any(problem.field == "email" for problem in problems):
        assert fields.email(form.email) == form.email
    assert len(form.name) <= 200
    assert set(form.topics) <= set(WEEKLY.categories)


KEYS = st.sampled_from(["email", "topics", "name", "frequency", "newsletter", "language"])
SIMPLE = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(SIMPLE, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))
def test_any_json_is_read_or_refused_with_a_reason(value: object) -> None:
    try:
        submitted = Json(json.loads(json.dumps(value)))
    except ValueError as error:
        assert str(error).endswith(".")
    else:
        assert isinstance(signup_form.read(submitted, WEEKLY).form, Form)
