"""MJML to HTML through mjml-python (mrml), with what mrml gets wrong put right before and after.

Each cure names its fault; all were reproduced with mjml-python 1.4.2, which bundles mrml 6.0.1.
"""

import re

from mjml import mjml2html

from digest.compose.mjml_faults import first_fault
from digest.errors import TemplateError

_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_ATTRIBUTE = re.compile(r'(\s[\w:-]+\s*=\s*)"([^"]*)"')
_TITLE = re.compile(r"(<mj-title>)(.*?)(?=</mj-title>)", re.DOTALL)
_BETWEEN_COMPONENTS = re.compile(r"\s*\n\s*(?=</?mj)")
_LINE_BREAK = re.compile(r"\s*\n\s*")
_NO_OPERATION = re.compile(r"(?:word-break:.*|text-align:\s*left|direction:\s*ltr|background:\s*#[0-9a-fA-F]{3,6})\s*")
_STYLE = re.compile(r' ?style="([^"]*)"')


def _references(text: str) -> str:
    return "".join(c if " " <= c <= "~" and c != "\\" else f"&#{ord(c)};" for c in text)


def _safe_attributes(mjml: str) -> str:
    """Write numeric references in attribute values: mrml prints them with Rust's {:?}, so a backslash or Hindi breaks.

    The title too, which mrml makes an aria-label.
    """
    mjml = _TITLE.sub(lambda title: title[1] + _references(title[2]), mjml)
    return _TAG.sub(lambda tag: _ATTRIBUTE.sub(lambda a: f'{a[1]}"{_references(a[2])}"', tag[0]), mjml)


def _one_line(mjml: str) -> str:
    """Turn line breaks into spaces: mrml deletes white space with a line break between inline elements.

    Between components there is nothing instead: mrml refuses a space there.
    """
    return _LINE_BREAK.sub(" ", _BETWEEN_COMPONENTS.sub("", mjml)).strip()


def _prune(html: str) -> str:
    """Drop four declarations that MJML repeats on nearly every node and that say nothing: a fifth of the bytes."""

    def attribute(match: re.Match[str]) -> str:
        kept = [d.strip() for d in match[1].split(";") if d.strip() and not _NO_OPERATION.fullmatch(d.strip())]
        return f' style="{";".join(kept)}"' if kept else ""

    return _STYLE.sub(attribute, html)


def _line(mjml: str, at: int) -> str:
    return f"line {mjml.count(chr(10), 0, at) + 1} of the MJML"


def to_html(mjml: str) -> str:
    """Return the HTML of an MJML document, without web fonts, as mrml and the cures above make it.

    Raises TemplateError, with the line of the document, when its tags are not in order, when a component is unknown or
    stands where MJML does not allow it, when it does not compile, and when MJML is left in what was compiled.
    """
    if fault := first_fault(mjml):
        said = fault.said(_line(mjml, fault.other))
        raise TemplateError(f"the mail's template is not valid MJML, {_line(mjml, fault.at)}: {said}")
    try:
        html: str = mjml2html(_safe_attributes(_one_line(mjml)), fonts={})
    except ValueError as error:
        raise TemplateError(
            f"the mail's template does not compile ({error}): look for what is not MJML in what you changed last"
        ) from error
    if leftover := re.search(r"<mj-[\w-]+", html):
        raise TemplateError(f"the mail's template has {leftover[0]}> where the compiler does not take it: take it out")
    return _prune(html)
