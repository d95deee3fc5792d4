"""How much of a message the scanners look at before they degrade to raw text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one scan; what lies beyond one is kept as text, never an error.

    `header_bytes` and `header_lines` bound one header, `parts` and `depth` one message,
    `parameters` one field, `addresses` and `encoded_words` one field's value.
    """

    header_bytes: int = 262_144
    header_lines: int = 2_000
    parts: int = 1_000
    depth: int = 50
    parameters: int = 100
    addresses: int = 5_000
    encoded_words: int = 1_000


DEFAULT = Limits()
