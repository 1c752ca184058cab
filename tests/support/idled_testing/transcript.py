"""What a program printed, with the time of every piece.

Escape sequences and carriage returns are taken out, so that a test can wait for the words a person would see;
prompts, editors and tmux are full of them. Only the last part is kept: some tests print for as long as they run.
"""

import codecs
import re
import threading
from pathlib import Path

from .waiting import TookTooLong, now, shown

KEPT = 256 * 1024  # characters
# CSI, OSC (ended by BEL or ST), character sets, and other two-character sequences: ECMA-48, xterm's ctlseqs.
NOT_TEXT = re.compile(r"\r|\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()*+].|[^\[\]()*+])")
UNFINISHED_ESCAPE = re.compile(r"\x1b[^\x1b]{0,200}(?:\x1b)?\Z")


class Seen:
    """A piece of output that was waited for: the regular expression's match, and when its last part arrived."""

    def __init__(self, match: re.Match, time: float):
        self.match, self.time = match, time

    def __getitem__(self, group):
        return self.match[group]


class Transcript:
    """Filled by one thread, waited on by others. `copy_to`: a file for all of it, as it came."""

    def __init__(self, copy_to: Path | None = None):
        self._copy = copy_to.open("ab", buffering=0) if copy_to else None
        self._changed = threading.Condition()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unfinished = ""
        self._text = ""
        self._dropped = 0  # characters no longer kept; offsets count from the very beginning
        self._arrivals: list[tuple[int, float]] = []  # (offset after the piece, when)
        self._cursor = 0
        self._closed = False
        self.raw = bytearray()  # escape sequences and all; the last part, too

    @property
    def text(self) -> str:
        with self._changed:
            return self._text

    def add(self, data: bytes) -> None:
        moment = now()
        if self._copy:
            self._copy.write(data)
        text = self._unfinished + self._decoder.decode(data)
        text = NOT_TEXT.sub("", text)
        tail = UNFINISHED_ESCAPE.search(text)
        self._unfinished = tail[0] if tail else ""
        text = text[: len(text) - len(self._unfinished)]
        with self._changed:
            self.raw += data
            del self.raw[:-KEPT]
            self._text += text
            self._arrivals.append((self._dropped + len(self._text), moment))
            if len(self._text) > 2 * KEPT:
                self._drop(len(self._text) - KEPT)
            self._changed.notify_all()

    def close(self) -> None:
        """No more will come: those who wait need not wait on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_for(self, pattern: str | re.Pattern, timeout: float) -> Seen:
        """Waits for a text (str) or expression (re.Pattern) after what was last waited for, as expect(1) does.

        Spaces at the end of a line need not stand in a text: nobody sees them.
        """
        wanted = pattern if isinstance(pattern, re.Pattern) else \
            re.compile(re.escape(pattern).replace("\\\n", " *\n"))
        deadline = now() + timeout
        with self._changed:
            while True:
                if match := wanted.search(self._text, max(0, self._cursor - self._dropped)):
                    end = self._dropped + match.end()
                    self._cursor = end
                    return Seen(match, next(when for offset, when in self._arrivals if offset >= end))
                if self._closed or not self._changed.wait(deadline - now()):
                    break
            rest = self._text[max(0, self._cursor - self._dropped):][-300:]
        how = "the output ended without" if self._closed else f"waited {timeout:g} s for"
        raise TookTooLong(f"{how} {wanted.pattern!r}; since the last match there was {rest!r}")

    def lines(self, since: float = 0.0) -> list[tuple[float, str]]:
        """The lines, each with the time its end arrived."""
        with self._changed:
            arrivals, offset, result = iter(self._arrivals), self._dropped, []
            end, when = next(arrivals, (0, 0.0))
            for line in self._text.splitlines(keepends=True):
                offset += len(line)
                while end < offset:
                    end, when = next(arrivals)
                if when >= since:
                    result.append((when, line.rstrip("\n")))
        return result

    def shown(self, most: int = 40, since: float = 0.0) -> str:
        """The last lines with their times, as evidence."""
        lines = self.lines(since)
        head = [f"({len(lines) - most} lines before)"] if len(lines) > most else []
        return "\n".join(head + [f"{shown(when)}  {line}" for when, line in lines[-most:]])

    def _drop(self, count: int) -> None:
        self._text = self._text[count:]
        self._dropped += count
        self._arrivals = [arrival for arrival in self._arrivals if arrival[0] >= self._dropped]
