"""`[newsletters.theme]` as people write it: read, completed to a `Theme`, and checked to be readable everywhere.

Every text colour is checked on every ground that it stands on: in light, in dark, and in what mail clients make of the
light design when they invert it by themselves. What fails is named with the nearest colour that passes. A button is
ink with a ground's colour for its words, so its contrast is that of ink on the ground.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from digest import contrast
from digest.palette import colour_name
from digest.theme import Logo, Shade, Theme

GROUNDS = ("card", "page", "tint")  # what text stands on
TEXTS = {"accent": "link", "ink": "ink", "muted": "muted"}  # the setting's name -> the theme's
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_DARK_GROUND_CHROMA = 0.02  # a derived dark ground keeps a hint of its hue, no more


def hexadecimal(value: str) -> str:
    """Return a colour as #rrggbb; raises ValueError for anything but #rgb, #rrggbb and CSS's names."""
    if _HEX.fullmatch(value):
        digits = value[1:].lower()
        return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))
    if value.isascii() and value.isalpha():
        from PIL.ImageColor import colormap  # CSS's names; loaded only where one is used

        named = colormap.get(value.lower())
        if isinstance(named, str):
            return named.lower()
    raise ValueError(f"“{value[:40]}” is not a colour: write “#1a4fb0”, “#14b”, or a name of CSS such as “navy”")


class Given(BaseModel):
    """One role's colour as given: for light alone, or for dark, too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    light: Annotated[str, AfterValidator(hexadecimal)]
    dark: Annotated[str, AfterValidator(hexadecimal)] | None = None


def _one_or_two(value: object) -> object:
    if isinstance(value, str):
        return Given(light=hexadecimal(value))
    if not isinstance(value, (dict, Given)):
        raise ValueError('must be a colour, such as "#1a4fb0", or one for each ground: { light = "…", dark = "…" }')
    return value


Colour = Annotated[Given, BeforeValidator(_one_or_two)]


class LogoSettings(BaseModel):
    """`logo`: a file beside the settings or an https address, and the size to show it at, in CSS pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: str = Field(min_length=1)
    width: int = Field(default=0, ge=0, le=200)
    height: int = Field(default=0, ge=0, le=48)
    alt: str = ""

    @model_validator(mode="before")
    @classmethod
    def _table(cls, value: object) -> object:
        if not isinstance(value, (dict, cls)):
            raise ValueError('must be a table: { image = "logo.png" }')
        return value

    @model_validator(mode="after")
    def _file_or_https(self) -> Self:
        if not _SCHEME.match(self.image):
            return self
        address = urlsplit(self.image)
        if address.scheme != "https" or not address.hostname or re.search(r"[\s\x00-\x1f\x7f]", self.image):
            raise ValueError(f"“{self.image[:80]}” is not a file, nor an address with https://, which mail needs")
        if not (self.width and self.height):
            raise ValueError("give width and height too: a picture elsewhere on the web is not measured")
        return self


class ThemeSettings(BaseModel):
    """What `[newsletters.theme]` may hold; whatever it leaves out is as in the bundled look."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    headings: Literal["serif", "sans"] = "serif"
    accent: Colour | None = None
    ink: Colour | None = None
    muted: Colour | None = None
    page: Colour | None = None
    card: Colour | None = None
    tint: Colour | None = None
    hairline: Colour | None = None
    sections: dict[str, Colour] = {}
    logo: LogoSettings | None = None


class Fault(NamedTuple):
    """What is wrong with a theme: the setting, as a path below `theme`, and a message that says how to mend it."""

    setting: tuple[str, ...]
    message: str


def _ground(given: Given | None, bundled: Shade) -> Shade:
    """Complete a ground: a dark one that is not given is as dark as the bundled one, with a hint of the light's hue."""
    if given is None:
        return bundled
    if given.dark is not None:
        return Shade(light=given.light, dark=given.dark)
    lightness = contrast.lightness_of(bundled.dark)
    return Shade(
        light=given.light, dark=contrast.like(given.light, lightness=lightness, most_chroma=_DARK_GROUND_CHROMA)
    )


