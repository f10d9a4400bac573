"""The programs whose exports are read, and which of them a file comes from."""

from collections.abc import Collection

from digest.errors import SourceError
from subscribers.exports import buttondown, ghost, listmonk, mailchimp, substack
from subscribers.exports.program import Program, Segment, segment
from subscribers.sheets import COLUMNS, Sheet

PROGRAMS = {
    program.name.casefold(): program
    for program in (mailchimp.PROGRAM, substack.PROGRAM, listmonk.PROGRAM, ghost.PROGRAM, buttondown.PROGRAM)
}


def expected() -> str:
    """Name the columns of our own files and the programs whose exports are read, for messages."""
    names = ", ".join(program.name for program in PROGRAMS.values())
    return (
        f"the first line must name our columns, {','.join(COLUMNS[:7])}, of which only email is needed, "
        f"or be that of an export of {names}"
    )


def found_columns(columns: Collection[str]) -> str:
    """Name the first columns of a file, for messages."""
    return ", ".join(name[:30] for name in list(columns)[:12] if name)


def recognised(sheet: Sheet) -> Program | None:
    """Return the program that a file comes from; None for one in our own columns.

    Raises SourceError for an export that does not tell who may be mailed.
    """
    if set(sheet.columns) >= substack.DASHBOARD:
        raise SourceError(
            f"{sheet.name} is the list of Substack's dashboard, which does not tell who has switched mail off: "
            "take the export under Settings instead, and import its email_list….csv"
        )
    return next((program for program in PROGRAMS.values() if program.is_origin(sheet.columns)), None)


def named(name: str, sheet: Sheet) -> Program:
    """Return the program of this name, lower-case. Raises SourceError when the file has none of its columns."""
    program = PROGRAMS[name]
    if not program.is_origin(sheet.columns):
        needed = " or ".join(" and ".join(sorted(marks)) for marks in program.marks)
        raise SourceError(
            f"{sheet.name} is no export of {program.name}: that has the columns {needed}; "
            f"this one has {found_columns(sheet.columns)}"
        )
    return program


def is_list_of_people(sheet: Sheet) -> bool:
    """Tell whether a sheet out of an archive is one to import: an export that is recognised, or all in our columns."""
    if recognised(sheet) is not None:
        return segment(sheet.name) is not Segment.NEVER_ASKED
    return "email" in sheet.columns and set(sheet.columns) <= set(COLUMNS)
