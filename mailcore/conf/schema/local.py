"""Delivery into accounts here: their instructions, and what those may do."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Local:
    """Delivery into accounts."""

    instructions: bool = setting(
        True, "Follow the instructions (`.courier` files) that an account keeps in its home."
    )
    instructions_word: str = setting(
        "courier",
        "What the files are called: `.courier`, `.courier-EXT`, or `.qmail`, `.qmail-EXT`.",
        courier="dotextension",
        choices=("courier", "qmail"),
    )
    filters: bool = setting(
        True,
        "Run mail filters: everybody's (`maildroprc` in the server's home) and those that accounts"
        " keep in theirs (`.mailfilter`).",
    )
    programs: bool = setting(
        False,
        "Let instructions and filters run programs (`|command`); they run as local.program_user,"
        " who reads whatever that user reads. Mail for accounts that try waits while this is off.",
    )
    dynamic: bool = setting(
        True,
        "Let programs print further instructions (`||command`), where programs may run.",
        courier="DYNAMICDELIVERIES",
    )
    program_user: str = setting(
        "",
        "System user that programs run as, which only root can choose; empty is the server's own."
        " A server that runs as root runs none until one is named.",
    )
    shell: str = setting("/bin/sh", "Shell that runs commands.", courier="SHELL")
    program_path: str = setting("/usr/local/bin:/usr/bin:/bin", "PATH of programs.", courier="PATH")
    program_timeout: int = setting(
        120,
        "How long a program may take before it is killed and the mail put off.",
        kind="duration",
        minimum=1,
        maximum=1200,
    )
    program_memory: int = setting(
        1_073_741_824, "Memory (address space) of a program.", kind="size", minimum=16_777_216
    )
    program_file: int = setting(
        268_435_456, "Longest file that a program may write.", kind="size", minimum=4096
    )
