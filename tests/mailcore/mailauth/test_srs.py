"""SRS: paths lead back, and only those that we made, and only for a time."""

import subprocess

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mailcore.envelope import Path
from mailcore.errors import GrammarError
from mailcore.mailauth import srs

SECRET = b"secret"
LOCALS = st.text(alphabet="abcXYZ019.!#$%&'*+/=?^_`{|}~- \"\\@", min_size=1, max_size=25).filter(
    lambda text: not srs.is_rewritten(text)
)
DOMAINS = st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9-]{1,8}){1,2}", fullmatch=True)


def rewritten(path: Path, domain: str = "ours.test", day: int = 20_000) -> Path:
    return srs.rewritten(path, domain, SECRET, day)


def restored(local: str, day: int = 20_000, valid: int = 21) -> Path:
    return srs.restored(local, SECRET, day, valid)


@given(LOCALS, DOMAINS, st.integers(0, 10_000), st.integers(0, 21))
def test_every_path_leads_back(local: str, domain: str, day: int, later: int) -> None:
    path = Path(local, domain)
    made = rewritten(path, day=day)
    assume(made != path)
    assert made.domain == "ours.test"
    assert len(made.local) <= 64
    assert restored(made.local, day + later) == path


@given(LOCALS, DOMAINS, st.integers(22, 1023))
def test_an_old_path_leads_nowhere(local: str, domain: str, age: int) -> None:
    made = rewritten(Path(local, domain))
    assume(made.domain == "ours.test")
    with pytest.raises(GrammarError):
        restored(made.local, 20_000 + age)


@given(LOCALS, DOMAINS, st.integers(0, 63), st.sampled_from("abc7=x@%"))
def test_a_changed_path_leads_nowhere_else(local: str, domain: str, at: int, letter: str) -> None:
    path = Path(local, domain)
    made = rewritten(path)
    assume(made != path and at < len(made.local))
    changed = made.local[:at] + letter + made.local[at + 1 :]
    assume(changed.lower() != made.local.lower())
    with pytest.raises(GrammarError):
        restored(changed)


@given(st.text(max_size=80))
def test_nobody_guesses_a_path(text: str) -> None:
    for local in (text, "SRS0=" + text, "SRS1=" + text):
        with pytest.raises(GrammarError):
            restored(local)


def test_another_servers_secret_makes_other_paths() -> None:
    made = srs.rewritten(Path("ada", "example.com"), "ours.test", b"other", 20_000)
    with pytest.raises(GrammarError):
        restored(made.local)


def test_relays_that_change_the_case_do_no_harm() -> None:
    made = rewritten(Path("Ada", "example.com"))
    assert restored(made.local.upper()).key == "ada@example.com"
    assert restored(made.local.lower()).key == "ada@example.com"


def test_a_second_forwarder_leads_back_to_the_first() -> None:
    first = rewritten(Path("ada", "example.com"), "one.test")
    second = rewritten(first, "two.test")
    third = rewritten(second, "three.test")
    assert second.local.startswith("SRS1=")
    assert third.local == second.local, "the secret is the same in this test"
    assert restored(second.local) == first
    assert restored(first.local) == Path("ada", "example.com")
    assert len(third.local) == len(second.local)


@pytest.mark.parametrize(
    "path", [Path("", ""), Path("grüße", "example.com"), Path("a" * 60, "example.com"),
             Path("SRS1=nothing", "example.com")],
)  # fmt: skip
def test_what_cannot_be_rewritten_stays(path: Path) -> None:
    assert rewritten(path) == path


@pytest.mark.interop
def test_the_paths_of_another_implementation_are_led_back_to_it() -> None:
    done = subprocess.run(
        ["/usr/bin/srs", "--secret=theirs", "--alias=forwarder.test", "ada@example.com"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    theirs = Path.of(done.stdout.strip())
    assert srs.is_rewritten(theirs.local)
    made = rewritten(theirs)
    assert restored(made.local) == theirs
    again = subprocess.run(
        ["/usr/bin/srs", "--secret=theirs", "--reverse", str(restored(made.local))],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert again.stdout.strip() == "ada@example.com"
