"""CSS into style attributes through premailer, whose defaults would break a mail (each reproduced with 3.10.0)."""

import logging
import re
import threading

from premailer import Premailer

from digest.compose.tidying import tidied

_STYLE = re.compile(r"(<!--\[if (?!!mso).*?<!\[endif\]-->)|<style(?=[\s>])", re.DOTALL)
_LOCK = threading.Lock()  # premailer and cssutils share mutable state between threads


def inline(html: str, css: str) -> str:
    """Write our own rules into the elements; leave every <style> block of the document as it is.

    `css` holds inlinable rules only: no at-rules, no :hover, no :first-child or sibling selectors.
    """
    if html[:9].lower() == "<!doctype":
        html = "<!DOCTYPE" + html[9:]  # premailer drops a lower-case doctype: quirks mode
    html = _STYLE.sub(lambda match: match[1] or '<style data-premailer="ignore"', html)
    with _LOCK:
        inlined: str = Premailer(
            html,
            css_text=css,
            allow_network=False,
            strip_important=False,
            disable_validation=True,
            align_floating_images=False,
            remove_unset_properties=False,
            disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
            cssutils_logging_level=logging.CRITICAL,
        ).transform(pretty_print=False)
    return tidied(inlined.replace(' data-premailer="ignore"', ""))


def with_blocks_inlined(html: str) -> str:
    """Write the rules of a document's own <style> blocks into the elements, as a checker of CSS support wants it."""
    with _LOCK:
        inlined: str = Premailer(
            html,
            keep_style_tags=True,
            strip_important=False,
            disable_validation=True,
            allow_network=False,
            remove_unset_properties=False,
            cssutils_logging_level=logging.CRITICAL,
        ).transform()
    return inlined
