"""Files of documents are read one document at a time, in every form, and faults are told with their place."""

from __future__ import annotations

import json
import os
import threading
import tracemalloc
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from projectgate.data import files
from projectgate.data.documents import is_storable
from projectgate.data.files import Broken

FORMS = {
    "array": b'[{"id": "a", "n": 1.10}, {"id": "b"}]',
    "array over lines": b'\n [\n{"id": "a",\n"n": 1.10},\n{"id": "b"}\n]\n',
    "answer": b'{"result": [{"id": "a", "n": 1.10}, {"id": "b"}], "totalHits": 2, "facets": []}',
    "answer, result last": b'{"facets": [{"result": [1]}], "result": [{"id": "a", "n": 1.10}, {"id": "b"}]}',
    "two answers": b'{"result": [{"id": "a", "n": 1.10}]}\n{"result": [{"id": "b"}]}',
    "lines": b'{"id": "a", "n": 1.10}\n{"id": "b"}\n',
    "lines, no end": b'{"id": "a", "n": 1.10}\r\n{"id": "b"}',
    "documents over lines": b'{\n  "id": "a",\n  "n": 1.10\n}\n{\n  "id": "b"\n}\n',
}


def _read(content: bytes) -> list[tuple[int, Any]]:
    return list(files.read(BytesIO(content)))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_documents(form: str, mark: bytes) -> None:
    assert _read(mark + FORMS[form]) == [(1, {"id": "a", "n": Decimal("1.10")}), (2, {"id": "b"})]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[]", b'{"result": []}', b'{"totalHits": 0}'])
def test_no_documents_are_no_fault(content: bytes) -> None:
    assert _read(content) == []


def test_a_file_can_be_read_twice() -> None:
    stream = BytesIO(FORMS["array"])
    assert list(files.read(stream)) == list(files.read(stream))


@pytest.mark.parametrize("form", FORMS)
def test_texts_and_places_are_the_same_when_numbers_need_not_be_exact(form: str) -> None:
    found = files.read(BytesIO(FORMS[form]), exact=False)
    assert [(place, document["id"]) for place, document in found] == [(1, "a"), (2, "b")]


def test_a_line_that_only_the_exact_reader_takes_is_read_by_it() -> None:
    lines = b'{"id": "a"\n{"id": "\\ud800"}\n[NaN]\n'
    assert list(files.read(BytesIO(lines), exact=False)) == _read(lines)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.50", "1.5"),
        ("-0.0", "0"),
        ("3.000", "3"),
        ("1e3", "1E+3"),
        ("0.1", "0.1"),
        (f"{'9' * 30}.5", f"{'9' * 30}.5"),
        (f"{'9' * 19}.0", "9" * 19),
    ],
)
def test_a_fraction_in_a_line_is_exact_and_has_no_trailing_zeros(text: str, number: str) -> None:
    ((_, document),) = _read(b'{"n": %s}' % text.encode())
    assert str(document["n"]) == number


def test_what_is_no_object_is_given_as_it_is() -> None:
    assert _read(b'[1, null, "x", []]') == [(1, 1), (2, None), (3, "x"), (4, [])]


@pytest.mark.parametrize(
    "end", [b"", b",", b", {]", b"]]", b'{"id": "c"}]', b', {"id": tru', b', "\xff"]', b", NaN]"]
)
def test_documents_before_a_fault_in_an_array_are_read_and_the_fault_has_its_place(
    end: bytes,
) -> None:
    *documents, (position, fault) = _read(b'[{"id": "a"}, {"id": "b"}' + end)
    assert documents == [(1, {"id": "a"}), (2, {"id": "b"})]
    assert position == 3
    assert isinstance(fault, Broken)
    assert fault.reason.startswith("the file is not JSON from here on: ")
    assert "\n" not in fault.reason


def test_a_broken_line_does_not_keep_the_others_out() -> None:
    content = b'{"id": "a"}\n{"id": \n\n{"id": "\xff"}\n{"n": NaN}\n{"n": 1e99999999999999999999}\n{"id": "b"}\n'
    found = _read(content + b'{"n": ' + b"[" * 100_000 + b"\n")
    assert [position for position, _ in found] == [1, 2, 4, 5, 6, 7, 8]
    assert [type(document) for _, document in found] == [
        dict,
        Broken,
        Broken,
        Broken,
        Broken,
        dict,
        Broken,
    ]
    reasons = [document.reason for _, document in found if isinstance(document, Broken)]
    assert reasons[0].startswith("the line is not JSON: ")
    assert reasons[1] == "the line is not UTF-8"
    assert "NaN" in reasons[2]
    assert reasons[4] == "the line is nested too deeply"


def test_a_pipe_is_copied_so_that_it_can_be_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(FORMS["lines"],))
    writer.start()
    with files.opened(str(pipe)) as stream:
        assert [len(list(files.read(stream))) for _ in range(2)] == [2, 2]
    writer.join()


@pytest.mark.parametrize(
    ("opening", "between", "end"),
    [(b"[", b",", b"]"), (b'{"result": [', b",", b"]}"), (b"", b"\n", b"")],
)
def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, opening: bytes, between: bytes, end: bytes
) -> None:
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.json"
        one = b'{"id": "project", "name": "' + b"x" * 500 + b'"}'
        path.write_bytes(opening + between.join([one] * count) + end)
        with files.opened(str(path)) as stream:
            assert sum(1 for _ in files.read(stream)) == count
            tracemalloc.start()
            for _ in files.read(stream):
                pass
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return most

    peak(100)
    assert peak(20_000) < peak(2_000) * 1.2 + 50_000


@pytest.mark.parametrize("chunk", [1, 5, 65_536])
@pytest.mark.parametrize("form", ["array", "lines"])
def test_half_a_surrogate_pair_spoils_its_own_document_only(form: str, chunk: int) -> None:
    """However the file is cut into pieces, and not where it only looks like one."""
    names = ["x\ud83dy", "\\ud83d \U0001f6e0", "\udc00", "\\\\\ud83d", "fine"]
    documents = [json.dumps({"name": name}) for name in names]
    text = f"[{','.join(documents)}]" if form == "array" else "\n".join(documents)

    class Pieces(BytesIO):
        """A stream that gives a few bytes at a time."""

        def read(self, size: int | None = -1) -> bytes:
            return super().read(chunk if size is None or size < 0 else min(size, chunk))

    stream = Pieces(text.encode())
    read = files.read(stream) if form == "lines" else files._streamed(stream, "item")
    found = [document["name"] for _, document in read]
    assert [is_storable(name) for name in found] == [False, True, False, False, True]
    assert (found[1], found[4]) == (names[1], names[4])
