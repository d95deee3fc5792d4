"""The same filters through Debian's maildrop and through ours: what they echo must agree."""

import os
import random
import subprocess
from pathlib import Path

import pytest

from mailcore.errors import GrammarError
from mailcore.maildrop import interpreter
from mailcore.maildrop.host import FilterFailure, Ran
from mailcore.maildrop.parser import parse
from tests.mailcore.maildrop.test_interpreter import MESSAGE
from tests.support.filter_host import MemoryHost

pytestmark = pytest.mark.interop

VALUES = [
    *[
        '"a"',
        "b",
        "5",
        "0",
        "00",
        '""',
        '"0.0"',
        '"0.00"',
        "1.5",
        "10-2",
        "7/2",
        "'$X'",
        '"$X"',
        "$Y",
        "-1",
    ],
    *[
        '"a" "b"',
        "x'y'\"z\"",
        r'"q\"q"',
        r'"\\"',
        r'"\$X"',
        "${X}-${Y}",
        '"${X"',
        '"$"',
        "/tmp",
        "a.b@c_d",
    ],
    *["12abc", "0x10", "1e2", "' 7'", '"a$1b"', '"ü"'],
]
LEVELS = [
    "||",
    "&&",
    "<",
    "<=",
    ">",
    ">=",
    "==",
    "!=",
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "ne",
    "|",
    "&",
    "+",
    "-",
    "*",
]
CALLS = [
    "length({})",
    "tolower({})",
    "toupper({})",
    "!{}",
    "({})",
    "substr({}, 1)",
    "substr({}, 0, 2)",
]
PATTERNS = [
    *[
        "/a/",
        "/[0-9]+/",
        "/^$/",
        "/(a)|(b)/",
        "/A/:D",
        "/./:,1",
        "/a/:,2,0.5",
        "/$X/",
        "/x*y/",
        "/[[:alpha:]]/",
    ],
    *["/a\\$/", "/\\//", "/(/"],
]
FIXED = r"""
echo "a\tb\\c\x\101\c"
===
if (1)
  if (0)
    echo "a"
  else
    echo "b"
===
X="a\
   b" # comment
echo "$X"; echo "c"
===
exception {
  include "/nonexistent"
}
echo "after"
===
exception {
  EXITCODE=5
  exit
}
echo "after $EXITCODE"
===
foreach ("a1 b2") =~ /[a-z]/
{
  echo "<$MATCH>"
}
===
foreach /^(to|cc):.*$/
  echo "<$MATCH>"
===
"k=v" =~ /(.*)=(.*)/
echo "$MATCH2=$MATCH1"
===
foreach (getaddr("To: B <b@a.test>, c@d.test (C), g: x@y.test;")) =~ /.+/
  echo $MATCH
===
echo hasaddr("ALICE@example.com") hasaddr("nobody@example.com")
===
/^From:\s*(.*)/
echo getaddr($MATCH1)
===
X=escape("a|b c$d(e)")
echo "<" $X ">"
===
while (length("$X") < 5)
  X="x$X"
echo $X
===
X=`echo one; echo two`
echo "[$X]"
===
if (/käse money/:b)
  echo "body"
if (/hello wörld/)
  echo "header"
===
echo /money/:b,1
===
echo /^x-/:h,1
===
EXITCODE=7
echo "bye"
exit
===
X=7/2
echo $X
===
X= ~0
echo $X
===
X=~0
===
X=/^Sub/
===
if (1) {
}
===
echo 1 < 2 < 3
===
exception
{
}
===
if (1)
{
  echo "x" }
===
unset HOME
echo "[$HOME]"
import NOSUCH
echo "[$NOSUCH]"
===
echo "$1 ${2}"
===
echo "unterminated
===
X = 5
Y =6
"V W"=7
echo $X$Y
===
if (X="a")
  echo "set $X"
echo (Y=5) + 1 length(Z="abc")
===
echo X=/foo
echo (X=/bar)
===
X=Y=5
===
1 + X=5
===
X=5 || Y=6
===
X="a" Y="b"
===
to=x
""".split("===\n")  # noqa: SIM905


