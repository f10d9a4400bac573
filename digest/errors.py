"""Every error that a user can cause, as one tree. The message says what is wrong, where, and how to mend it.

DigestError               exit code 1: the command failed
├── UsageError            exit code 2: wrong usage
│   └── SettingsError     exit code 2: wrong settings
├── NotFoundError         a newsletter, issue, article, subscriber or delivery that is not there
├── SourceError           a file or folder of articles or subscribers that cannot be read
├── DatabaseError         the database cannot be opened, is busy, full or of another version
│   └── DatabaseAwayError     it is busy or away: it may come back by itself
├── TemplateError         a template that does not compile, with its file and line
└── ServerError           the SMTP server, not a recipient, is in the way
    ├── ServerUnavailableError   it cannot be reached, or left
    ├── ServerRefusedError       it refuses our log-in, our sender or our connection
    └── IssuePausedError         sending would do harm: it waits for a person, or for a quota that is used up
"""


class DigestError(Exception):
    """A failure with a message for the person who ran the command."""

    exit_code = 1


class UsageError(DigestError):
    """A command was typed in a way that cannot work."""

    exit_code = 2


class SettingsError(UsageError):
    """The settings cannot be used as they are."""


class NotFoundError(DigestError):
    """Something that was named does not exist."""


class SourceError(DigestError):
    """A file or folder cannot be read."""


class DatabaseError(DigestError):
    """The database cannot do what was asked."""


class DatabaseAwayError(DatabaseError):
    """The database is busy or away; the same may work a little later."""


class TemplateError(DigestError):
    """A template does not compile."""


class ServerError(DigestError):
    """The SMTP server is in the way; no recipient is to blame."""


class ServerUnavailableError(ServerError):
    """The SMTP server cannot be reached, or went away."""


class ServerRefusedError(ServerError):
    """The SMTP server refuses our log-in, our sender or our connection."""


class IssuePausedError(ServerError):
    """Sending an issue waits for a person, or only for so many seconds, after which a worker goes on."""

    def __init__(self, reason: str, *, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds
