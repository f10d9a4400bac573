"""Addresses of pages: one form for all the addresses under which one page is known.

The form serves comparison. It usually opens the page too, but links keep the address that the source gave.
"""

import re
from urllib.parse import SplitResult, urlsplit

import idna

LONGEST = 8_000  # characters; no browser opens more, and AMP viewers within viewers cost time

# Parameters that say how a reader came to a page, in lower case. What selects a page, or may (`id`, `p`, `page`, `q`,
# `lang`, `ref`, `source`), must never stand here: two pages would become one.
TRACKING = frozenset(
    {
        *("fbclid", "fb_action_ids", "fb_action_types", "fb_ref", "fb_source", "igsh", "igshid"),  # Meta
        *("gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "gad_campaignid", "srsltid", "_ga", "_gl"),
        *("amp_gsa", "amp_js_v", "amp_r", "usqp"),  # added by Google’s cache of AMP pages
        *("msclkid", "ocid", "cvid"),  # Microsoft
        *("ref_src", "ref_url", "twclid", "__twitter_impression"),  # X
        *("li_fat_id", "trk", "ttclid", "epik", "yclid", "ymclid", "_openstat"),  # LinkedIn, TikTok, Pinterest, Yandex
        *("mc_cid", "mc_eid", "mkt_tok", "ck_subscriber_id", "dm_i", "ml_subscriber", "ml_subscriber_hash"),  # mailings
        *("elqtrack", "elqtrackid", "ef_id", "s_kwcid", "vero_conv", "vero_id", "wickedid", "__s", "_hsenc", "_hsmi"),
        *(
            "guccounter",
            "guce_referrer",
            "guce_referrer_sig",
            "soc_src",
            "soc_trk",
            "tsrc",
            "ncid",
            "sr_share",
        ),  # Yahoo
        *("cmp", "cmpid", "ito", "mbid", "smid", "smtyp", "sref", "taid", "xtor", "wt_mc", "wt_zmc"),  # newspapers
    }
)
TRACKING_PREFIXES = (
    *("utm_", "at_bbc_", "at_campaign", "at_custom", "at_format", "at_link_", "at_medium", "at_ptr_"),
    *("bsft_", "hsa_", "matomo_", "mtm_", "ns_", "oly_", "pk_", "__hs"),
)
AMP = frozenset({"amp", "amp=", "amp=1", "amp=true", "outputtype=amp", "output=amp"})  # parameters, in lower case

_NOT_PLAIN = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9._~!$&'()*+,;=:@/?-]")
# Unreserved (RFC 3986, section 2.3), the marks that RFC 2396 counted among them, and what delimits nothing in practice.
_DECODED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!*'(),:@")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]*:[0-9a-f:.]*")
# `m.example` and `amp.co.uk` are hosts of their own: a name of two labels must remain, of three under such as co.uk.
_VARIANT = re.compile(
    r"(?:^|(?<=\.))(?:www|m|amp)\.(?!(?:ac|co|com|edu|gov|go|ne|net|or|org)\.[a-z]{2}$)(?=[^.]+\.[^.])"
)
_VIEWED = re.compile(
    r"(?:google\.(?:[a-z]{2,3}|com?\.[a-z]{2})/amp|(?:[^./]+\.)?cdn\.ampproject\.org(?:/amp)*/[cv])"
    r"(?:/s)?/([^/]+\.[^/]+(?:/.*)?)"
)
_AMP_FOLDER = re.compile(r"^(?:/amp)+(?=/[^/])")
_INDEX = frozenset({"index.html", "index.htm", "index.php"})


def canonical(url: str) -> str:
    """Return one form for all addresses of one page; what is no http or https address comes back unchanged.

    Equal are: http and https; hosts with and without `www.`, `m.` and `amp.`, in Unicode and in IDNA; the AMP page,
    even in a viewer of Google’s, and the page; with and without default port, user, fragment, tracking parameters,
    `index.html`, slash at the end; parameters in any order; percent-encodings of one character. Different stay: paths
    in upper and lower case, all other parameters, and fragments that are routes (`#!…`, `#/…`). The form of the form
    is the form itself. Never raises.
    """
    found, shown = url, url if len(url) <= LONGEST else None
    while shown is not None and (taken := _taken_apart(shown)) is not None:
        host, parts = taken
        path, query = _path(parts.path), _query(parts.query)
        found = f"https://{_with_port(host, parts.port)}{_page(path)}{query}{_route(parts.fragment)}"
        shown = _viewed(host, path, query)
    return found


def _taken_apart(url: str) -> tuple[str, SplitResult] | None:
    """Return the host, in its one form, and the parts of an http or https address, or None for what is none."""
    try:
        parts = urlsplit(url.strip())
        host = _host(parts.hostname or "") if parts.scheme in ("http", "https") and parts.port != 0 else ""
    except ValueError:  # idna.IDNAError is one
        return None
    return (host, parts) if host else None


def _with_port(host: str, port: int | None) -> str:
    """Return host and port; those of http and https go without, since the two schemes are one."""
    name = f"[{host}]" if ":" in host else host
    return name if port in (None, 80, 443) else f"{name}:{port}"


def _host(name: str) -> str:
    """Return a host without the labels that choose a variant of the site; empty for what names no host."""
    if not name.isascii():
        name = idna.encode(name, uts46=True).decode("ascii")
    name = name.lower().removesuffix(".")
    return _VARIANT.sub("", name) if _HOST.fullmatch(name) else ""


def _code(found: re.Match[str]) -> str:
    """Return one character or percent-encoding in its normal form (RFC 3986, section 6.2.2)."""
    text = found.group()
    if len(text) == 1:
        return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
    character = chr(int(text[1:], 16))
    return character if character in _DECODED else text.upper()


def _path(path: str) -> str:
    """Return a path in its normal encoding, without the segments `.` and `..`."""
    path = _NOT_PLAIN.sub(_code, path)
    if "/." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    """Return the parameters that select the page, by name, those of one name in the order they came."""
    if not query:
        return ""
    parameters = [_NOT_PLAIN.sub(_code, part).replace("+", "%20") for part in query.split("&") if part]
    kept = [part for part in parameters if not _is_passing(part.lower())]
    return "?" + "&".join(sorted(kept, key=lambda part: part.partition("=")[0])) if kept else ""


def _is_passing(parameter: str) -> bool:
    """Tell whether a parameter says how the reader came, or asks for the AMP form, and selects no page."""
    name = parameter.partition("=")[0]
    return name in TRACKING or name.startswith(TRACKING_PREFIXES) or parameter in AMP


def _viewed(host: str, path: str, query: str) -> str | None:
    """Return the address of the page that a viewer of AMP pages shows, if this is one and it is an address."""
    found = _VIEWED.fullmatch(host + path)
    if not found:
        return None
    address, _, parameters = found[1].partition("%3F")  # the viewers encode the page’s own question mark
    shown = f"https://{address}?{parameters}&{query[1:]}"
    return shown if _taken_apart(shown) else None


def _page(path: str) -> str:
    """Return a path without what chooses a form of the page: `amp`, `index.html`, the slash at the end."""
    path = _AMP_FOLDER.sub("", path)
    while True:
        path = path.rstrip("/")
        folder, _, name = path.rpartition("/")
        if name in _INDEX or (name == "amp" and folder):
            path = folder
        elif name.endswith((".amp", ".amp.html")) and not name.startswith("."):
            path = f"{folder}/{name.removesuffix('.html').removesuffix('.amp')}{'.html' * name.endswith('.html')}"
        else:
            return path or "/"


def _route(fragment: str) -> str:
    """Return a fragment that chooses what the page shows; others lead to a place in its text."""
    return "#" + _NOT_PLAIN.sub(_code, fragment) if len(fragment) > 1 and fragment[0] in "!/" else ""
