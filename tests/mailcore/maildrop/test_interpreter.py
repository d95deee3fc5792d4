"""Filters run: what they deliver, echo and leave behind.  Courier maildropfilter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.maildrop import interpreter
from mailcore.maildrop.host import FilterFailure, FilterStopped, Ran
from mailcore.maildrop.interpreter import Result
from mailcore.maildrop.limits import Limits
from mailcore.maildrop.parser import parse
from tests.support.filter_host import MemoryHost

MESSAGE = b"""\
From: "Bob B." <bob@example.net>
To: alice@example.com, Al <al@example.com>
Cc: group: g1@x.test, =?utf-8?q?K=C3=A4se?= <g2@x.test>;
Subject: Hello =?utf-8?q?w=C3=B6rld?= money
 folded
X-A: money money
Mime-Version: 1.0
Content-Type: multipart/mixed; boundary=XX

preamble money
--XX
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable
X-Inner: yes

money K=E4se =
money
second
money
--XX
Content-Type: application/octet-stream

money
--XX--
"""


def run(
    source: str,
    host: MemoryHost | None = None,
    *,
    embedded: bool = False,
    limits: Limits | None = None,
    message: bytes = MESSAGE,
) -> Result:
    return interpreter.run(
        parse(source.encode()),
        message,
        host or MemoryHost(),
        {b"HOME": b"/home/alice", b"DEFAULT": b"./Maildir"},
        embedded=embedded,
        limits=limits or Limits(),
    )


def echoed(source: str, host: MemoryHost | None = None) -> str:
    host = host or MemoryHost()
    run(source, host)
    return host.output.decode().rstrip("\n")


# What is said of a message.


@pytest.mark.parametrize(
    ("pattern", "score"),
    [
        ("/^subject: hello wörld money folded$/", "1"),
        ("/^To: alice@example.com, Al <al@example.com>$/", "1"),
        ("/^Cc: group: g1@x.test, Käse <g2@x.test>;$/", "1"),
        ('/^From: "Bob B." <bob@example.net>$/', "1"),
        ("/^x-inner:/", "1"),
        ("/^x-inner:/:H", "0"),
        ("/^SUBJECT:/:D", "0"),
        ("/käse money/:b", "1"),
        ("/preamble/:b", "0"),
        ("/nosuch/:hb", "0"),
        ("/money/:b,1", "2"),
        ("/money/:h,1", "2"),
        ("/money/:hb,1", "4"),
        ("/money/:b,10,0.5", "15"),
        ("/money/:b,-1", "-2"),
        ('"money money" =~ /money/', "1"),
        ('"money money" =~ /money/:,1', "2"),
        ('"aXbX" =~ /x/:D,1', "0"),
        ('"abc" =~ /b/ + 1', "2"),
        ('"abc" =~ /(/', "0"),
    ],
)
def test_a_message_counts_one_hit_a_line_and_a_text_all_of_them(pattern: str, score: str) -> None:
    assert echoed(f"echo {pattern}") == score


def test_what_was_matched_is_kept_unless_hits_are_weighed() -> None:
    assert echoed('"ab" =~ /(a)(b)(c)?/\necho "$MATCH|$MATCH1|$MATCH2|$MATCH3"') == "ab|a|b|"
    assert echoed('"ab" =~ /a/\n"ab" =~ /b/:,1\necho $MATCH') == "a"
    assert echoed('"ab" =~ /a/\n"ab" =~ /z/\necho $MATCH') == "a"


def test_foreach_goes_through_all_matches_found_before_it_began() -> None:
    source = 'X="a1 b2"\nforeach ($X) =~ /([a-z])([0-9])/\n{\nX=""\necho "$MATCH2$MATCH1"\n}\n'
    assert echoed(source) == "1a\n2b"
    assert echoed("foreach /^x-.*/\n echo $MATCH\n") == "X-A: money money\nX-Inner: yes"
    assert echoed('foreach (getaddr "a@x.test, b@x.test") =~ /.+/\n echo "<$MATCH>"\n') == (
        "<a@x.test>\n<b@x.test>"
    )


def test_a_pattern_takes_its_variables() -> None:
    assert echoed('X="b+"\necho "abbb" =~ /^a$X$/') == "1"
    assert echoed(r'echo "a$" =~ /a\$$/') == "1"


# Expressions.


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("10-2-3", "10-2-3"), ("7/2", "7/2"), ("10 - 2 - 3", "5"), ("7 / 2", "3.5"), ("1+2*3", "7"),
        ("(1 + 2) * 3", "9"), ("2 * 3 / 4", "1.5"), ("1 | 2 & 2", "3"), ("~0", "-1"), ("!~0", "0"),
        ("!5", "0"), ('!""', "1"), ("a && b", "b"), ('"" || c', "c"), ("00 || c", "00"), ("0 && c", "0"),
        ("1 < 2", "1"), ('"10" lt "9"', "1"), ("10 < 9", "0"), ('"a" eq "A"', "0"), ("a ne b", "1"),
        ("1 / 0", "inf"), ('length("äb")', "3"), ('length "abc" + 1', "4"), ('substr("abcdef", 2)', "cdef"),
        ('substr("abcdef", 2, 2)', "cd"), ('substr("abc", 9)', ""), ('substr("abc", 0 - 1)', ""),
        ('substr("abc", 1, 0 - 1)', ""), ('tolower("ABÄ")', "abÄ"), ('toupper "abä"', "ABä"),
        ("time", "1700000000"), ('getaddr("To: B <b@a.test>, c@d.test (C)")', "b@a.test\nc@d.test"),
        ('hasaddr("ALICE@example.com")', "1"), ('hasaddr("g2@x.test")', "1"), ('hasaddr("bob@example.net")', "0"),
    ],
)  # fmt: skip
def test_expressions_have_their_value(expression: str, value: str) -> None:
    assert echoed(f"echo {expression}") == value


def test_escaped_text_is_harmless_to_a_shell_and_a_pattern() -> None:
    host = MemoryHost()
    result = run("X=escape('a|b!c$d(e)[f]\\g+*?.&;`-~<>^{}\"')\n", host)
    assert result.variables[b"X"] == (
        rb"a\|b\!c\$d\(e\)\[f\]\\g\+\*\?\.\&\;\`\-\~\<\>\^\{\}" + rb"\""
    )


def test_a_file_of_patterns_is_looked_up() -> None:
    host = MemoryHost(files={b"bad": b"# spammers\n\n  ^eve@\nMALLORY\n"})
    assert echoed('echo lookup("eve@x.test", "bad")', host) == "1"
    assert echoed('echo lookup("mallory", bad)', MemoryHost(files=host.files)) == "1"
    assert echoed('echo lookup("mallory", bad, "D")', MemoryHost(files=host.files)) == "0"
    with pytest.raises(FilterFailure, match="Unable to open none"):
        run('echo lookup("x", none)')


def test_a_database_is_fetched_from_and_stored_in() -> None:
    rows = {
        b"d": {b"bob@": b"user", b"x.test": b"domain", b"10.1": b"net", b"a@b.test": b"exact"},
    }
    host = MemoryHost(databases=rows)
    source = """
