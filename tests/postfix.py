"""Debian's postfix as a relay on a loopback port, with configuration and queue in a folder of its own. Needs root."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real_parts import free_port, missing, wait_until_it_answers

POSTFIX = Path("/usr/sbin/postfix")

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = relay.example
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{relay_to}
smtp_host_lookup = native
smtp_dns_support_level = disabled
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{gone@example.org = 550 5.1.1 No such user}} }}, permit
smtpd_client_connection_count_limit = 0
message_size_limit = 1000000
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A running postfix."""

    port: int
    folder: Path

    @property
    def log_file(self) -> Path:
        """Its log."""
        return self.folder / "log"

    @property
    def log(self) -> str:
        """What it logged so far."""
        return self.log_file.read_text()


def _without(lines: str, settings: str) -> str:
    """Leave out what `settings` sets, too.

    Each daemon would warn of it while it starts, postlogd among them: to itself, and for ever once its queue is full.
    """
    names = {line.partition("=")[0].strip() for line in settings.splitlines() if not line[:1].isspace()}
    return "".join(f"{line}\n" for line in lines.splitlines() if line.partition("=")[0].strip() not in names)


@contextmanager
def relay(relay_to: int, settings: str = "") -> Iterator[Postfix]:
    """Start a postfix that hands everything to a server on this machine; stop and remove it at the end.

    `settings` are lines of main.cf that count instead of ours.
    """
    if not POSTFIX.exists():
        missing("postfix", "apt-get install postfix")
    if os.geteuid() != 0:
        missing("a postfix of our own", "run the tests as root, who alone can start it")
    folder = Path(tempfile.mkdtemp(prefix="digest-postfix-"))
    folder.chmod(0o755)  # its daemons run as another user
    port = free_port()
    (folder / "main.cf").write_text(_without(MAIN.format(folder=folder, relay_to=relay_to), settings) + settings)
    (folder / "master.cf").write_text(MASTER.format(port=port))
    (folder / "queue").mkdir()
    (folder / "data").mkdir()
    shutil.chown(folder / "data", "postfix")

    def postfix(command: str) -> None:
        subprocess.run([POSTFIX, "-c", folder, command], check=True, capture_output=True)

    try:
        postfix("start")
        try:
            wait_until_it_answers(port)
            yield Postfix(port, folder)
        finally:
            postfix("stop")
    finally:
        shutil.rmtree(folder)
