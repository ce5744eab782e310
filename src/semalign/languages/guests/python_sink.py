"""The memory that a guest reports through; runs inside the wall."""

import mmap

_TOUCHED = 1 << 16  # bytes of the shared memory that are asked for before the program starts


class Sink:
    """The shared memory behind file descriptor 3, filled from its beginning."""

    def __init__(self, size: int) -> None:
        self._memory = mmap.mmap(3, size)
        self._size = size
        self._end = 0
        self.clear()

    def clear(self) -> None:
        """Begin again; what was written until here is less than what was asked for before."""
        self._memory[: min(self._size, _TOUCHED)] = bytes(min(self._size, _TOUCHED))
        self._used = 0

    def begin(self, share: int) -> bool:
        """Give the next input its share; False when there is no room for it."""
        self._end = min(self._used + share, self._size)
        return self._end - self._used >= min(share, self._size)

    def write(self, line: str) -> bool:
        """Append a line if there is room."""
        data = line.encode("ascii")
        end = self._used + len(data)
        if end >= self._end:
            return False
        self._memory[self._used : end] = data
        self._used = end
        return True

    def put(self, record: bytes, room: int = 0) -> bool:
        """Append a record if `room` bytes stay free after it; its length is written last, and makes it one.

        A line feed ends it, since the zeros at the end of the memory are cut off.
        """
        start = self._used + 5
        end = start + len(record) + 1
        if end + room >= self._end:
            return False
        self._memory[start:end] = record + b"\n"
        self._memory[start - 5 : start] = b"\1" + len(record).to_bytes(4, "little")
        self._used = end
        return True
