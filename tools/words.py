"""Bring the catalogues up to date with the words in the sources: `python3 dev.py words`, or `words sv` for a new one.

Translations stay, words that are gone are dropped, new ones come in empty: nothing is guessed. What is written depends
on the sources and the translations only, so that a change of words is a small change of files.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel import Locale
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from babel.plural import to_gettext

from digest import languages

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "digest" / "catalogues"
PYTHON = ("digest", "subscribers")
TEMPLATES = ("templates/email", "templates/pages")
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
JINJA = {"encoding": "utf-8", "newstyle_gettext": "true", "trimmed": "true", "silent": "false"}
FOR_TRANSLATORS = ("Translators:",)
HEADER = """\
# {name}. How to change this file: docs/languages.md.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def sources() -> Iterator[tuple[Path, bool]]:
    """Yield every file that may hold words for readers, and whether it is a template."""
    for folders, pattern in ((PYTHON, "*.py"), (TEMPLATES, "*.j2")):
        for folder in folders:
            yield from ((file, folders is TEMPLATES) for file in sorted((ROOT / folder).rglob(pattern)))


def template() -> Catalog:
    """Return the words of all sources, untranslated, with where they stand and what translators should know."""
    words = Catalog()
    for path, is_template in sources():
        method, options = ("jinja2.ext:babel_extract", JINJA) if is_template else ("python", {"encoding": "utf-8"})
        with path.open("rb") as file:
            for _, message, comments, context in extract(
                method, file, KEYWORDS, FOR_TRANSLATORS, options, strip_comment_tags=True
            ):
                place = (str(path.relative_to(ROOT)), 1)
                words.add(message, locations=[place], auto_comments=comments, context=context)
    return words


def plural_forms(language: str) -> str:
    """Return the header that says a language's plural forms: CLDR's, for whole numbers as gettext has them."""
    return re.sub(r"\be\b", "0", to_gettext(Locale.parse(language).plural_form))  # `e`: of “1e6”, no gettext operand


def read(text: bytes, language: str) -> Catalog:
    """Return a catalogue as its file has it."""
    return read_po(io.BytesIO(text), locale=language)


def forms(word: Message) -> list[str]:
    """Return the translation of a message: one for each plural form; empty where there is none."""
    return [word.string] if isinstance(word.string, str) else list(word.string or [""])


def is_translated(word: Message) -> bool:
    """Tell whether a message has words in every form."""
    return all(forms(word))


def updated(before: Catalog, language: str, words: Catalog) -> Catalog:
    """Return a catalogue with exactly the words of the sources, and the translations that fit them."""
    after = Catalog(locale=language, fuzzy=False)
    after.mime_headers = [("Plural-Forms", plural_forms(language))]
    for word in words:
        if not word.id:
            continue
        old = before.get(word.id, word.context)
        nothing = [""] * after.num_plurals if word.pluralizable else ""
        fits = old and not old.fuzzy and old.string and (isinstance(old.string, str) or len(old.string) == len(nothing))
        after.add(
            word.id,
            old.string if old and fits and old.pluralizable == word.pluralizable else nothing,
            locations=word.locations,
            auto_comments=word.auto_comments,
            user_comments=old.user_comments if old else (),
            context=word.context,
        )
    return after


def written(catalogue: Catalog, language: str) -> bytes:
    """Return a catalogue's file: sorted, without line numbers, dates or names."""
    name = Locale.parse(language).english_name
    header = HEADER.format(name=name, language=language, plural_forms=plural_forms(language))
    text = io.BytesIO()
    write_po(text, catalogue, width=100, omit_header=True, sort_output=True, include_lineno=False)
    return header.encode() + text.getvalue().rstrip(b"\n") + b"\n"


def main(*new: str) -> None:
    """Update every catalogue, make those of the languages named, and say what is left to translate."""
    for tag in new:
        if not languages.is_known(tag):
            sys.exit(f"“{tag}” is not the tag of a language: did you mean “{languages.suggestion(tag)}”?")
    words = template()
    added = {languages.canonical(tag).replace("-", "_") for tag in new}
    for language in sorted({path.stem for path in CATALOGUES.glob("*.po")} | added):
        path = CATALOGUES / f"{language}.po"
        after = updated(read(path.read_bytes() if path.exists() else b"", language), language, words)
        path.write_bytes(written(after, language))
        missing = [word for word in after if word.id and not is_translated(word)]
        print(f"{language}: {len(after)} messages, {len(missing)} to translate")


if __name__ == "__main__":
    main(*sys.argv[1:])
