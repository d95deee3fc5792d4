"""What a parsed filter is made of: expressions, and statements in blocks."""

from dataclasses import dataclass

# Expressions.


@dataclass(frozen=True, slots=True)
class Variable:
    """`$NAME` within a text."""

    name: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """A shell command in backticks; its text is given to the shell as it is."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Text:
    """Neighbouring literals, words and commands, to be joined."""

    pieces: tuple[bytes | Variable | Command, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """`/source/:options`.  `first` and `factor` weigh hits when `scores`."""

    source: tuple[bytes | Variable | Command, ...]
    top: bool = False
    headers: bool = False
    body: bool = False
    case: bool = False
    scores: bool = False
    first: float = 1.0
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Search:
    """A pattern looked for in `subject`, or in the message."""

    pattern: Pattern
    subject: "Expression | None"
    line: int


@dataclass(frozen=True, slots=True)
class Not:
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Complement:
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one level from left to right."""

    first: "Expression"
    rest: tuple[tuple[str, "Expression"], ...]


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Expression", ...]
    line: int


@dataclass(frozen=True, slots=True)
class Assign:
    """`NAME=value`; its value is the value."""

    name: Text
    value: "Expression"


Expression = Text | Search | Not | Complement | Chain | Call | Assign

# Statements.


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression for what it does besides: setting a variable, mostly, or MATCH."""

    expression: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Act:
    """`verb argument`, such as `to "|cat"`; `exit` has no argument."""

    verb: str
    argument: Expression | None
    line: int


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple[Expression, "Block"], ...]
    otherwise: "Block"
    line: int


@dataclass(frozen=True, slots=True)
class While:
    condition: Expression
    block: "Block"
    line: int


@dataclass(frozen=True, slots=True)
class Foreach:
    pattern: Pattern
    subject: Expression | None
    block: "Block"
    line: int


@dataclass(frozen=True, slots=True)
class Guarded:
    """`exception { … }`"""

    block: "Block"
    line: int


@dataclass(frozen=True, slots=True)
class Locked:
    """`dotlock name { … }` and `flock name { … }`; `kind` is the word."""

    kind: str
    name: Expression
    block: "Block"
    line: int


@dataclass(frozen=True, slots=True)
class Grouped:
    """`{ … }` by itself."""

    block: "Block"
    line: int


Statement = Evaluate | Act | If | While | Foreach | Guarded | Locked | Grouped
Block = tuple[Statement, ...]
