"""How a section declares one setting: default, help, Courier's old name, bounds."""

from dataclasses import Field, dataclass, field, fields
from typing import Any, get_type_hints


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of one setting beside its value.

    `kind` refines the type: "duration" (int seconds, written 1w2d3h4m5s), "size" (int
    octets, written 10M), "password" (never shown back), "text" (a str of several lines),
    "lines" (a tuple with one item on each line; otherwise its items are words),
    "secret-lines" (both).  `grammar` names a function (`module:name`) that reads the value, or one
    item, and raises ConfigError; it lives above this floor, and is found when something is saved.
    """

    section: str
    name: str
    type: Any
    default: Any
    help: str
    courier: str = ""
    kind: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    grammar: str = ""

    @property
    def path(self) -> str:
        return f"{self.section}.{self.name}"

    @property
    def is_secret(self) -> bool:
        return self.kind in ("password", "secret-lines")

    @property
    def is_lines(self) -> bool:
        return self.kind in ("lines", "secret-lines")


def setting(
    default: Any,
    help: str,
    *,
    courier: str = "",
    kind: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    grammar: str = "",
) -> Any:
    """A dataclass field that is a setting.  `help` is one sentence an administrator reads."""
    metadata = {
        "help": help,
        "courier": courier,
        "kind": kind,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
        "grammar": grammar,
    }
    made: Field[Any] = field(default=default, metadata=metadata)
    return made


def settings_of(section: str, schema: type) -> dict[str, Setting]:
    """The settings a section declares, in the order it declares them."""
    hints = get_type_hints(schema)
    return {
        one.name: Setting(section, one.name, hints[one.name], one.default, **one.metadata)
        for one in fields(schema)
    }
