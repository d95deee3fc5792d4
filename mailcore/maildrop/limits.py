"""How much a filter may be, do and keep before it is stopped."""

from dataclasses import dataclass

SOURCE_OCTETS = 262_144  # one file of instructions
NESTING = 30  # blocks in blocks; parentheses in parentheses


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run; beyond one it ends in a FilterFailure.

    `steps` counts statements, expressions, lines searched, and every 16,384 of `search`: octets
    times the pattern's instructions, which bounds a single search too (some seconds).
    `value` and `memory` are octets in one variable and in all of them, `output` what is echoed
    and logged, `matches` what one foreach may go through, `depth` blocks through all included
    files, `deliveries` what becomes of one message.
    """

    steps: int = 1_000_000
    search: int = 536_870_912
    value: int = 1_048_576
    memory: int = 4_194_304
    output: int = 65_536
    matches: int = 10_000
    includes: int = 20
    depth: int = 60
    deliveries: int = 200


DEFAULT = Limits()
