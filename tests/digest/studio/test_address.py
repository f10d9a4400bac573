from urllib.parse import parse_qsl, urlsplit

from digest.studio import address
from digest.studio.address import Address


def test_no_parameters_give_the_defaults() -> None:
    assert address.read({}) == Address()


def test_parameters_that_make_no_sense_become_the_defaults() -> None:
    strange = {"view": "pdf", "width": "9999", "scheme": "sepia"}

    assert address.read(strange) == Address()


def test_width_that_is_not_an_ascii_number_becomes_the_default() -> None:
    assert address.read({"width": "３２０"}).width == 600


def test_link_leads_back_to_the_same_state() -> None:
    here = Address(issue="weekly/12", reader="7", story="a b/ü?&#", view="text", width=375, scheme="dark")

    href = here.href()

    assert address.read(dict(parse_qsl(urlsplit(href).query))) == here


def test_link_leaves_defaults_and_the_search_out() -> None:
    assert Address(search="amara").href() == "./"
    assert Address(view="text").href(view="html") == "./"


def test_control_characters_and_excess_are_dropped() -> None:
    read = address.read({"reader": "a\x00b\n" + "x" * 1000})

    assert read.reader.startswith("abx")
    assert len(read.reader) == address.LONGEST_VALUE
