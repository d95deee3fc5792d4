"""Input that takes general parsers seconds: here each stays linear.

The bound is generous for a busy machine and still hundreds of times below quadratic cost.
"""

import time
from collections.abc import Callable

import pytest

from mailcore.message import address_list, date, encoded_words, header, mime, parameters, validate

HOSTILE = {
    "words": b"a " * 80_000,
    "encoded words": b"=?utf-8?q?a?= " * 80_000,
    "addresses": b"a@example.com, " * 40_000,
    "parameters": b"text/plain" + b"; a=b" * 40_000,
    "nested comments": b"(" * 200_000,
    "escaped quotes": b'"\\' * 100_000,
    "semicolons": b";" * 200_000,
    "spaced semicolons": b";  " * 80_000,
    "blanks": b" " * 500_000,
    "begun encoded words": b"=?" * 200_000,
    "begun charsets": b"=?" + b"=" * 200_000,
    "angle brackets": b"<" * 100_000,
    "groups": b"a:b;" * 50_000,
    "at signs": b"@a" * 80_000,
    "open quotes in parameters": b';x="\\' * 50_000,
    "colons": b":" * 200_000,
    "newlines": b"\n" * 500_000,
    "folds": b"\n " * 200_000,
    "dashes": b"\n--" * 200_000,
    "8-bit": b"\xff" * 300_000,
}

SCANNERS: dict[str, Callable[[bytes], object]] = {
    "addresses": address_list.parse,
    "words": encoded_words.decode,
    "parameters": parameters.parse,
    "fields": header.fields,
    "split": header.split,
    "date": date.parse,
    "fold": lambda data: header.fold(b"X", data),
    "encode": lambda data: encoded_words.encode(data.decode("latin-1")),
    "mime": mime.scan,
    "multipart": lambda data: mime.scan(
        b"Content-Type: multipart/mixed; boundary=a\n\n" + data.replace(b"a", b"\n--a\n")
    ),
    "findings": validate.in_wire_form,
}


@pytest.mark.parametrize("scanner", SCANNERS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_input_is_scanned_in_linear_time(kind: str, scanner: str) -> None:
    started = time.thread_time()
    SCANNERS[scanner](HOSTILE[kind])
    assert time.thread_time() - started < 1.5
