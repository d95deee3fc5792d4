"""Foreign mail programs, run to their end in a home of their own."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

SECONDS = 60


def run(command: list[str], home: Path, *, errors: tuple[int, ...] = (0,), **variables: str) -> str:
    """What the program printed; its exit status must be one of `errors`."""
    assert shutil.which(command[0]), f"{command[0]} is missing"
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=home,
        stdin=subprocess.DEVNULL,
        env={"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm", **variables},
    )  # fmt: skip
    assert done.returncode in errors, done.stdout + done.stderr
    return done.stdout


def neomutt(place: str, keys: str, home: Path, settings: str = "") -> str:
    """Open the mailbox at `place` (a path or an address), press `keys`, sync and quit.

    Neomutt wants a terminal, which `script` gives it; what it drew there is returned.
    """
    file = home / "neomuttrc"
    file.write_text(
        "set resolve = no\nset confirm_append = no\nset delete = yes\nset quit = yes\n"
        "set sort = date\nset mark_old = no\nset wait_key = no\nset mbox_type = Maildir\n"
        "set ssl_starttls = no\nset ssl_force_tls = no\nset imap_authenticators = 'plain'\n"
        f"{settings}\npush '{keys}<sync-mailbox><quit>'\n"
    )
    command = shlex.join(["neomutt", "-n", "-F", str(file), "-f", place])
    assert shutil.which("neomutt"), "neomutt is missing"
    return run(["script", "-qec", command, "/dev/null"], home, COLUMNS="80", LINES="24")


def getmail(retriever: str, address: tuple[str, int], home: Path) -> str:
    """Have getmail take alice's new messages and leave them; all that it ever took."""
    host, port = address
    box = home / "mbox"
    # The superuser may only hand mail to a command: getmail writes no box for them.
    (home / "getmailrc").write_text(
        f"[retriever]\ntype = {retriever}\nserver = {host}\nport = {port}\n"
        "username = alice@example.com\npassword = wonderland\n"
        "[destination]\ntype = MDA_external\npath = /bin/sh\nallow_root_commands = true\n"
        f"arguments = ('-c', 'cat >> {box}')\n"
        "[options]\nread_all = false\ndelete = false\n"
    )
    run(["getmail", "--getmaildir", str(home), "--rcfile", "getmailrc"], home)
    return box.read_text()
