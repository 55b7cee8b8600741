"""Help for names that do not exist: "did you mean" and lists of what there is."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

CUTOFF = 0.6
"""Similarity below which a guess helps nobody; the default of `difflib`."""


def closest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice most like `word`, whatever its case; None if nothing is near."""
    by_fold = {choice.casefold(): choice for choice in choices}
    found = get_close_matches(word.casefold(), by_fold, n=1, cutoff=CUTOFF)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return `; did you mean 'tone'?`, or nothing where no choice is near.

    >>> did_you_mean("tne", ["tone", "decode"])
    "; did you mean 'tone'?"
    """
    choice = closest(word, choices)
    return f"; did you mean {choice!r}?" if choice is not None else ""


def listing(words: Iterable[str], last: str = "and") -> str:
    """Join words as a sentence does.

    >>> listing(["decode", "linearize", "tone"])
    'decode, linearize and tone'
    """
    *first, final = list(words) or ["nothing"]
    return f"{', '.join(first)} {last} {final}" if first else final


def unknown(kind: str, word: str, choices: Iterable[str]) -> str:
    """Return the sentence for a name that does not exist: the guess, or else all there is.

    >>> unknown("stage", "tne", ["tone", "decode"])
    "no stage is named 'tne'; did you mean 'tone'? There are decode and tone"
    """
    names = sorted(choices)
    guess = did_you_mean(word, names)
    there = f"There {'is only' if len(names) == 1 else 'are'} {listing(names)}" if names else "There is none"
    return f"no {kind} is named {word!r}{guess or ';'} {there if guess else there[0].lower() + there[1:]}"
