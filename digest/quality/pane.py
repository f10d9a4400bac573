"""The reading pane: a page of the browser that shows one mail after the other, and lets nothing of them out."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from PIL import Image

from digest.quality import stand_ins

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

ADDRESS = "http://mail.invalid/"
HEIGHT = 800  # px of the window; the mail is as long as it is
# A mail's script, form, frame, font or style sheet from elsewhere does nothing. A policy in the response's header holds
# from the first byte and cannot be lifted by the mail, unlike a <meta> written into it. Our own scripts come through
# the debugger, to which no policy applies; switching JavaScript off would switch those off as well.
POLICY = (
    "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
)
HEADERS = {"content-type": "text/html; charset=utf-8", "content-security-policy": POLICY}
Scheme = Literal["light", "dark"]


class Showing(NamedTuple):
    """What the pane was last asked to show."""

    html: str
    pictures: bool


def script(name: str) -> str:
    """Return one of our scripts: a function that the page calls with an argument."""
    return (files("digest.quality") / "scripts" / f"{name}.js").read_text("utf-8")


class Pane:
    """Shows a mail at a width and in a colour scheme. Loads it only when it does not show it already."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self._showing: Showing | None = None
        self._loading = Showing("", False)
        self._served = True
        self._stand_ins: dict[str, bytes] = {}
        self._debugger = page.context.new_cdp_session(page)
        page.route("**/*", self._answer)
        page.add_init_script(script("sight"))

    def show(self, html: str, width: int, scheme: Scheme = "light") -> None:
        """Lay a mail out as it was sent, with a stand-in for each picture."""
        self._lay_out(Showing(html, True), width, scheme)

    def show_without_pictures(self, html: str, width: int) -> None:
        """Lay a mail out as clients do that block pictures."""
        self._lay_out(Showing(html, False), width, "light")

    def run(self, name: str, argument: object = None) -> Any:  # what the script answers
        """Call one of our scripts that only looks, and return its answer."""
        return self.page.evaluate(script(name), argument)

    def alter(self, name: str, argument: object = None) -> None:
        """Call one of our scripts that changes what is shown; whoever shows the mail next gets it fresh."""
        self._showing = None
        self.run(name, argument)

    def photograph(self, left: int, top: int, width: int, height: int) -> Image.Image:
        """Return a picture of a part of the whole mail, in px; at most 16,384 high, which is all that Chromium draws.

        Asks the debugger itself, which takes a third of the time of playwright's way.
        """
        clip = {"x": left, "y": top, "width": width, "height": height, "scale": 1}
        options = {"format": "png", "clip": clip, "captureBeyondViewport": True, "optimizeForSpeed": True}
        answer = self._debugger.send("Page.captureScreenshot", options)
        return Image.open(io.BytesIO(base64.b64decode(answer["data"]))).convert("RGB")

    def _lay_out(self, wanted: Showing, width: int, scheme: Scheme) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme=scheme)
        if wanted == self._showing:
            return
        self._loading, self._served = wanted, False
        self._stand_ins = stand_ins.for_pictures(wanted.html)
        self.page.goto(ADDRESS)
        self._showing = wanted

    def _answer(self, route: "Route") -> None:
        """Serve the mail once, and its pictures; abort the rest, which leaves the page where it is."""
        request = route.request
        if not self._served and request.is_navigation_request() and request.url == ADDRESS:
            self._served = True  # a second time it would be a mail that reloads itself
            route.fulfill(status=200, headers=HEADERS, body=self._loading.html)
        elif request.resource_type == "image" and self._loading.pictures:
            route.fulfill(
                status=200, content_type="image/png", body=self._stand_ins.get(request.url, stand_ins.usual())
            )
        else:
            route.abort("aborted")


@contextmanager
def opened(browser: "Browser") -> Iterator[Pane]:
    """A pane of its own, without cookies or history."""
    context = browser.new_context(
        viewport={"width": 600, "height": HEIGHT}, accept_downloads=False, service_workers="block"
    )
    try:
        yield Pane(context.new_page())
    finally:
        context.close()
