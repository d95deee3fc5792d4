"""Which process holds a lease, and whether it still lives.

A lease ends by itself, but only after the longest attempt imaginable.  When its process has
died on this machine, there is no need to wait for that.
"""

import os
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=2)
def _identity(pid: int) -> str:
    return f"{_machine()} {pid} {_started(pid)}"


def mine() -> str:
    """This process, as leases name their owner: machine, process id, when it started."""
    return _identity(os.getpid())


def is_dead(owner: str) -> bool:
    """Whether `owner` surely runs no more.  False when this machine cannot tell."""
    machine, _, process = owner.rpartition(" ")[0].rpartition(" ")
    boot, _, space = machine.partition("/")
    our_boot, _, our_space = _machine().partition("/")
    if not process.isdigit() or not our_boot:
        return False
    if machine == _machine():
        return _started(int(process)) != owner.rpartition(" ")[2]
    # The same name space before a reboot; another name space may be another machine.
    return space == our_space and boot != our_boot


@lru_cache(maxsize=1)
def _machine() -> str:
    """`boot/space`: this boot of this kernel, and what the process ids are counted in."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # The number of a process name space says nothing to another machine, its host name does.
        space = f"{os.uname().nodename}:{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""
    return f"{boot}/{space.replace(' ', '')}"


def _started(pid: int) -> str:
    """When the process started, in ticks since the boot; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
