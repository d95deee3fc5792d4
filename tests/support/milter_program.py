"""A milter on Debian's libmilter, for /usr/bin/python3 with python3-milter: does as subjects say.

    python3 milter_program.py SOCKET

What it does is named in X-Do fields, one deed each; what it heard is in X-Heard.
"""

import sys

import Milter


class Program(Milter.Base):
    def __init__(self):
        self.deeds = []
        self.heard = []

    def connect(self, name, family, address):
        self.heard.append(f"connect {name} {address[0] if address else ''} {self.getsymval('j')}")
        return Milter.CONTINUE

    def hello(self, name):
        self.heard.append(f"helo {name}")
        return Milter.REJECT if name == "refused.example" else Milter.CONTINUE

    def envfrom(self, sender, *parameters):
        self.heard.append(f"mail {sender}")
        if sender.startswith("<spammer@"):
            self.setreply("553", "5.7.8", "Not from you")
            return Milter.REJECT
        return Milter.CONTINUE

    def envrcpt(self, recipient, *parameters):
        self.heard.append(f"rcpt {recipient}")
        if recipient.startswith("<bob@"):
            self.setreply("550", "5.7.9", "Not for Bob")
            return Milter.REJECT
        return Milter.CONTINUE

    def header(self, name, value):
        if name == "X-Do":
            self.deeds.append(value)
        self.heard.append(f"header {name}")
        return Milter.CONTINUE

    def eoh(self):
        return Milter.CONTINUE

    def body(self, chunk):
        self.heard.append(f"body {len(chunk)}")
        return Milter.CONTINUE

    def eom(self):
        self.addheader("X-Heard", "; ".join(self.heard))
        answer = Milter.CONTINUE
        for deed in self.deeds:
            answer = getattr(self, "do_" + deed.partition(" ")[0])(deed.partition(" ")[2]) or answer
        return answer

    def do_reject(self, text):
        return Milter.REJECT

    def do_tempfail(self, text):
        return Milter.TEMPFAIL

    def do_discard(self, text):
        return Milter.DISCARD

    def do_accept(self, text):
        return Milter.ACCEPT

    def do_reply(self, text):
        self.setreply("554", "5.7.7", text, "and that is that")
        return Milter.REJECT

    def do_quarantine(self, text):
        self.quarantine(text)

    def do_insert(self, text):
        self.addheader("X-Top", text, 0)

    def do_change(self, text):
        self.chgheader("Subject", 1, text)

    def do_remove(self, text):
        self.chgheader("X-Do", 1, "")

    def do_body(self, text):
        self.replacebody(text + "\r\n")

    def do_from(self, text):
        self.chgfrom(f"<{text}>")

    def do_add(self, text):
        self.addrcpt(f"<{text}>")

    def do_delete(self, text):
        self.delrcpt(f"<{text}>")

    def do_hang(self, text):
        import time

        time.sleep(60)


Milter.factory = Program
Milter.set_flags(
    Milter.ADDHDRS
    | Milter.CHGBODY
    | Milter.ADDRCPT
    | Milter.DELRCPT
    | Milter.CHGHDRS
    | Milter.QUARANTINE
    | Milter.CHGFROM
)
Milter.runmilter("courier-test", sys.argv[1], 240)