echo gdbmopen("d")
echo gdbmfetch("a@b.test")
echo gdbmfetch("bob@y.test", "D")
echo gdbmfetch("eve@www.x.test", "D")
echo gdbmfetch("10.1.2.3", "I")
echo gdbmfetch("10.1.2.3", "", `default`)
echo gdbmfetch("a@b.test", "", `never`)
echo gdbmstore("new", 1)
echo gdbmopen("d", "W")
echo gdbmstore("new", 1)
echo gdbmfetch("new")
gdbmclose()
echo gdbmopen("none")
"""
    host.programs = {b"default": Ran(0, b"given\n")}
    expected = "0 exact user domain net given exact -1 0 0 1 -1"
    assert echoed(source, host).split() == expected.split()
    assert [command for command, _ in host.ran] == [b"default"]
    assert all(database.closed for database in host.opened)


# Statements.


def test_a_delivery_is_the_end_and_a_copy_is_not() -> None:
    host = MemoryHost()
    result = run('cc "./a"\nto "./b"\nto "./c"\n', host)
    assert [target for target, _ in host.delivered] == [b"./a", b"./b"]
    assert result.settled
    assert result.exit_code == 0


def test_who_runs_off_the_end_has_the_message_still_to_be_delivered() -> None:
    assert not run("X=1\n").settled
    assert run("exit\n").settled


def test_the_exit_code_is_the_programs_or_what_was_set() -> None:
    host = MemoryHost(programs={b"prog": Ran(77)})
    assert run('to "|prog"\n', host).exit_code == 77
    assert run("EXITCODE=99\nexit\n").exit_code == 99
    assert run('cc "|prog"\necho $EXITCODE\nEXITCODE=0\n', host).exit_code == 0
    assert host.output == b"77\n"


def test_an_exception_catches_failures_and_no_exit() -> None:
    host = MemoryHost()
    source = """
