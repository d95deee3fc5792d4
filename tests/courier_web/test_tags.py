"""Template words that must not let markup through."""

from courier_web.tags import coded


def test_backticks_become_code_and_everything_is_escaped() -> None:
    assert coded("say `a <b>` & go") == "say <code>a &lt;b&gt;</code> &amp; go"
    assert coded("no code") == "no code"
    assert coded("`only") == "<code>only</code>"
