"""Debian's Exim as a relay on a loopback port, with configuration, spool and log in a folder of its own. Needs root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real_parts import free_port, missing, wait_until_it_answers

EXIM = Path(__file__).resolve().parent.parent / ".parts" / "exim" / "usr" / "sbin" / "exim4"
USER = "Debian-exim"

CONFIGURATION = """
exim_user = Debian-exim
exim_group = Debian-exim
keep_environment =
primary_hostname = relay.example
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
deliver_drop_privilege = true
host_lookup =
rfc1413_hosts =
tls_advertise_hosts =
message_size_limit = 1000000
log_selector = +subject +received_recipients
domainlist ours = example.org : nowhere.example
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data
{settings}

begin acl

check_mail:
  deny senders = refused@news.example.com
       message = Sender refused
  accept

check_rcpt:
  deny  local_parts = login
        message = Authentication required
  deny  !domains = +ours
        message = relay not permitted
  deny  local_parts = full
        message = 552 5.2.2 Mailbox is full
  defer local_parts = grey
        message = Greylisted, please try again in 300 seconds
  defer local_parts = fast
        ratelimit = 0 / 1h / per_cmd / strict / $local_part
        message = Sender rate exceeds $sender_rate_limit messages per $sender_rate_period
  require verify = recipient
  accept

check_data:
  deny condition = ${{if match{{$h_subject:}}{{refused}}}}
       message = This message looks like spam
  accept

begin routers

gone:
  driver = redirect
  local_parts = gone
  data = :fail: Unknown user
  allow_fail

next:
  driver = manualroute
  domains = ! nowhere.example
  route_list = * 127.0.0.1
  self = send
  transport = next

begin transports

next:
  driver = smtp
  port = {relay_to}
  allow_localhost

begin retry

* * F,1h,1m
"""


@dataclass(frozen=True)
class Exim:
    """A running Exim."""

    port: int
    folder: Path

    @property
    def log_file(self) -> Path:
        """Its main log."""
        return self.folder / "log" / "mainlog"

    @property
    def log(self) -> str:
        """What it logged so far."""
        return self.log_file.read_text()


@contextmanager
def relay(relay_to: int, settings: str = "") -> Iterator[Exim]:
    """Start an Exim that hands everything to a server on this machine; stop and remove it at the end.

    `settings` are further lines of the main section.
    """
    if not EXIM.exists() or USER not in {user.pw_name for user in pwd.getpwall()}:
        missing("Exim", "`python3 dev.py test` unpacks it")
    if os.geteuid() != 0:
        missing("an Exim of our own", "run the tests as root, who alone can start it")
    folder = Path(tempfile.mkdtemp(prefix="digest-exim-"))
    folder.chmod(0o755)  # it works as another user
    port = free_port()
    configuration = folder / "exim.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, relay_to=relay_to, settings=settings))
    for name in ("spool", "log"):
        (folder / name).mkdir()
        shutil.chown(folder / name, USER, USER)
    with subprocess.Popen([EXIM, "-C", configuration, "-bdf", "-q1m"], stdout=subprocess.DEVNULL) as process:
        try:
            wait_until_it_answers(port)
            yield Exim(port, folder)
        finally:
            process.terminate()
            process.wait(20)
            shutil.rmtree(folder, ignore_errors=True)  # a delivery that ends just now may still write there
