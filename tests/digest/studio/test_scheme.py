from digest.studio import scheme

MAIL = """<html><head><meta name="color-scheme" content="light dark" />
<style>:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (max-width: 480px) { .a { color: red } }
@media screen and (prefers-color-scheme: dark) { .a { color: white } }</style></head>
<body><p>Write <code>@media (prefers-color-scheme: dark)</code> and color-scheme: light dark.</p></body></html>"""
BODY = MAIL.partition("<body>")[2]


def test_auto_changes_nothing() -> None:
    assert scheme.force(MAIL, "auto") == MAIL


def test_dark_makes_dark_rules_apply_everywhere() -> None:
    dark = scheme.force(MAIL, "dark")

    assert "@media screen and (min-width: 0)" in dark
    assert ":root { color-scheme: dark;" in dark
    assert '<meta name="color-scheme" content="dark" />' in dark


def test_light_makes_dark_rules_apply_nowhere() -> None:
    light = scheme.force(MAIL, "light")

    assert "@media screen and (max-width: 0)" in light
    assert '<meta name="color-scheme" content="light" />' in light


def test_words_of_an_article_stay_as_they_are() -> None:
    assert scheme.force(MAIL, "dark").endswith(BODY)


def test_other_media_queries_stay_as_they_are() -> None:
    assert "@media (max-width: 480px)" in scheme.force(MAIL, "dark")
