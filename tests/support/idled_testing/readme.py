"""What README.md has its reader type: its commands, one by one, in their order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What begins so within a sentence is a command as well, and not only a name.
IN_A_SENTENCE = re.compile(r"`((?:apt|idlectl|systemctl|cmake|cpack|tests/|tools/)[^`]*)`")


@dataclass(frozen=True)
class Step:
    section: str
    text: str  # a command without its comment; or a block that is none: shown, or to be put into a file
    line: int


def steps(markdown: str) -> list[Step]:
    return list(_steps(markdown))


def _steps(markdown: str) -> Iterator[Step]:
    section, block, fenced, first = "", [], False, 0
    for number, line in enumerate([*markdown.splitlines(), "."], 1):  # the full stop ends a block at the end
        if line.startswith("```"):
            if fenced:
                yield Step(section, "\n".join(block), first)
                block = []
            fenced, first = not fenced, number
        elif fenced or (line.startswith("    ") and not _is_in_list(line)):
            first = first if block else number
            block.append(line if fenced else line[4:])
        elif block and line:
            yield from _of_block(section, block, first)
            block = []
        elif block:
            block.append("")
        if block:
            continue
        if line.startswith("#"):
            section = line.lstrip("# ")
        for found in IN_A_SENTENCE.finditer(line):
            yield Step(section, found[1], number)


def _is_in_list(line: str) -> bool:
    return re.match(r"\s+[-*] ", line) is not None


def _of_block(section: str, block: list[str], first: int) -> Iterator[Step]:
    while block and not block[-1]:
        block.pop()
    if block[0].startswith("{") or block[0].startswith("session "):
        yield Step(section, "\n".join(block), first)
        return
    for offset, line in enumerate(block):
        # What follows after two blanks is for the reader; so is a line that begins with blanks.
        command = re.split(r"  +", line.rstrip(), maxsplit=1)[0]
        if command and not command.startswith("#"):
            yield Step(section, command, first + offset)