def _text(given: Given, grounds: Iterable[Shade]) -> Shade:
    """Complete a text colour: a dark one that is not given has the light one's hue, and is easy to read."""
    if given.dark is not None:
        return Shade(light=given.light, dark=given.dark)
    darks = [ground.dark for ground in grounds]
    for needed in (contrast.COMFORTABLE, contrast.LEAST):
        if found := contrast.nearest(given.light, _reaching(darks, needed)):
            return Shade(light=given.light, dark=found)
    return Shade(light=given.light, dark=given.light)  # no shade of it can be read there: `faults` will say so


def _reaching(grounds: list[str], needed: float) -> Callable[[str], bool]:
    return lambda colour: all(contrast.ratio(colour, ground) >= needed for ground in grounds)


def theme(given: ThemeSettings) -> Theme:
    """Return the whole theme: what is given, completed with dark colours and the bundled look.

    The logo's address is what is given, and a size that is not given is 0, until the file is read (`digest.logo`).
    """
    bundled = Theme()
    grounds = {role: _ground(getattr(given, role), getattr(bundled, role)) for role in (*GROUNDS, "hairline")}
    well = bundled.well if given.tint is None else grounds["tint"]
    under_text = [*(grounds[role] for role in GROUNDS), well]
    texts = {
        TEXTS[role]: getattr(bundled, TEXTS[role]) if colour is None else _text(colour, under_text)
        for role, colour in ((role, getattr(given, role)) for role in TEXTS)
    }
    sections = {category: _text(colour, under_text) for category, colour in given.sections.items()}
    logo = given.logo and Logo(
        url=given.logo.image, width=given.logo.width, height=given.logo.height, alt=given.logo.alt
    )
    return Theme(headings=given.headings, **grounds, **texts, well=well, sections=sections, logo=logo)


class _Mode(NamedTuple):
    """One way in which a reader may see the mail: which side of the theme, and what the client makes of it."""

    side: Literal["light", "dark"]
    words: str  #: what is said of it in a message
    seen: Callable[[str, str], tuple[str, str]]


def _as_they_are(text: str, ground: str) -> tuple[str, str]:
    return text, ground


_MODES = (
    _Mode("light", "", _as_they_are),
    _Mode("dark", "", _as_they_are),
    _Mode("light", " once Outlook.com or Gmail darkens the mail by itself", contrast.partly_inverted),
    _Mode("light", " once Gmail on iOS inverts the mail by itself", contrast.all_inverted),
)


class _Colour(NamedTuple):
    """A text's or a ground's colour, and where its settings stand; `None` for a side that is not given."""

    name: str
    shade: Shade
    setting: Mapping[str, tuple[str, ...] | None]  #: by side


def _colour(name: str, path: tuple[str, ...], shade: Shade, given: Given | None) -> _Colour:
    if given is None:
        return _Colour(name, shade, {"light": None, "dark": None})
    both = given.dark is not None
    return _Colour(
        name, shade, {"light": (*path, "light") if both else path, "dark": (*path, "dark") if both else None}
    )


def _texts(given: ThemeSettings, whole: Theme, categories: Iterable[str]) -> Iterator[_Colour]:
    for setting, role in TEXTS.items():
        yield _colour(setting, (setting,), getattr(whole, role), getattr(given, setting))
    for category, colour in given.sections.items():
        yield _colour(f"colour of {category}", ("sections", category), whole.section(category), colour)
    own = {category.casefold() for category in given.sections}
    for category in {colour_name(c): c for c in categories if c.casefold() not in own}.values():
        yield _colour(f"colour of {category}", (), whole.section(category), None)


def _seen_ratio(mode: _Mode, text: str, ground: str) -> float:
    return contrast.ratio(*mode.seen(text, ground))


