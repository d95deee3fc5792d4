"""What one machine runs, by its settings."""

from dataclasses import replace

from mailcore.conf.deployment import deployment
from mailcore.conf.schema.imap import Imap
from mailcore.conf.schema.registry import Snapshot
from workers.supervisor.services import services


def named(snapshot: Snapshot) -> list[str]:
    return [
        each.name for each in services(replace(deployment(), embedded_valkey=False), snapshot, {})
    ]


def test_one_process_takes_mail_so_that_its_limits_of_connections_are_the_machines() -> None:
    names = named(Snapshot(imap=Imap(processes=3)))
    assert [name for name in names if name.startswith("smtpd")] == ["smtpd"]
    assert [name for name in names if name.startswith("imapd")] == ["imapd", "imapd-2", "imapd-3"]
