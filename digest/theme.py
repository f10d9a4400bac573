"""A newsletter's look without code: colours for light and dark, type and logo, as an issue freezes them.

What people write in `[newsletters.theme]` is read by `digest.theme_settings`.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from digest.palette import COLOURS, colour_name

FONTS = {  # without quotation marks, which style attributes have already
    "serif": "Georgia, serif",
    "sans": "-apple-system, BlinkMacSystemFont, Segoe UI, Roboto, Helvetica, Arial, sans-serif",
}


Hexadecimal = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]  # all that reaches CSS


class Shade(BaseModel):
    """One role's colour on light and on dark ground, as #rrggbb."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    light: Hexadecimal
    dark: Hexadecimal


class Logo(BaseModel):
    """A picture in place of the newsletter's name: its absolute address, and its size as shown, in CSS pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    width: int = Field(ge=0, le=200)
    height: int = Field(ge=0, le=48)
    alt: str


class Theme(BaseModel):
    """The roles of the look; the values that are given win over those of the bundled look."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    headings: Literal["serif", "sans"] = "serif"
    page: Shade = Shade(light="#f4f2ed", dark="#141312")
    card: Shade = Shade(light="#ffffff", dark="#1d1c1a")
    tint: Shade = Shade(light="#f5f2eb", dark="#282623")
    well: Shade = Shade(light="#e8e4db", dark="#282623")  #: behind a picture that is not there yet
    ink: Shade = Shade(light="#1f1d1a", dark="#ece8e1")
    muted: Shade = Shade(light="#544f48", dark="#b0aaa0")
    link: Shade = Shade(light="#1a4fb0", dark="#93b8ff")
    hairline: Shade = Shade(light="#dedad1", dark="#3b3833")
    logo: Logo | None = None
    sections: dict[str, Shade] = {}

    @field_validator("logo", mode="before")
    @classmethod
    def _no_logo(cls, value: object) -> object:
        """Read issues that were frozen while a logo was an address, and empty."""
        return None if value == "" else value

    @property
    def heading_font(self) -> str:
        """The font stack of headlines."""
        return FONTS[self.headings]

    def section(self, category: str, among: Iterable[str] = ()) -> Shade:
        """Return a category's colour: the theme's own, or one of the look's eight; `among` are the newsletter's all."""
        own = {name.casefold(): shade for name, shade in self.sections.items()}.get(category.casefold())
        if own is not None:
            return own
        colour = COLOURS[colour_name(category, among)]
        return Shade(light=colour.light, dark=colour.dark)
