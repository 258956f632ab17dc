"""Find hand-ins that claim to be one student's, though nothing says that one student made them.

A platform's own folder says whose all in it is. Beyond that, each item at the top is a hand-in of
its own, so that nobody's result is replaced. A name makes *claims*: its numbers, and its letters
without what people overlook. Hand-ins that share a claim are in dispute until a person decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from grader.batch.attempts import HandIn
from grader.batch.platforms.known import PLAIN
from grader.batch.platforms.plain import COPY
from grader.core.text import shown
from grader.submission.archive import ARCHIVES, CODE

Claim = tuple[str, str]  # its kind and its text
NORMALIZED = 1000  # characters; Unicode's normal forms take quadratic time
NAMED = 5  # hand-ins that a message lists
NUMBER = re.compile(r"(?<=[^\W\d_])-(\d{5,10})(?![^\W_])")  # behind a surname
TEAM = 4  # members, each of whose numbers stands in a name; of more a person decides
PARTICIPANT = re.compile(r".*_(\d+)(?=_assignsubmission_)", re.DOTALL)  # Moodle's own is the last
COPY_OF = re.compile(r"^(?:copy of|kopie von|copie de|copia di) ", re.IGNORECASE)

# Letters of other alphabets that look like Latin ones, by the letter that they look like.
LOOKS = {
    other: latin
    for latin, others in {
        "A": "АΑᎪ", "B": "ВΒᏴ", "C": "СϹᏟ", "E": "ЕΕᎬ", "G": "ԌᏀ", "H": "НΗᎻ", "I": "ІΙӀ",
        "J": "ЈᎫ", "K": "КΚᏦ", "L": "ᏞԼ", "M": "МΜᎷ", "N": "Ν", "O": "ОΟՕ", "P": "РΡᏢ", "Q": "Ԛ",
        "S": "ЅՏᏚ", "T": "ТΤᎢ", "U": "Ս", "V": "ѴᏙ", "W": "ԜᎳ", "X": "ХΧ", "Y": "УΥҮ", "Z": "ΖᏃ",
        "a": "аαɑ", "c": "сϲᴄ", "d": "ԁ", "e": "е", "g": "ɡց", "h": "һհ", "i": "іιıɩ", "j": "јϳȷ",
        "k": "кκ", "l": "ӏ", "n": "ոη", "o": "оοօᴏ", "p": "рρ", "q": "ԛզ", "s": "ѕꜱ", "u": "սυᴜ",
        "v": "ѵνᴠ", "w": "ԝᴡ", "x": "хχ", "y": "уγүʏ", "z": "ᴢ",
    }.items()
    for other in others
}  # fmt: skip
ALIKE = str.maketrans(LOOKS)
APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼʹ´`", "'"))
SIGNS = str.maketrans({"0": "O", "1": "l", "I": "l"})
# Letters and marks that show nothing, besides the format characters.
FILLERS = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, 0xFFA0,
           *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}  # fmt: skip


def claims_of(name: str) -> frozenset[Claim]:
    """Return the claims of an item's name.

    Two names share one if they have a number in common, or differ only in case, spaces, signs,
    marks of a copy, kinds of archives, or letters that look alike. More numbers than a team has
    members claim nobody's work: see `settle`.
    """
    if len(name) > NORMALIZED:
        return frozenset({("name", name)})
    numbers = _numbers(name)
    text = _without_copies(_visible(name))
    words = text.rpartition("_assignsubmission_")[0] or text
    folded = _letters(unicodedata.normalize("NFKC", words.casefold())).translate(ALIKE)
    looks = _letters(words).translate(ALIKE).translate(SIGNS)
    claims = {(kind, word) for kind, word in (("folded", folded), ("looks", looks)) if word}
    claims |= numbers if len(numbers) <= TEAM else set()
    return frozenset(claims or {("name", name)})


def settle(hand_ins: Iterable[HandIn]) -> None:
    """Note for each hand-in whether it is in dispute, and with which.

    One that is, is called after its own file or folder. A name with more numbers than a team has
    members is in doubt by itself, and nobody else's.
    """
    claimants: defaultdict[Claim, list[HandIn]] = defaultdict(list)
    for hand_in in hand_ins:
        crowd = len(_numbers(hand_in.place)) if hand_in.platform is PLAIN else 0
        if crowd > TEAM:
            hand_in.dispute(
                f"{_exact(hand_in.place)} has the numbers of {crowd} students, and a team has at "
                f"most {TEAM}: rename it, so that it says whose it is, and run the same command "
                "again; until then its points are pending"
            )
        for claim in hand_in.claims:
            claimants[claim].append(hand_in)
    disputed: defaultdict[str, list[Claim]] = defaultdict(list)
    people = {}
    for claim, several in claimants.items():
        for hand_in in several if len(several) > 1 else ():
            disputed[hand_in.identity].append(claim)
            people[hand_in.identity] = hand_in
    said: dict[tuple[Claim, ...], str] = {}
    for identity, shared in disputed.items():
        key = tuple(sorted(shared))
        if key not in said:
            said[key] = _dispute({o.identity: o for claim in key for o in claimants[claim]})
        people[identity].dispute(f"{_exact(people[identity].place)} is {said[key]}")


def _numbers(name: str) -> set[Claim]:
    """Return the claims of a name by numbers, each in the one form in which it is compared."""
    if len(name) > NORMALIZED:
        return set()
    text = _visible(name)
    if participant := PARTICIPANT.match(text):
        return {("participant", str(int(participant[1])))}
    return {("number", str(int(number))) for number in NUMBER.findall(_without_copies(text))}


def _dispute(others: dict[str, HandIn]) -> str:
    names = sorted(_exact(hand_in.place) for hand_in in others.values())
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return (
        f"one of {len(names)} hand-ins that claim to be one student's: {', '.join(names[:NAMED])}"
        f"{more}. Keep the right one, rename the others or move them away (unpack a download for "
        "that), and run the same command again; until then their points are pending"
    )


def _exact(name: str) -> str:
    """Return a name such that no two look alike."""
    is_plain = name.isascii() and name.strip() == name
    return shown(name) if is_plain or not name.isprintable() else ascii(shown(name))


def _visible(name: str) -> str:
    """Return a name in Unicode's compatible form, without what shows nothing."""
    text = unicodedata.normalize("NFKC", name)
    return "".join(
        c for c in text if ord(c) not in FILLERS and unicodedata.category(c) not in ("Cf", "Cc")
    )


def _without_copies(text: str) -> str:
    """Return a name without kinds of archives and without what marks a copy."""
    before = None
    while text != before:
        before = text
        text = COPY_OF.sub("", COPY.sub("", text.strip(" .")))
        suffix = PurePosixPath(text.replace("/", "_")).suffix
        if suffix.lower() in ARCHIVES | CODE:
            text = text.removesuffix(suffix)
    return text


def _letters(text: str) -> str:
    """Leave out spaces and signs, but for apostrophes, which are parts of names."""
    text = text.translate(APOSTROPHES)
    return "".join(c for c in text if c.isalnum() or c == "'" or unicodedata.category(c)[0] == "M")
