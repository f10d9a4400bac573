"""What is taken out of a mail's HTML after inlining, and what is not."""

from digest.compose.tidying import tidied

PAGE = """<!DOCTYPE html>
<html><head><title>x</title><style type="text/css">p { display: block; margin: 13px 0; }
.a { color: red; }</style>
<!--[if mso]><style type="text/css">td { color: blue; }</style><![endif]-->
<style media="screen and (min-width:480px)">.b { width: 50% }</style></head><body>
<p class="long a telling" style="margin: 0; font-family: Georgia, serif">Text;  with  .a  class</p> <p class="b-c">y</p>
<a href="https://%D7%94%D7%A8.example:8080/a%20b?c=%20">z</a></body></html>"""


def test_one_style_is_left_with_what_says_something() -> None:
    html = tidied(PAGE)

    assert "<style>.a{color:red;}@media screen and (min-width:480px){.b{width:50%}}</style></head>" in html
    assert html.count("<style") == 2
    assert '<!--[if mso]><style type="text/css">td { color: blue; }</style><![endif]-->' in html


def test_classes_that_no_rule_names_go() -> None:
    html = tidied(PAGE)

    assert '<p class="a" style="margin:0;font-family:Georgia,serif">' in html
    assert "<p>y</p>" in html


def test_words_stay_as_they_are() -> None:
    assert "Text;  with  .a  class" in tidied(PAGE)


def test_host_names_are_ascii() -> None:
    assert 'href="https://xn--8db4b.example:8080/a%20b?c=%20"' in tidied(PAGE)
