"""Lists of tags: no input breaks them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.mailauth import dmarc_record, key_record, signature, tags


def test_tags_are_read_with_space_around_them() -> None:
    assert tags.parse(" v=1 ;\r\n\ta = rsa-sha256;b=; ") == {"v": "1", "a": "rsa-sha256", "b": ""}


@pytest.mark.parametrize("text", ["v=1; v=1", "nothing", "=x", "1=x", "v=1;;x", "a=b" * 20_000])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(GrammarError):
        tags.parse(text)


@given(st.text(alphabet="vabhdspkx=;: \r\n\t1YQ==/+é\0", max_size=300))
def test_no_text_raises_anything_but_a_grammar_error(text: str) -> None:
    for parse in (tags.parse, key_record.parse, dmarc_record.parse):
        with contextlib.suppress(GrammarError):
            parse(text)


@given(st.binary(max_size=300))
def test_no_field_raises_anything_but_a_grammar_error(value: bytes) -> None:
    for given_value in (value, b"v=1; a=rsa-sha256; h=from; bh=; d=a.test; s=b;" + value):
        with contextlib.suppress(GrammarError):
            signature.parse(given_value)
