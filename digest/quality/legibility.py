"""Whether text can be read: its size and its contrast, from inline styles, as the plainest client shows them."""

from digest.quality import page
from digest.quality.finding import Finding, of_faults
from digest.quality.mail import Mail
from digest.quality.page import Element, Look

LEAST_FONT_PX = 14.0
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, for text of any size


def check(mail: Mail) -> list[Finding]:
    """Look at every visible passage of text, alternative texts of pictures included."""
    root = page.parse(mail.html)
    looks = page.looks(root)
    seen = [(looks[element], element, text) for element, text in page.texts(root)]
    seen += [(looks[image], image, image.get("alt")) for image in root.iter("img") if (image.get("alt") or "").strip()]
    visible = [one for one in seen if not one[0].is_hidden]
    return [_sizes(visible), _contrasts(visible)]


def contrast(look: Look) -> float:
    """Return the contrast of text on its ground, 1 to 21 (WCAG 2)."""
    light, dark = sorted((_luminance(look.colour), _luminance(look.ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[float, float, float]) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _quoted(element: Element, text: str) -> str:
    words = " ".join(text.split())
    return f"“{words[:40]}” in {page.name(element)}"


def _sizes(visible: list[tuple[Look, Element, str]]) -> Finding:
    smallest = min((look.font_px for look, _, _ in visible), default=LEAST_FONT_PX)
    faults = [
        f"{_quoted(element, text)} has {look.font_px:g} px"
        for look, element, text in visible
        if look.font_px < LEAST_FONT_PX
    ]
    return of_faults(
        "legibility: font size",
        faults,
        limit=f"at least {LEAST_FONT_PX:g} px",
        value=f"smallest {smallest:g} px",
        advice="Give it 14 px or more",
    )


def _contrasts(visible: list[tuple[Look, Element, str]]) -> Finding:
    lowest = min((contrast(look) for look, _, _ in visible), default=21.0)
    faults = [
        f"{_quoted(element, text)} has {contrast(look):.1f}:1"
        for look, element, text in visible
        if contrast(look) < LEAST_CONTRAST
    ]
    return of_faults(
        "legibility: contrast",
        faults,
        limit=f"at least {LEAST_CONTRAST}:1",
        value=f"lowest {lowest:.1f}:1",
        advice="Darken the text or lighten its ground in the light colours of the theme",
    )
