from pathlib import Path

import pytest
from PIL import Image

from digest import config
from digest.errors import SettingsError
from digest.theme import Logo


def write(settings_file: Path, text: str) -> Path:
    settings_file.write_text(settings_file.read_text() + text)
    return settings_file


def test_sources_are_read_and_their_paths_start_at_the_file(settings_file: Path) -> None:
    path = write(
        settings_file,
        '[[sources]]\nlocation = "https://a.example/feed"\ncategory = "World"\n[[sources]]\nlocation = "feeds/a.xml"\n',
    )

    first, second = config.load(path).sources

    assert first == config.Source(location="https://a.example/feed", category="World")
    assert second.location == str(settings_file.parent.resolve() / "feeds" / "a.xml")


def test_limits_of_fetching_have_defaults_and_can_come_from_the_environment(
    settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.load(settings_file).fetching == config.Fetching(
        timeout_seconds=20, max_bytes=10_000_000, allow_private_addresses=False
    )
    monkeypatch.setenv("DIGEST_FETCHING__TIMEOUT_SECONDS", "3")
    assert config.load(settings_file).fetching.timeout_seconds == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[sources]]\nlocaton = "a"', "unknown setting sources[0].localton"),
        ('[[sources]]\ncategory = "a"', "sources[0].location is missing"),
        ('[[sources]]\nlocation = " "', "sources[0].location: must be a web address"),
        ('[[sources]]\nlocation = "ftp://a.example"', "“ftp://” cannot be read"),
        (
            '[[sources]]\nlocation = "https://a:b@c/"\n[[sources]]\nlocation = "https://a:b@c/"',
            "“https://c/” stands there twice",
        ),
        ("[fetching]\nmax_byte = 1", "unknown setting fetching.max_byte (did you mean “max_bytes”?)"),
        ("[fetching]\ntimeout_seconds = 0", "fetching.timeout_seconds"),
        ("[picture]\nfetch_seconds = 9", "unknown setting picture (did you mean “pictures”?)"),
    ],
)
def test_wrong_setting_is_named(settings_file: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        config.load(write(settings_file, text))

    assert message.replace("localton", "locaton (did you mean “location”?)") in str(raised.value)


def test_unknown_variable_of_the_environment_is_named(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_FETCHING__MAX_BYTE", "1")

    with pytest.raises(SettingsError, match="FETCHING__MAX_BYTES"):
        config.load(settings_file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('accent = "#ff8800"', "newsletters[0].theme.accent: #ff8800 on the card #ffffff has a contrast of 2.3:1"),
        ('acent = "#000"', "unknown setting newsletters[0].theme.acent (did you mean “accent”?)"),
        ('ink = "red;"', "newsletters[0].theme.ink: “red;” is not a colour"),
        (
            'ink = { light = "#000", drak = "#fff" }',
            "unknown setting newsletters[0].theme.ink.drak (did you",
        ),
        ("ink = 3", "newsletters[0].theme.ink: must be a colour, such as"),
        ('logo = "logo.png"', 'newsletters[0].theme.logo: must be a table: { image = "logo.png" }'),
        ('headings = "fancy"', "newsletters[0].theme.headings: "),
        (
            'sections = { Wrold = "#1d4f91" }',
            "sections.Wrold: the newsletter has no such category (did you mean “World”",
        ),
        ('logo = { image = "no.png" }', "newsletters[0].theme.logo: cannot read"),
        (
            'logo = { image = "http://a.example/l.png" }',
            "theme.logo: “http://a.example/l.png” is not a file,",
        ),
        ('logo = { image = "https://a.example/l.png" }', "theme.logo: give width and height too"),
        ('logo = { img = "a" }', "unknown setting newsletters[0].theme.logo.img (did you mean “image”?)"),
        ('logo = { image = "a.png", width = 201 }', "newsletters[0].theme.logo.width: "),
    ],
)
def test_wrong_theme_is_named(settings_file: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        config.load(write(settings_file, f"[newsletters.theme]\n{text}\n"))

    assert message in str(raised.value)


def test_the_colour_that_is_offered_loads(settings_file: Path) -> None:
    before = settings_file.read_text()
    with pytest.raises(SettingsError, match=r"passes is (#[0-9a-f]{6})") as raised:
        config.load(write(settings_file, '[newsletters.theme]\naccent = "#ff8800"\n'))
    offer = str(raised.value)[-7:]

    settings_file.write_text(before)
    settings = config.load(write(settings_file, f'[newsletters.theme]\naccent = "{offer}"\n'))

    assert settings.newsletters[0].theme.link.light == offer


def test_a_logo_beside_the_settings_gets_an_address_and_words(settings_file: Path) -> None:
    Image.new("RGB", (360, 80)).save(settings_file.parent / "logo.png")

    settings = config.load(write(settings_file, '[newsletters.theme]\nlogo = { image = "logo.png" }\n'))

    shown = settings.newsletters[0].theme.logo
    assert shown is not None
    assert shown.url.startswith("https://news.example.com/logo/weekly-")
    assert (shown.width, shown.height, shown.alt) == (180, 40, "The Weekly")
    assert settings.logo_file("weekly") == settings_file.parent.resolve() / "logo.png"
    assert settings.logo_file("daily") is None


def test_a_logo_elsewhere_is_taken_as_it_is(settings_file: Path) -> None:
    text = '[newsletters.theme]\nlogo = { image = "https://a.example/l.png", width = 100, height = 40 }\n'

    settings = config.load(write(settings_file, text))

    assert settings.newsletters[0].theme.logo == Logo(
        url="https://a.example/l.png", width=100, height=40, alt="The Weekly"
    )
    assert settings.logo_file("weekly") is None


def test_templates_start_at_the_settings_file(settings_file: Path) -> None:
    own = settings_file.parent / "mine"
    own.mkdir()
    for name in ("plain.mjml.j2", "plain.txt.j2", "half.mjml.j2"):
        (own / name).write_text("")
    text = settings_file.read_text()

    def load(template: str) -> config.Settings:
        settings_file.write_text(f'templates = "mine"\n{text}template = "{template}"\n')
        return config.load(settings_file)

    assert load("plain").templates == own.resolve()
    with pytest.raises(SettingsError, match=r"newsletters\[0\].template: .* “plian” \(did you mean “plain”"):
        load("plian")
    with pytest.raises(SettingsError, match="there is no template “half”"):
        load("half")
    with pytest.raises(SettingsError, match="is not the name of a template"):
        load("../plain")


def test_a_folder_of_templates_that_is_not_there_is_named(settings_file: Path) -> None:
    settings_file.write_text(f'templates = "mine"\n{settings_file.read_text()}')

    with pytest.raises(SettingsError, match=r"templates: there is no folder .*mine: `digest templates export mine`"):
        config.load(settings_file)


@pytest.mark.parametrize("tag", ["en", "pt-BR", "zh-Hant", "sv"])
def test_a_newsletters_language_is_any_that_is_known(settings_file: Path, tag: str) -> None:
    assert config.load(write(settings_file, f'language = "{tag}"')).newsletters[0].language == tag


@pytest.mark.parametrize(("tag", "meant"), [("german", "de"), ("pt_BR", "pt-BR"), ("englsh", "en"), ("", "en")])
def test_an_unknown_language_is_refused_with_what_was_meant(settings_file: Path, tag: str, meant: str) -> None:
    with pytest.raises(SettingsError) as raised:
        config.load(write(settings_file, f'language = "{tag}"'))

    assert f"newsletters[0].language: “{tag}” is not the tag of a language" in str(raised.value)
    assert f"did you mean “{meant}”?" in str(raised.value)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nobody", "is not an address"),
        (f"{'b' * 37}@example.com", "may have 36 characters"),
        ("bü@example.com", "is not an"),
    ],
)
def test_a_bounce_address_has_room_for_a_tag(settings_file: Path, address: str, said: str) -> None:
    whole = settings_file.read_text().replace('slug = "weekly"', f'slug = "weekly"\nbounce_address = "{address}"')
    settings_file.write_text(whole)

    with pytest.raises(SettingsError, match=rf"newsletters\[0\]\.bounce_address: .*{said}"):
        config.load(settings_file)


@pytest.mark.parametrize("address", ["nobody", "bü@example.com", "a@b.example, c@d.example", "leave@x.example\\n"])
def test_an_address_for_unsubscribing_is_one_plain_address(settings_file: Path, address: str) -> None:
    with pytest.raises(SettingsError, match=r"(?s)newsletters\[0\]\.unsubscribe_address: .*is not an address"):
        config.load(write(settings_file, f'unsubscribe_address = "{address}"'))


def test_a_mailbox_for_unsubscribing_begins_at_the_settings_file(settings_file: Path) -> None:
    assert config.load(settings_file).unsubscribe_mailbox is None

    settings_file.write_text(f'unsubscribe_mailbox = "mail/leave"\n{settings_file.read_text()}')

    assert config.load(settings_file).unsubscribe_mailbox == settings_file.parent / "mail" / "leave"


@pytest.mark.parametrize("url", ["example.com/privacy", "javascript:alert(1)", "/privacy", "https://"])
def test_a_privacy_page_is_on_the_web(settings_file: Path, url: str) -> None:
    settings_file.write_text(f'privacy_url = "{url}"\n{settings_file.read_text()}')

    with pytest.raises(SettingsError, match=r"privacy_url: .*is not an address"):
        config.load(settings_file)
