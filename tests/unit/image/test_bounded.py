from __future__ import annotations

import pytest

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.resources.image.inspect.bounded import READ_LIMIT, BoundedFile


def test_reads_stop_at_the_limit_of_all_reads():
    asked: list[int] = []

    def read(_offset: int, length: int) -> bytes:
        asked.append(length)
        return bytes(length)

    file = BoundedFile(read, 4 * READ_LIMIT)
    file.at(0, READ_LIMIT - 10, "header")

    with pytest.raises(OutOfRangeError, match="table"):
        file.at(READ_LIMIT, 11, "table")
    assert sum(asked) == READ_LIMIT - 10
    assert file.at(5, 10, "table") == bytes(10)


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1), (100, 1), (99, 2), (2**64, 1)])
def test_ranges_outside_the_file_are_never_read(offset, length):
    def read(_offset: int, _length: int) -> bytes:
        raise AssertionError("read outside the file")

    with pytest.raises(InvalidFormatError, match="outside the file"):
        BoundedFile(read, 100).at(offset, length, "header")


def test_a_reader_that_gives_more_than_asked_is_cut():
    assert BoundedFile(lambda _offset, length: b"x" * (length + 5), 100).at(0, 4, "header") == b"xxxx"