exception {
  include "none"
  echo "never"
}
exception {
  to "/broken"
}
echo "after"
exception {
  EXITCODE=5
  exit
}
echo "never"
"""
    assert run(source, host).exit_code == 5
    assert host.output == b"after\n"
    assert host.said == ["Unable to open none.", "The mailbox can't be written."]


def test_loops_and_branches() -> None:
    source = 'while ("$X" ne "aaa")\n{\n X="${X}a"\n}\nif (0)\n echo 1\nelsif (1)\n echo "2 $X"\nelse\n echo 3\n'
    assert echoed(source) == "2 aaa"


def test_a_command_sees_the_message_and_its_text_is_not_expanded() -> None:
    host = MemoryHost(programs={b"echo $FOO": Ran(0, b" a\nb \n"), b"fail": Ran(3, b"x")})
    assert echoed('FOO=x\nX=`echo $FOO`\necho "[$X] $RETURNCODE"', host) == "[a b] 0"
    assert host.ran == [(b"echo $FOO", MESSAGE)]
    assert echoed('X=`fail`\necho "[$X] $RETURNCODE"', MemoryHost(programs=host.programs)) == "[] 3"


def test_a_message_can_be_replaced_by_what_a_program_makes_of_it() -> None:
    host = MemoryHost(programs={b"tag": Ran(0, b"Subject: new\n\nx\n")})
    result = run('xfilter "tag"\nif (/^subject: new/)\n echo "$SIZE $LINES"\n', host)
    assert host.output == b"16 3\n"
    assert result.message == b"Subject: new\n\nx\n"
    with pytest.raises(FilterFailure):
        run('xfilter "none"')


def test_a_program_without_the_message_only_leaves_its_code() -> None:
    host = MemoryHost(programs={b"true": Ran(0, b"hi\n")})
    assert (
        echoed('system "true"\necho $RETURNCODE\nsystem "none"\necho $RETURNCODE', host)
        == "hi\n0\n127"
    )
    assert host.ran == [(b"true", None), (b"none", None)]


def test_variables_come_from_the_environment_when_asked() -> None:
    host = MemoryHost(environment={b"DEFAULT": b"ext", b"SHELL": b"/bin/evil"})
    source = 'echo "$DEFAULT $SHELL $HOME"\nimport DEFAULT\necho $DEFAULT\nunset DEFAULT\necho "[$DEFAULT]"\n'
    assert echoed(source, host) == "./Maildir /bin/sh /home/alice\next\n[]"


def test_logs_go_to_the_file_that_was_opened() -> None:
    host = MemoryHost()
    run('logfile "log"\nlog "a\\tb"\n', host)
    assert (host.log_file, host.logged) == (b"log", b"a\tb\n")


def test_locks_are_held_for_their_block_and_let_go_when_it_fails() -> None:
    host = MemoryHost()
    run('flock "l" {\n echo "in"\n}\nexception {\n dotlock "d" {\n  include "none"\n }\n}\n', host)
    assert host.locks == [("flock", b"l"), ("unflock", b"l"), ("dotlock", b"d")]


def test_an_included_file_is_run_where_it_is_included() -> None:
    host = MemoryHost(files={b"inc": b"X=2\n", b"bad": b"X=\n"})
    assert echoed('X=1\ninclude "inc"\necho $X', host) == "2"
    with pytest.raises(FilterFailure, match="bad, line 1, column 3"):
        run('include "bad"', host)
    loop = MemoryHost(files={b"loop": b'include "loop"\n'})
    with pytest.raises(FilterFailure, match="included in each other"):
        run('include "loop"', loop)


def test_a_block_may_stand_by_itself() -> None:
    assert echoed('{\n X=1\n {\n  echo "$X"\n }\n}') == "1"


def test_a_file_that_fails_is_left_with_its_database_closed() -> None:
    host = MemoryHost(
        files={b"inc": b'gdbmopen("d", "C")\nto "/broken"\n'}, databases={b"top": {b"k": b"v"}}
    )
    source = 'gdbmopen("top")\nexception {\n include "inc"\n}\necho gdbmfetch("k")'
    assert echoed(source, host) == "v"
    assert [database.closed for database in host.opened] == [True, True]


@pytest.mark.parametrize("mode", ["Q", "''"])
def test_a_database_has_four_modes(mode: str) -> None:
    with pytest.raises(FilterFailure, match="R, W, C or N"):
        run(f'gdbmopen("d", {mode})')


def test_a_message_of_nothing_but_fields_has_no_text() -> None:
    host = MemoryHost()
    run("echo /./:b\necho /^subject/\necho $FROM\n", host, message=b"Subject: x\n")
    assert host.output == b"0\n1\n\n"


# At SMTP time.


@pytest.mark.parametrize(
    "source",
    [
        'to "x"', 'cc "x"', "X=`ls`", 'log "x"', 'logfile "x"', 'system "x"', 'xfilter "x"',
        'flock "x" {\n}', 'dotlock "x" {\n}', 'gdbmopen("d", "W")', 'include "user"',
    ],
)  # fmt: skip
def test_a_filter_that_only_judges_may_not_act(source: str) -> None:
    host = MemoryHost(files={b"user": b'to "x"'})
    with pytest.raises(FilterFailure, match="not allowed here"):
        run(source, host, embedded=True)
    assert (host.delivered, host.ran, host.log_file) == ([], [], b"")


def test_an_administrators_file_may_act_and_finds_its_own_shell() -> None:
    host = MemoryHost(trusted={b"admin": b"X=`$SHELL`\necho $SHELL\n"})
    run('SHELL=/tmp/evil\ninclude "admin"\necho $SHELL\n', host, embedded=True)
    assert host.output == b"/bin/sh\n/tmp/evil\n"
    with pytest.raises(FilterFailure, match="not allowed"):
        run('include "admin"\nX=`ls`\n', host, embedded=True)


# Bounds.


@pytest.mark.parametrize(
    "source",
    [
        "while (1)\n X=1\n",
        "while (1)\n{\n}\n",
        'exception {\n while (1)\n  echo ""\n}\n',
        "while (1)\n exception {\n  X=(/nosuch/:hb)\n }\n",
        'while (1)\n cc "./a"\n',
    ],
)
def test_a_filter_without_end_is_stopped(source: str) -> None:
    with pytest.raises(FilterStopped):
        run(source, limits=Limits(steps=20_000, output=1_000))


@pytest.mark.parametrize(
    "source",
    [
        'X=a\nwhile (1)\n X="$X$X"\n',
        'X=a\nwhile (1)\n{\n X="${X}a"\n "$X"=1\n}\n',
        'X="$$$$$$$$"\nX=' + "escape(" * 25 + "'$$$$$$$$'" + ")" * 25 + "\n",
        'X="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\nforeach ($X) =~ /a/\n Y=1\n',
    ],
)
def test_a_filter_that_grows_without_end_fails(source: str) -> None:
    with pytest.raises(FilterFailure):
        run(source, limits=Limits(value=10_000, memory=50_000, matches=20))


def test_the_hosts_clock_stops_a_run() -> None:
    with pytest.raises(FilterStopped, match="Out of time"):
        run("exception {\n while (1)\n  X=1\n}\n", MemoryHost(checks_left=3))


def test_hostile_text_costs_no_more_than_its_length() -> None:
    message = b"Subject: " + b"a" * 200_000 + b"\n\n" + (b"a" * 5_000 + b"\n") * 200
    result = run("if (/(a+)+$/:hb || /(a|aa)*z/:hb || /^(.*a){30}$/:b)\n X=1\n", message=message)
    assert b"X" in result.variables


def test_a_long_pattern_is_not_looked_for_in_a_long_text() -> None:
    source = 'X="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\nwhile (length($X) < 500000)\n X="$X$X"\n'
    with pytest.raises(FilterFailure, match="so long a pattern"):
        run(source + "if ($X =~ /((a?){100}){10}a{100}b/)\n Y=1\n")


def test_searches_count_by_the_length_of_text_and_pattern() -> None:
    body = b"\n" + b"a" * 100_000 + b"\n"
    run("if (/z/:b)\n X=1\n", message=body, limits=Limits(steps=200))
    with pytest.raises(FilterStopped):
        run("if (/((a?){100}){10}z/:b)\n X=1\n", message=body, limits=Limits(steps=200))


PROGRAMS = st.lists(
    st.sampled_from(
        [
            'X="$X$Y"\n', "Y=length($X) + 1\n", "if ($X =~ /(.*)a$Y/:,2)\n echo $MATCH1\n",
            "foreach /^(.*): (.*)/:hb\n X=$MATCH2\n", "while ($N < 5)\n N= $N + 1\n",
            'exception {\n include "none"\n}\n', "X=`cmd`\n", 'cc "./a$X"\n', "X= 1 / 0 * $X\n",
            "X=substr($X, $Y, ~$Y)\n", "to $X\n", "X=getaddr($MATCH)\n", "unset X\n", "echo $X\n",
            'xfilter "cmd"\n', "gdbmopen($X)\n", "X=gdbmfetch($Y)\n", "exit\n", 'lookup($X, "f")\n',
            'flock $X {\n X=hasaddr($X)\n}\n', "EXITCODE=$X\n", "import X\n", "X=escape($X)\n", "X= ~$X & 3 | $Y\n",
        ]
    ),
    max_size=15,
)  # fmt: skip


@given(PROGRAMS, st.binary(max_size=300), st.booleans())
def test_property_nothing_but_a_filter_failure_is_raised(
    statements: list[str], message: bytes, embedded: bool
) -> None:
    host = MemoryHost(files={b"f": b"a\n(\n"}, programs={b"cmd": Ran(0, message)})
    limits = Limits(steps=20_000, value=5_000, output=2_000)
    try:
        result = run("".join(statements), host, embedded=embedded, limits=limits, message=message)
    except FilterFailure:
        return
    assert 0 <= result.exit_code < 256


def test_headers_that_are_no_headers_are_searched_all_the_same() -> None:
    for message in (
        b"",
        b"\n",
        b"\xff\xfe",
        b"To: " + b"(" * 10_000,
        b"Content-Type: multipart/x\n\n--",
    ):
        run("if (/x/:hb)\n X=1\nif (hasaddr('a'))\n X=1\n", message=message)


def test_nested_blocks_of_included_files_are_bounded() -> None:
    nested = "if (1)\n{\n" * 25 + 'include "n"\n' + "}\n" * 25
    with pytest.raises(FilterFailure, match=r"Nested deeper|included in each other"):
        run('include "n"', MemoryHost(files={b"n": nested.encode()}))
