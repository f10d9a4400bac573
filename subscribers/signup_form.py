"""Pure: the form on which people ask for a newsletter, as values: what was typed, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from digest.errors import UsageError
from digest.languages import N_
from digest.model import Newsletter
from subscribers import fields, preference_form
from subscribers.model import Frequency, Preferences

LONGEST_NAME = 80  # characters
LONGEST_EMAIL = 254  # RFC 5321 §4.5.3.1.3, without its angle brackets
NAMES = ("email", "name", "topic", "frequency")  # of the fields that can be wrong
TRAP = "comment"  # a field that nobody sees; only programs fill it in


class Problem(NamedTuple):
    """What is to be mended: the field, what is wrong for the summary, and how to mend it. Marked for translation."""

    field: str
    summary: str
    hint: str


class Fields(Protocol):
    """A submitted form, as Starlette reads it."""

    def getlist(self, key: str) -> Sequence[object]:
        """Return all values of a field, in the order of the form."""


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody typed and ticked. No topics mean every topic."""

    email: str = ""
    name: str = ""
    topics: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EVERY_ISSUE

    @property
    def preferences(self) -> Preferences:
        """What is to be stored of the topics."""
        return Preferences(categories=self.topics)


class Submission(NamedTuple):
    """A form as it was sent, and what is to be mended before it counts."""

    form: Form
    problems: tuple[Problem, ...]
    is_trapped: bool  #: the field that nobody sees was filled in


WITHOUT_ADDRESS = Problem("email", N_("The address is missing"), N_("Write it like name@example.org."))
WITHOUT_AT = Problem("email", N_("The address needs an @ sign"), N_("Write it like name@example.org."))
NO_ADDRESS = Problem("email", N_("Mail cannot be sent to this address"), N_("Write it like name@example.org."))
LONG_NAME = Problem("name", N_("The name is too long"), N_("Shorten it to 80 characters."))
OTHER_TOPIC = Problem("topic", N_("A topic does not exist"), N_("Choose among those that are listed."))
OTHER_FREQUENCY = Problem(
    "frequency", N_("This newsletter cannot come as often as that"), N_("Choose among those that are listed.")
)


def _text(submitted: Fields, name: str) -> str:
    """Return a field's first text, without white space around it."""
    return next((value.strip() for value in submitted.getlist(name) if isinstance(value, str)), "")


def email_problem(email: str) -> Problem | None:
    """Return what is wrong with an address, or None."""
    if not email:
        return WITHOUT_ADDRESS
    if "@" not in email:
        return WITHOUT_AT
    if len(email) > LONGEST_EMAIL:
        return NO_ADDRESS
    try:
        fields.email(email)
    except UsageError:
        return NO_ADDRESS
    return None


def read(submitted: Fields, newsletter: Newsletter) -> Submission:
    """Read a form that was sent; what is known of it is kept, whatever is wrong with the rest."""
    asked = [value for value in submitted.getlist("topic") if isinstance(value, str)]
    topics = tuple(topic for topic in newsletter.categories if topic in asked)
    offered = {str(frequency): frequency for frequency in preference_form.frequencies(newsletter)}
    often = _text(submitted, "frequency")
    form = Form(
        email=_text(submitted, "email"),
        name=fields.clean(_text(submitted, "name")),
        topics=topics,
        frequency=offered.get(often, Frequency.EVERY_ISSUE),
    )
    problems = (
        email_problem(form.email),
        LONG_NAME if len(form.name) > LONGEST_NAME else None,
        OTHER_TOPIC if set(asked) - set(topics) else None,
        OTHER_FREQUENCY if often and often not in offered else None,
    )
    return Submission(form, tuple(problem for problem in problems if problem), bool(_text(submitted, TRAP)))


class Json:
    """A JSON object read as a form: `topics` is a list, everything else a text. Raises ValueError for other kinds."""

    _NAMES: Mapping[str, str] = {"topics": "topic"}

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise ValueError("The body must be a JSON object.")
        self._values: dict[str, list[str]] = {}
        for key, given in value.items():
            several = given if key in self._NAMES else [given]
            if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
                raise ValueError(f"“{key}” must be {'a list of texts' if key in self._NAMES else 'a text'}.")
            self._values[self._NAMES.get(key, key)] = several

    def getlist(self, key: str) -> Sequence[object]:
        """Return all values of a field."""
        return self._values.get(key, [])

    def text(self, key: str) -> str:
        """Return a field's text, or an empty one."""
        return next(iter(self._values.get(key, [])), "")
