"""Spool files that no row names are removed, but not before their session can have ended."""

import os
import time

import pytest

from mailcore.queue import spool
from mailcore.queue.content import ContentWriter
from tests.support.outgoing import send

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


def test_files_that_no_row_names_go_after_36_hours() -> None:
    def long_content() -> ContentWriter:
        writer = ContentWriter(spool.path(""))
        writer.write(b"Subject: x\r\n\r\n" + b"line\r\n" * 50_000)
        return writer

    named, orphan, young = (long_content().finish() for _ in range(3))
    send("ann@far.test", content=named)
    old = time.time() - 37 * 3600
    for content in (named, orphan):
        assert content.file is not None
        os.utime(content.file, (old, old))
    spool.sweep()
    assert [one.file.exists() for one in (named, orphan, young) if one.file] == [True, False, True]
