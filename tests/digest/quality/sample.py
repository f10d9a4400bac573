"""A small mail, made by hand, that passes every gate which needs a browser; tests spoil it in one way each."""

from email.message import EmailMessage

from digest.quality import mail
from digest.quality.mail import Mail

HTML = """<!DOCTYPE html>
<html lang="en" dir="ltr"><head><title>A harbour votes</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; }
@media (max-width: 480px) { .in { padding-left: 20px !important; padding-right: 20px !important; } }
@media (prefers-color-scheme: dark) {
  body, .page { background-color: #141312 !important; }
  .card { background-color: #1d1c1a !important; }
  .ink { color: #ece8e1 !important; }
  .mute { color: #b0aaa0 !important; }
  .why { background-color: #282623 !important; border-color: #8fb8f5 !important; color: #ece8e1 !important; }
  .well { background-color: #282623 !important; }
}
[data-ogsc] .card { background-color: #1d1c1a !important; }
[data-ogsc] .ink { color: #ece8e1 !important; }
[data-ogsc] .mute { color: #b0aaa0 !important; }
[data-ogsc] .why { background-color: #282623 !important; border-color: #8fb8f5 !important; color: #ece8e1 !important; }
</style></head>
<body style="margin:0; background-color:#f4f2ed">
<div class="page" role="article" aria-roledescription="email" aria-label="A harbour votes" lang="en" dir="ltr"
  style="background-color:#f4f2ed; font-family:Arial, sans-serif; font-size:16px; line-height:24px">
<div style="display:none; max-height:0; overflow:hidden; mso-hide:all">Plus: a lighthouse that was never lit</div>
<!--[if mso | IE]><table role="presentation" align="center" width="600" cellpadding="0"><tr><td><![endif]-->
<div class="card" style="max-width:600px; margin:0 auto; background-color:#ffffff">
<div style="height:4px; background-color:#544f48; font-size:0"></div>
<div class="in" style="padding:24px 24px 16px">
<h1 class="ink" style="margin:0; font-size:30px; line-height:36px; color:#1f1d1a">The Weekly</h1>
<p class="mute" style="margin:0; font-size:14px; line-height:24px; color:#544f48">Monday 23 November 2026</p>
<h2 class="ink" style="margin:0; font-size:22px; line-height:28px; color:#1f1d1a">Port Amble votes to leave
its harbour</h2>
<div class="well" style="background-color:#e8e4db"><img class="mute" src="https://pictures.example/1.jpg"
  width="552" height="310" alt="Fishing boats in the harbour at dawn"
  style="display:block; width:100%; max-width:552px; height:auto; font-size:14px; line-height:21px; color:#544f48">
</div>
<p class="ink" style="margin:0; color:#1f1d1a">The council has voted by nine to four for a quay outside the old
walls. Water stood in the market on eleven days last winter, against two a year when the walls were built, and the firm
that insures the boats has said that it will not do so for another year. Work begins in spring, once a bank has agreed.
Until then the boats stay where they are, and the market moves to the school yard whenever a flood is forecast.</p>
<div class="why" style="padding:12px; border-left:4px solid #1d4f91; background-color:#f5f2eb; color:#1f1d1a">It is the
first harbour on this coast to move because of the sea.</div>
</div></div>
<!--[if mso | IE]></td></tr></table><![endif]-->
<div class="in" style="max-width:600px; margin:0 auto"><div style="padding:16px 24px">
<p style="margin:0; font-size:14px; line-height:24px"><a class="mute" style="color:#544f48" href="https://a.example/p">Change
topics</a></p>
<p style="margin:0; font-size:14px; line-height:24px"><a class="mute" style="color:#544f48" href="https://a.example/u">Unsubscribe</a></p>
</div></div>
</div></body></html>
"""


def spoiled(old: str, new: str) -> str:
    """The mail's HTML with one thing changed everywhere; `old` must be there."""
    assert old in HTML, old
    return HTML.replace(old, new)


def with_html(html: str) -> Mail:
    """A whole mail with that HTML part and a text part of usual length."""
    message = EmailMessage()
    message["From"] = "The Weekly <weekly@news.example.com>"
    message["To"] = "ada@example.org"
    message["Subject"] = "Port Amble votes to leave its harbour"
    message["Date"] = "Mon, 23 Nov 2026 07:00:00 +0000"
    message["Message-ID"] = "<1@news.example.com>"
    message.set_content(
        "The Weekly\n\nPort Amble votes to leave its harbour\n\n"
        "The council has voted by nine to four for a quay outside\n"
        "the old walls.\n\nIt is the first harbour on this coast to move because of the sea.\n\n"
        "Change topics: https://a.example/p\nUnsubscribe: https://a.example/u\n",
        cte="quoted-printable",
    )
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail.read("sample", message.as_bytes())
