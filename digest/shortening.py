"""Pure: text cut to a length, for a headline, an inbox or a description."""


def shortened(text: str, length: int) -> str:
    """Return one line of at most that many characters, cut after a word and marked with “…” where it is longer.

    Where the only space comes early, as in scripts without spaces, it is cut inside a word instead.
    """
    if len(text) <= length:
        return text
    cut = text[:length].rsplit(" ", 1)[0] if " " in text[length // 2 : length] else text[: length - 1]
    return cut.rstrip(" ,;:–—-") + "…"
