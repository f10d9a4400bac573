"""What is stored about a reader, why, and for how long: the facts that the page for readers and `docs/privacy.md` tell.

A test holds them against the tables of the database: none that can be about a person is left out.
"""

from typing import NamedTuple

from digest.languages import N_


class Fact(NamedTuple):
    """One kind of thing that is stored about a reader, in words for readers, and the tables that hold it."""

    what: str
    why: str
    how_long: str
    tables: tuple[str, ...]


_UNTIL_ERASED = N_("Kept until you have us erase you.")

FACTS = (
    Fact(
        N_("Your address, and your name if you gave it"),
        N_("To send you what you asked for."),
        N_("Kept until you have us erase you; if you never confirm that you want our mail, for seven days."),
        ("subscribers",),
    ),
    Fact(
        N_("What you want to read, how often, when and in which language"),
        N_("To make your issue of it, and nobody else’s."),
        _UNTIL_ERASED,
        ("subscribers", "subscriptions", "unsubscriptions"),
    ),
    Fact(
        N_("When you agreed, changed or ended something, on which of our pages, and the words you saw there"),
        N_(
            "To be able to prove it, to you and to others. Of your internet address, only the part is kept that you "
            "share with hundreds of others."
        ),
        _UNTIL_ERASED,
        ("consent_events",),
    ),
    Fact(
        N_("What you asked for and have not confirmed yet: a subscription, another address"),
        N_("So that the link in our letter can confirm it."),
        N_("Kept for seven days."),
        ("signups", "address_changes"),
    ),
    Fact(
        N_("Which issues and articles we sent you, and what your mail server answered"),
        N_("So that nothing reaches you twice, and a story that you have had does not come again."),
        _UNTIL_ERASED,
        ("deliveries", "skips"),
    ),
    Fact(
        N_("That we wrote you a letter about your subscription, such as the one to confirm it"),
        N_("So that nobody can have us write to you again and again."),
        N_("Kept for 30 days, with a fingerprint of your address in place of the address once the letter is sent."),
        ("letters",),
    ),
    Fact(
        N_("What we told other programs of ours about your subscription, where we use any"),
        N_("So that they know it, too, when you leave."),
        N_(
            "Kept for 30 days. When you are erased, they are told once more that you left; that is kept until they "
            "heard it, for three days at most."
        ),
        ("webhook_calls",),
    ),
    Fact(
        N_(
            "A fingerprint of your address, if mail to it fails for good, you complained, took another address "
            "or were erased"
        ),
        N_("So that we never write to you again by mistake. The address cannot be read from it."),
        N_("Kept for good: that is what it is for."),
        ("suppressions",),
    ),
)
"""In the order in which readers ask."""

NOT_DONE = (
    N_("We set no cookies."),
    N_("We do not see whether you open a mail, nor which articles you follow: links lead straight to their source."),
    N_("Pictures in mails are the same for everybody, and their addresses say nothing about you."),
    N_("Our log says which kind of page was asked for and when, but not by whom, nor from where."),
)
NOBODY_ELSE = N_("We give your data to nobody but those who carry our mail.")  # where no webhook tells other programs

RIGHTS = (
    N_(
        "See and take with you all that we hold about you, change it, or have it erased: on the page of your "
        "preferences, to which the end of each mail leads."
    ),
    N_("Leave: by the link at the end of each mail, or the button of your mail program. It takes effect at once."),
    N_("If you have no mail of ours at hand, write to us. You can also complain to your data protection authority."),
)
