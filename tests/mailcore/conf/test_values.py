"""Text ⇄ value of settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.conf import values
from mailcore.conf.fields import Setting
from mailcore.conf.schema.registry import SETTINGS
from mailcore.errors import ConfigError

EVERY = [one for section in SETTINGS.values() for one in section.values()]


def make(kind: str, type_: type = int, **more: object) -> Setting:
    return Setting("s", "n", type_, type_(), "help", kind=kind, **more)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.path)
def test_every_default_is_valid_and_survives_being_written_and_read(one: Setting) -> None:
    assert values.check(one, one.default) == one.default
    assert values.parse(one, values.show(one, one.default)) == one.default


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.path)
def test_every_setting_has_help_that_is_a_sentence(one: Setting) -> None:
    assert one.help[0].isupper()
    assert one.help.endswith(".")


@given(st.integers(0, 10**9))
def test_property_durations_survive_being_written_and_read(seconds: int) -> None:
    assert values.duration(values.show_duration(seconds)) == seconds


@given(st.integers(0, 10**15))
def test_property_sizes_survive_being_written_and_read(octets: int) -> None:
    assert values.size(values.show_size(octets)) == octets


@given(st.text(max_size=40))
def test_property_no_text_raises_anything_but_config_error(text: str) -> None:
    for setting in (make("duration"), make("size"), make(""), make("", bool), make("", str)):
        try:
            values.parse(setting, text)
        except ConfigError:
            continue


@pytest.mark.parametrize("text", ["1w2d", "9d", "216h", "777600"])
def test_a_duration_may_combine_units(text: str) -> None:
    assert values.duration(text) == 9 * 86400


@pytest.mark.parametrize("text", ["", "h", "1x", "4 hours", "-3m"])
def test_a_duration_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match="such as 4h"):
        values.parse(make("duration"), text)


def test_bounds_and_choices_are_told_to_the_administrator() -> None:
    with pytest.raises(ConfigError, match="at most 3"):
        values.parse(make("", maximum=3), "4")
    with pytest.raises(ConfigError, match="at least 1"):
        values.parse(make("", minimum=1), "0")
    with pytest.raises(ConfigError, match="choose one of a, b"):
        values.parse(make("", str, choices=("a", "b")), "c")


def test_control_characters_are_not_a_value() -> None:
    with pytest.raises(ConfigError, match="control characters"):
        values.check(make("", str), "mail\r\nX: y")


def test_a_setting_of_lines_keeps_commas_and_blanks_within_a_line() -> None:
    routes = make("lines", tuple[str, ...])
    value = values.parse(routes, "a.test:relay,25 /SECURITY=REQUIRED\n\n :smart.test \n")
    assert value == ("a.test:relay,25 /SECURITY=REQUIRED", ":smart.test")
    assert values.parse(routes, values.show(routes, value)) == value


def test_a_setting_of_words_takes_blanks_or_commas() -> None:
    assert values.parse(make("", tuple[str, ...]), "a, b  c") == ("a", "b", "c")