FIELDS = [
    *[
        "From: Bob <b@x.test>",
        "From: b@x.test",
        "From: <b@x.test>",
        "From: b@x.test (Bob)",
        "From: B\u00f6b <b@x.test>",
    ],
    *[
        'From: "B, ob" <b@x.test>',
        "From: O'Neil <b@x.test>",
        "From: =?utf-8?q?B=C3=B6b=2C_C?= <b@x.test>",
        "To:",
    ],
    *[
        "From: Bob Mc.Donald <b@x.test>",
        "To: a@x.test,b@x.test",
        "To: a@x.test, B <b@x.test>, c@x.test (C)",
    ],
    *[
        "To: undisclosed-recipients:;",
        "To: list: a@x.test, b@x.test;",
        'To: "a b"@x.test',
        "To: A <a@X.Test>",
    ],
    *[
        "To: a@x.test,,b@x.test",
        "To: a @ x . test",
        "Subject: =?iso-8859-1?q?caf=E9?= =?utf-8?b?w6k=?= plain",
    ],
    *[
        "Subject: =?utf-8?q?broken",
        "Subject:nospace",
        "subject:   many   spaces   ",
        "Message-ID: <abc@def>",
    ],
    *[
        "Date: Mon, 1 Jan 2024 00:00:00 +0000 (UTC)",
        'Content-Type: text/plain; charset="utf-8"; format=flowed',
    ],
    *[
        "Content-Disposition: attachment; filename*=utf-8''k%C3%A4se.txt",
        "X-Weird: =?utf-8?q?x?=y",
        "Return-Path: <>",
    ],
    *[
        "Errors-To: e@x.test (E)",
        "X-To: a@x.test (foo)",
        'List-Id: "My list" <l.x.test>',
        "Resent-From: r@x.test (R)",
    ],
    *[
        "Bcc: a@x.test (x)",
        "Mail-Followup-To: d@x.test (D)",
        "Sender: s@x.test",
        "Reply-To: R <r@x.test>",
    ],
]
BODIES = [
    *[
        "Content-Type: text/plain; charset=utf-8\n\nk\u00e4se\nlast\n",
        "Content-Type: text/plain\n\none\n\nthree\n",
    ],
    "Content-Type: text/plain; charset=iso-8859-15\nContent-Transfer-Encoding: quoted-printable\n\n=A4 100=\n0\nnext\n",
    "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\nPGI+aGVsbG88L2I+CnR3bwo=\n",
    "Content-Type: application/pdf\n\nnot text\n",
    "Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain\n\nin text\n\n--B\n"
    "Content-Type: image/png\n\nnot\n--B--\n",
    "Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: message/rfc822\n\nSubject: inner\n\n"
    "inner text\n--B--\n",
]


def theirs(source: str, directory: Path, message: bytes = MESSAGE) -> tuple[int, str]:
    file = directory / "filter"
    file.write_text(source)
    file.chmod(0o600)
    done = subprocess.run(
        ["maildrop", str(file), "one", "two"],
        input=message,
        capture_output=True,
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory)},
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")


def ours(source: str, message: bytes = MESSAGE) -> tuple[int, str]:
    host = MemoryHost(programs={b"echo one; echo two": Ran(0, b"one\ntwo\n")})
    variables = {b"1": b"one", b"2": b"two", b"HOME": b"x"}
    try:
        result = interpreter.run(parse(source.encode()), message, host, variables)
    except (GrammarError, FilterFailure):
        return 75, host.output.decode("utf-8", "replace")
    return result.exit_code, host.output.decode("utf-8", "replace")


def alike(left: str, right: str) -> bool:
    """Equal, or the same number: maildrop prints more digits than a double has."""
    if left == right:
        return True
    try:
        return float(left) == float(right)
    except ValueError:
        return False


