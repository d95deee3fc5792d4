"""TOML as we write it and read it back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import ConfigError
from mailcore.migration.grammar import document

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUE = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | TEXT
    | st.lists(TEXT, max_size=4)
)
TABLES = st.recursive(
    st.dictionaries(TEXT, VALUE, max_size=4),
    lambda inner: st.dictionaries(TEXT, VALUE | inner, max_size=4),
    max_leaves=10,
)


@given(TABLES)
def test_every_table_is_read_back(tables: dict[str, object]) -> None:
    assert document.read(document.write(tables, "A comment.")) == tables


@given(TABLES)
def test_the_order_of_the_tables_makes_no_difference(tables: dict[str, object]) -> None:
    turned = dict(reversed(tables.items()))
    assert document.write(turned) == document.write(tables)


def test_it_looks_like_what_people_write() -> None:
    text = document.write(
        {
            "format": 1,
            "aliases": {"a@b.test": ["x@b.test", "y@b.test"]},
            "scopes": {"listener:smtp": {"esmtp": {"tarpit": True}}},
        },
        "Ours.",
    )
    assert text == (
        "# Ours.\n\nformat = 1\n\n[aliases]\n"
        '"a@b.test" = [\n    "x@b.test",\n    "y@b.test",\n]\n\n'
        '[scopes."listener:smtp".esmtp]\ntarpit = true\n'
    )


@pytest.mark.parametrize("text", ["a = ", "[a\n", "x = [" * 5_000, "a.b" * 3])
def test_what_is_not_toml_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(ConfigError, match="TOML"):
        document.read(text)


def test_a_text_without_end_is_not_read() -> None:
    with pytest.raises(ConfigError, match="too long"):
        document.read(" " * (document.LARGEST + 1))
