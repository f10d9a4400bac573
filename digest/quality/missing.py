"""A part that is not there, so that some gates cannot run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Missing:
    """Returned in place of a tool: which one, and how to get it. Its gates yield no findings, neither good nor bad."""

    part: str  #: “Chromium”
    how: str  #: “pip install 'digest-mailer[check]' and apt-get install chromium”

    def __str__(self) -> str:
        return f"{self.part} is not installed: {self.how}"
