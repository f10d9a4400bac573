"""Pure: the exact words that people agree to when they ask for a newsletter and when they confirm it."""

from digest import languages
from digest.model import Newsletter


def asking(newsletter: Newsletter, language: str) -> str:
    """Return what the form says above its button; the record of consent keeps it, word for word."""
    # Translators: stands above the button “Subscribe”, and is kept as proof of what somebody agreed to.
    said = languages.translations(language).gettext(
        "By signing up you ask %(newsletter)s to mail you the topics that you choose. We confirm by one mail first, "
        "count no opens and no clicks, and every issue has a link to unsubscribe."
    )
    return said % {"newsletter": newsletter.name}


def confirming(newsletter: Newsletter, language: str) -> str:
    """Return what the page says above the button that confirms; kept in the same way."""
    # Translators: stands above the button “Confirm”, and is kept as proof of what somebody agreed to.
    said = languages.translations(language).gettext(
        "By confirming you agree that %(newsletter)s mails you these topics. You can change that or unsubscribe at any "
        "time, with a link in every issue."
    )
    return said % {"newsletter": newsletter.name}
