"""Recipes: the files to write instead of one statement."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class File:
    """One migration file of a recipe: a transaction, or statements that run outside of one.

    Attributes:
        statements: What is in it.
        note: Why it is a file of its own, or what to do first; empty when that needs no word.
        suffix: What the name of the file ends with; empty for the one that comes first.
    """

    statements: tuple[str, ...]
    note: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Files that together do what one statement did, without making others wait.

    Attributes:
        files: In order, each applied before the next.
        by_hand: What a person has to decide before the files are right; empty where a program may write them.
        also: The lines of other statements of the file that they replace as well.
        of: The statement that they replace, where it stands in a file.
    """

    files: tuple[File, ...]
    by_hand: str = ""
    also: tuple[int, ...] = ()
    of: str = field(default="", repr=False)

    def __str__(self) -> str:
        """The SQL, a comment above each file."""
        many = len(self.files) > 1
        texts = [_text(file, number if many else 0) for number, file in enumerate(self.files, 1)]
        said = any(self.by_hand in file.note for file in self.files)
        return "\n".join(texts if said else [f"-- {self.by_hand}", *texts])


def _text(file: File, number: int) -> str:
    head = f"file {number}" if number else "in a file of its own"
    note = f": {file.note}" if file.note else ""
    return "\n".join([f"-- {head}{note}", *(f"{statement};" for statement in file.statements)])
