"""Draining: idle sessions go at once, busy ones get their time, stubborn ones are cut off."""

import asyncio

from mailcore.server.shutdown import Sessions


class Connection:
    def __init__(self, sessions: Sessions, busy: float | None) -> None:
        self.sessions, self.busy, self.told = sessions, busy, []
        sessions.add(self)

    def drain(self) -> None:
        self.told.append("drain")
        if self.busy is not None:
            asyncio.get_running_loop().call_later(self.busy, self.sessions.remove, self)

    def abort(self) -> None:
        self.told.append("abort")
        self.sessions.remove(self)


async def test_stopping_waits_for_those_that_finish() -> None:
    sessions = Sessions()
    quick = Connection(sessions, 0.01)
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    sessions.stop()
    await sessions.until_stopped([server], grace=5)
    assert quick.told == ["drain"]
    assert sessions.draining
    assert not server.is_serving()


async def test_stopping_cuts_off_those_that_do_not() -> None:
    sessions = Sessions()
    stubborn = Connection(sessions, None)
    sessions.stop()
    await sessions.until_stopped([], grace=0.05)
    assert stubborn.told == ["drain", "abort"]
    assert len(sessions) == 0
