"""What a check says: where, what is wrong, and how to mend it."""

from dataclasses import dataclass

from digest.errors import DigestError


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend. A note is one that neither keeps mail from going out nor makes it arrive broken."""

    where: str  #: the setting, file, server or name
    what: str  #: one sentence without a full stop
    fix: str  #: what to do, as a sentence without a full stop
    is_note: bool = False


def of_error(where: str, error: DigestError, *, fix: str) -> Problem:
    """Return the problem of an error, whose words end in “: how to mend it”; `fix` is for one that has none."""
    what, found, advice = str(error).rpartition(": ")
    return Problem(where, what, advice) if found else Problem(where, advice, fix)