def _readable(side: str, grounds: Iterable[_Colour]) -> Callable[[str], bool]:
    """Return the test that a text colour passes when it can be read on all those grounds."""
    modes = [mode for mode in _MODES if mode.side == side]
    under = [getattr(ground.shade, side) for ground in grounds]
    return lambda colour: all(_seen_ratio(mode, colour, one) >= contrast.LEAST for mode in modes for one in under)


def _legible(side: str, texts: Iterable[_Colour]) -> Callable[[str], bool]:
    """Return the test that a ground passes when all those texts can be read on it."""
    modes = [mode for mode in _MODES if mode.side == side]
    over = {getattr(text.shade, side) for text in texts}
    return lambda colour: all(_seen_ratio(mode, one, colour) >= contrast.LEAST for mode in modes for one in over)


def _measured(mode: _Mode, text: str, ground: str) -> str:
    floored = int(_seen_ratio(mode, text, ground) * 10) / 10
    return f"has a contrast of {floored}:1{mode.words}, and text needs {contrast.LEAST}:1"


def faults(given: ThemeSettings, whole: Theme, categories: Iterable[str]) -> list[Fault]:
    """Return what cannot be read in a theme made of these settings, one fault a setting; nothing when all can.

    A text colour that is given is at fault before the ground under it, and the colour offered for it passes everywhere.
    """
    grounds = [_colour(role, (role,), getattr(whole, role), getattr(given, role)) for role in GROUNDS]
    well = _colour("picture's ground", (), whole.well, None)
    texts = list(_texts(given, whole, categories))
    found: dict[tuple[str, ...], Fault] = {}
    for text in texts:
        waits = text.name == "muted" and given.tint is None  # words in a picture's place, until it is there
        under = [*grounds, well] if waits else grounds
        for mode, ground in _unreadable(text, under):
            if (text.setting[mode.side] or ground.setting[mode.side]) not in found:
                fault = _text_fault(mode, text, ground, under) or _ground_fault(mode, text, ground, texts)
                found.setdefault(fault.setting, fault)
    return list(found.values())


def _unreadable(text: _Colour, under: list[_Colour]) -> Iterator[tuple[_Mode, _Colour]]:
    """Yield each mode and ground in which a text cannot be read."""
    for mode in _MODES:
        for ground in under:
            if _seen_ratio(mode, getattr(text.shade, mode.side), getattr(ground.shade, mode.side)) < contrast.LEAST:
                yield mode, ground


def _text_fault(mode: _Mode, text: _Colour, ground: _Colour, under: list[_Colour]) -> Fault | None:
    setting, colour = text.setting[mode.side], getattr(text.shade, mode.side)
    offer = contrast.nearest(colour, _readable(mode.side, under)) if setting else None
    if setting is None or (offer is None and ground.setting[mode.side]):
        return None
    mend = f"the nearest that passes is {offer}" if offer else "no shade of it passes on the other grounds given"
    below = getattr(ground.shade, mode.side)
    dark = "dark " if mode.side == "dark" else ""
    said = f"{colour} on the {dark}{ground.name} {below} {_measured(mode, colour, below)}"
    return Fault(setting, f"{said}; {mend}")


def _ground_fault(mode: _Mode, text: _Colour, ground: _Colour, texts: list[_Colour]) -> Fault:
    setting = ground.setting[mode.side] or (ground.name,)
    colour, above = getattr(ground.shade, mode.side), getattr(text.shade, mode.side)
    offer = contrast.nearest(colour, _legible(mode.side, texts))
    mend = f"the nearest that passes is {offer}, or" if offer else "no shade of it passes:"
    dark = "dark " if mode.side == "dark" else ""
    said = f"{colour} under the {dark}{text.name} {above} {_measured(mode, above, colour)}"
    return Fault(setting, f"{said}; {mend} give {text.name} another colour")
