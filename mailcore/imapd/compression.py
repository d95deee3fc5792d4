"""COMPRESS=DEFLATE: the two streams of one connection.  RFC 4978, RFC 1951.

What comes in is inflated a slice at a time, so that a small bomb is worked off like the long input
it stands for, and never lies in memory.
"""

import zlib

SLICE = 64 * 1024
_WINDOW = -12  # ours; the client's may be 15
_MEMORY = 5


class Compression:
    """Lives as long as the compression does; costs some 70 KiB."""

    __slots__ = ("_deflate", "_inflate", "_more", "_waiting")

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(6, zlib.DEFLATED, _WINDOW, _MEMORY)
        self._inflate = zlib.decompressobj(-15)
        self._waiting = b""
        self._more = False

    def packed(self, data: bytes) -> bytes:
        """What stands for `data` on the wire, complete."""
        return self._deflate.compress(data) + self._deflate.flush(zlib.Z_SYNC_FLUSH)

    def feed(self, data: bytes) -> None:
        self._waiting += data

    @property
    def has_more(self) -> bool:
        """Whether `take` has something to work on."""
        return bool(self._waiting) or self._more

    def take(self) -> bytes:
        """The next octets, at most SLICE.  Raises ValueError when they are no deflate stream."""
        try:
            data = self._inflate.decompress(self._waiting, SLICE)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        if self._inflate.eof:
            raise ValueError("the stream has ended")
        self._waiting = self._inflate.unconsumed_tail
        self._more = len(data) == SLICE
        return data
