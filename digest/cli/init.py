"""`digest init`."""

import secrets
from pathlib import Path

import click

from digest import config, db
from digest.cli.installation import json_option, print_json, say

SETTINGS = """\
# Settings of Digest. Any of them can come from the environment instead: DIGEST_SMTP__HOST overrides [smtp] host.

database_url = "sqlite:///digest.db"      # or postgresql://user@host/name; a relative path starts at this file
base_url = "http://127.0.0.1:8000"        # public address of `digest serve`; links in mail start with it
secret_key = "{secret}"  # signs links; keep it secret, and keep it
trusted_proxies = ["127.0.0.0/8", "::1"]  # networks of your reverse proxies: only their X-Forwarded-For is believed
templates = ""                            # a folder of your own e-mail templates: `digest templates export FOLDER`
unsubscribe_mailbox = ""                  # a Maildir or mbox that the worker reads: mails to unsubscribe_address
privacy_url = ""                          # your own page on what you store; "": ours, at /privacy

[smtp]
host = "127.0.0.1"
port = 587
tls = "starttls"                          # starttls | implicit | none; none only to this machine
username = ""
password = ""                             # better in the environment: DIGEST_SMTP__PASSWORD
connections = 5
messages_per_second = 0                   # 0: as fast as the server takes it
messages_per_day = 0                      # within any 24 hours, over all newsletters; 0: no limit

# [smtp.domains]                          # messages a second to the recipients of one domain
# "mail.example" = 20

[signup]
open = true                               # false: /subscribe says that it is closed
per_hour = 600                            # sign-ups in all; each network and address has limits of its own

# [[sources]]                             # what `digest ingest` reads; as many as you like
# location = "https://news.example.com/feed.xml"  # RSS, Atom, JSON Feed or records; a web address, file or folder
# category = "World"                      # "": the item's own, if a newsletter has it; without any: General
# language = ""                           # "": as the feed says

[fetching]
timeout_seconds = 20                      # for a whole document, redirects included
max_bytes = 10_000_000                    # of a document, unpacked
allow_private_addresses = false           # true: also addresses inside your own network

# [[dkim]]                                # signs mails where the relay does not; `digest dkim new DOMAIN` makes one
# domain = "news.example.com"             # of senders: this one, or one below it
# selector = "d202611"                    # the key's name in DNS: d202611._domainkey.news.example.com
# key_file = "d202611.news.example.com.pem"  # a relative path starts at this file

[pictures]
fetch_seconds = 60                        # for all lead pictures of an issue together; 0: none is fetched

[api]
requests_per_minute = 600                 # of each token; `digest tokens new` makes one
failures_per_minute = 30                  # of each network, to show a valid token

# [[webhooks]]                            # a program that is told, signed, what happens to subscribers
# name = "crm"
# url = "https://crm.example.com/digest"
# secret = "whsec_…"                      # `digest webhooks secret` makes one
# events = ["subscribed", "changed", "unsubscribed", "bounced"]  # what it hears of
# allow_private_addresses = false         # true: also addresses inside your own network, and http://

[[newsletters]]
slug = "weekly"                           # issues are called weekly/1, weekly/2, …
name = "The Weekly"
sender = "The Weekly <weekly@news.example.com>"
bounce_address = ""                       # "bounces@news.example.com": reports of what did not arrive go to bounces+…@
unsubscribe_address = ""                  # "leave@news.example.com": where a mail unsubscribes; see unsubscribe_mailbox
postal_address = ""                       # `send` refuses without it: the law of many countries asks for it
about = ""                                # a sentence for the end of each mail: who makes it, how, and whom to ask
lists = ["readers"]                       # who gets it: people on any of these lists
test_list = ""                            # "editors": who gets a copy marked [TEST] by `digest send ISSUE --test`
categories = ["World", "Business", "Technology", "Science", "Climate", "Health", "Culture", "Sport"]
language = "en"                           # words in ar de en es fr he hi ja pt zh; for any other, English words
timezone = "Europe/London"
schedule = ""                             # "mon 07:00", "mon,thu 07:00", "daily 06:30"; "": planned by hand
local_time = false                        # true: at that hour where each reader lives
window_days = 7                           # how far back articles may have been published
max_articles = 24
max_per_category = 5
max_per_domain = 0                        # stories of one source; 0: no limit
min_articles = 1                          # with fewer, a reader gets no mail this time
template = "issue"                        # issue | compact | the name of one of your own

# [newsletters.theme]                     # the look; what is left out stays. Colours that nobody can read are refused
# headings = "serif"                      # serif | sans
# accent = "#1a4fb0"                      # links; or {{ light = "…", dark = "…" }}; dark may follow from light
# ink = "#1f1d1a"                         # text
# muted = "#544f48"                       # dates, sources, the small print
# page = "#f4f2ed"                        # around the mail
# card = "#ffffff"                        # under the text
# tint = "#f5f2eb"                        # under “why it matters”
# hairline = "#dedad1"                    # between stories
# logo = {{ image = "logo.png", width = 180, height = 40, alt = "The Weekly" }}  # a file beside this one, or https://…

# [newsletters.theme.sections]            # a category's colour, its heading and line
# World = "#1d4f91"
"""


@click.command()
@click.argument("folder", metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path), default=".")
@json_option
def init(folder: Path, as_json: bool) -> None:
    """Write a commented digest.toml with a fresh secret, and create the database.

    An existing digest.toml is left as it is; its database is created, or brought up to date.
    """
    path = folder / "digest.toml"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        config.write_private(path, SETTINGS.format(secret=secrets.token_urlsafe(36)))
        written = True
    except FileExistsError:
        written = False
    settings = config.load(path)
    engine = db.connect(settings.database_url)
    db.migrate(engine)
    database = engine.url.render_as_string(hide_password=True)
    if as_json:
        print_json({"config": str(path), "database": database})
        return
    say(f"{'wrote' if written else 'kept'} {path}\ndatabase ready: {database}")
