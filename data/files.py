"""Documents out of files, one at a time: a JSON array, a REST search answer, or a document a line (NDJSON)."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

import ijson
import orjson

from .base import number_of

STANDARD_INPUT = "-"
_BOM = b"\xef\xbb\xbf"
_HEAD = 65_536
# The members of a search answer; no project document begins with one of them.
_ANSWER = re.compile(rb'\s*\{\s*"(result|totalHits|facets|scrollId|isValid)"\s*:')
# A document over several lines, as an editor writes it.
_SPREAD = re.compile(rb"\s*\{[ \t]*\r?\n")


# An escape of JSON; two halves of a surrogate pair are one, and a half by itself is no character.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_PAIR = 12


class Broken(NamedTuple):
    """What stands where a document should be."""

    reason: str


# Its place from 1 (in NDJSON its line), and the JSON value or what is wrong there.
Placed = tuple[int, Any]


def opened(name: str) -> BinaryIO:
    """The file of that name, or a copy on disk of what cannot be read twice: standard input, a pipe.

    Raises: OSError.
    """
    if name != STANDARD_INPUT:
        file = Path(name).open("rb")  # noqa: SIM115
        if file.seekable():
            return file
        with file:
            return _copied(file)
    return _copied(sys.stdin.buffer)


def _copied(stream: BinaryIO) -> BinaryIO:
    copy = tempfile.TemporaryFile()  # noqa: SIM115
    shutil.copyfileobj(stream, copy)
    return copy


def read(stream: BinaryIO, *, exact: bool = True) -> Iterator[Placed]:
    """The documents of a file from its beginning. What is broken is a `Broken` in its place.

    A line that is no JSON does not keep the following ones out; in an array nothing can be told after a fault.
    Numbers with a point are Decimals.

    `exact` is False where only texts will be looked at, which takes lines a third of the time: a number may then be a
    float, and a broken line may be taken for a document.
    """
    stream.seek(0)
    head = stream.read(_HEAD)
    start = len(_BOM) if head.startswith(_BOM) else 0
    stream.seek(start)
    text = head[start:]
    if text.lstrip().startswith(b"["):
        return _streamed(stream, "item")
    if _ANSWER.match(text):
        return _streamed(stream, "result.item")
    if _SPREAD.match(text):
        return _streamed(stream, "")
    return _lines(stream) if exact else _skimmed(stream)


class _Paired:
    """A stream whose lone halves of surrogate pairs are U+0000, which makes their document a bad one.

    The parser would make another text of the first half, and end the file at the second.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """The next bytes, up to the end of an escape."""
        found = self._stream.read(size)
        # An escape may begin at the end of what was read and go on in what follows.
        while b"\\" in found[-_PAIR:] and (more := self._stream.read(_PAIR)):
            found += more
        return _ESCAPE.sub(_whole, found)


def _whole(escape: re.Match[bytes]) -> bytes:
    return b"\\u0000" if escape["lone"] else escape[0]


def _streamed(stream: BinaryIO, prefix: str) -> Iterator[Placed]:
    position = 0
    try:
        # An array is one value; answers and documents may follow one another.
        for item in ijson.items(_Paired(stream), prefix, multiple_values=prefix != "item"):
            position += 1
            yield position, item
    except (ijson.JSONError, ValueError, ArithmeticError) as error:
        # The lines after the first quote the file.
        reason = str(error).removeprefix("b'").partition("\n")[0].partition("\\n")[0]
        yield position + 1, Broken(f"the file is not JSON from here on: {reason}")


def _lines(stream: BinaryIO) -> Iterator[Placed]:
    for number, line in enumerate(stream, 1):
        if line.isspace():
            continue
        yield number, _exact(line)


def _skimmed(stream: BinaryIO) -> Iterator[Placed]:
    for number, line in enumerate(stream, 1):
        if line.isspace():
            continue
        try:
            yield number, orjson.loads(line)
        except orjson.JSONDecodeError:
            # It takes less than the other parser does.
            yield number, _exact(line)


def _exact(line: bytes) -> Any:
    try:
        return _DECODER.decode(line.decode())
    except UnicodeDecodeError:
        return Broken("the line is not UTF-8")
    except RecursionError:
        return Broken("the line is nested too deeply")
    except (ValueError, ArithmeticError) as error:
        return Broken(f"the line is not JSON: {error}")


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


_DECODER = json.JSONDecoder(parse_float=number_of, parse_constant=_refused)