def same(source: str, directory: Path) -> bool:
    their_code, their_output = theirs(source, directory)
    our_code, our_output = ours(source)
    lines = list(zip(their_output.split("\n"), our_output.split("\n"), strict=False))
    same_length = their_output.count("\n") == our_output.count("\n")
    return their_code == our_code and same_length and all(alike(*pair) for pair in lines)


def expression(dice: random.Random, depth: int = 3) -> str:
    choice = dice.random()
    if depth == 0 or choice < 0.3:
        return dice.choice(VALUES)
    if choice < 0.5:
        return dice.choice(CALLS).format(expression(dice, depth - 1))
    if choice < 0.65:
        return f"({dice.choice(VALUES)} =~ {dice.choice(PATTERNS)})"
    left, right = expression(dice, depth - 1), expression(dice, depth - 1)
    return f"{left} {dice.choice(LEVELS)} {right}"


@pytest.mark.parametrize("source", FIXED, ids=lambda source: source.strip().split("\n")[0][:40])
def test_a_filter_does_what_it_does_in_maildrop(source: str, tmp_path: Path) -> None:
    whole = f"{source.strip()}\nexit\n"
    assert ours(whole) == theirs(whole, tmp_path)


def test_expressions_have_the_value_they_have_in_maildrop(tmp_path: Path) -> None:
    dice = random.Random(19980401)
    different, valid = [], 0
    for _ in range(400):
        source = f'X="a1"\nY=5\necho {expression(dice)}\nexit\n'
        valid += ours(source)[0] == 0
        if not same(source, tmp_path):
            different.append((source, theirs(source, tmp_path), ours(source)))
    assert different == []
    assert valid > 300


def test_words_are_true_and_false_as_in_maildrop(tmp_path: Path) -> None:
    dice = random.Random(20)
    words = {"".join(dice.choices("00.. x1-", k=dice.randrange(6))) for _ in range(300)}
    source = "".join(f'if ("{word}")\n  echo "t{word}"\nelse\n  echo "f{word}"\n' for word in words)
    assert ours(source + "exit\n") == theirs(source + "exit\n", tmp_path)


def test_keys_are_fetched_as_maildrop_fetches_them(tmp_path: Path) -> None:
    stored = ["user@", "x.test", "test", "10.1", "b.x.test"]
    fetched = [
        *[
            '"user@b.x.test", "D"',
            '"other@b.x.test", "D"',
            '"other@a.x.test", "D"',
            '"other@y.test", "D"',
        ],
        *[
            '"b.x.test", "D"',
            '"a.b.x.test", "D"',
            '"q.x.test"',
            '"10.1.2.3", "I"',
            '"10.2.2.3", "I", "none"',
        ],
        *[
            '"10.1.2.3", "D", "none"',
            '"USER@b.x.test", "D", "case"',
            '"X.TEST", "", "case"',
            '"zz"',
        ],
    ]
    source = (
        'echo gdbmfetch("x", "", "closed")\necho gdbmstore("x", 1)\necho gdbmopen("keys", "N")\n'
    )
    source += "".join(f'echo gdbmstore("{key}", "<{key}>")\n' for key in stored)
    source += "".join(f"echo gdbmfetch({arguments})\n" for arguments in fetched)
    source += (
        'gdbmclose\necho gdbmopen("keys")\necho gdbmstore("a", "b")\necho gdbmopen("none")\nexit\n'
    )
    assert ours(source) == theirs(source, tmp_path)


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_looks_as_it_does_to_maildrop(field: str, tmp_path: Path) -> None:
    source = 'foreach /^.*$/:H\n  echo "<$MATCH>"\nexit\n'
    message = f"{field}\nMime-Version: 1.0\n\nbody\n".encode()
    assert ours(source, message) == theirs(source, tmp_path, message)


@pytest.mark.parametrize("body", BODIES)
def test_text_looks_as_it_does_to_maildrop(body: str, tmp_path: Path) -> None:
    source = 'foreach /^.*$/:b\n  echo "<$MATCH>"\nexit\n'
    message = f"Mime-Version: 1.0\n{body}".encode()
    assert ours(source, message) == theirs(source, tmp_path, message)
