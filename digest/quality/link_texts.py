"""Whether a link says where it leads, read alone, as screen readers list links."""

import re

from digest.quality import page
from digest.quality.finding import Finding, of_faults
from digest.quality.mail import Mail
from digest.quality.page import Element

SAYING_NOTHING = frozenset(
    {
        "click here", "here", "this", "link", "this link", "read more", "more", "continue", "continue reading", "go",
        "learn more", "see more", "details", "hier", "hier klicken", "mehr", "mehr lesen", "weiterlesen", "cliquez ici",
        "ici", "en savoir plus", "lire la suite", "haz clic aquí", "aquí", "leer más", "clicca qui", "leggi tutto",
        "clique aqui", "leia mais", "klik hier", "lees meer", "kliknij tutaj", "więcej", "läs mer", "læs mere",
    }
)  # fmt: skip
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def check(mail: Mail) -> list[Finding]:
    """Look at the text of every link."""
    links = list(page.parse(mail.html).iter("a"))
    faults = [fault for link in links if link.get("href") is not None and (fault := _fault(link))]
    return [
        of_faults(
            "link texts",
            faults,
            limit="each says where it leads",
            value="" if faults else f"{len(links)} links",
            advice="Name the target: “Read at ft.com”, “Unsubscribe”",
        )
    ]


def _fault(link: Element) -> str:
    """Return what is wrong with a link's text; empty where nothing is."""
    alts = " ".join(image.get("alt") or "" for image in link.iter("img"))
    text = " ".join(f"{''.join(link.itertext())} {alts} {link.get('aria-label') or ''}".split())
    target = (link.get("href") or "")[:60]
    if not text:
        return f"the link to {target} has no text"
    if text.strip(" .…→›»>!:").casefold() in SAYING_NOTHING:
        return f"“{text}” says nothing of {target}"
    return f"“{text[:60]}” is an address, not words" if _ADDRESS.fullmatch(text) else ""
