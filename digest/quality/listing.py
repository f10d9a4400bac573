"""How a finding says how many and which: short enough to read, whatever a template does wrong in every story."""

LISTED = 8  # faults shown of one finding


def listed(faults: list[str]) -> str:
    """Return the first faults one a line, and how many more there are."""
    return abridged(faults[:LISTED], len(faults))


def abridged(first: list[str], count: int) -> str:
    """Return the first of so many faults one a line, where each takes time to describe, and how many more."""
    more = [f"and {count - len(first)} more"] if count > len(first) else []
    return "\n".join([*first, *more])


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in English: “1 link”, “2 links”."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
