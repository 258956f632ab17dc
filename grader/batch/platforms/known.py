"""Tell whose platform's download it is, by the names in it.

A platform is recognised if all that could be a hand-in bears a name as it gives them: no student's
own choice of a name can change that. If only most do, that is asked, since nobody's work should
become somebody else's. Moodle's names are also told one by one among others.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import NamedTuple

from grader.batch.platforms.base import Level, Name, Part, Platform
from grader.batch.platforms.blackboard import Blackboard
from grader.batch.platforms.brightspace import Brightspace
from grader.batch.platforms.canvas import Canvas
from grader.batch.platforms.github import GitHub
from grader.batch.platforms.gradescope import Gradescope
from grader.batch.platforms.ilias import Ilias
from grader.batch.platforms.moodle import Moodle
from grader.batch.platforms.plain import Plain
from grader.core.errors import UserError
from grader.core.text import shown
from grader.submission.archive import ARCHIVES, CODE, is_junk

PLAIN = Plain()
PLATFORMS: dict[str, Platform] = {
    platform.name: platform
    for platform in (
        Moodle(), Blackboard(), Canvas(), Brightspace(), Ilias(), Gradescope(), GitHub(), PLAIN
    )
}  # fmt: skip
NAMED = 3  # names that a message lists


class Recognised(NamedTuple):
    """The platform, and for each name what it says; None where it is no name of the platform's."""

    platform: Platform
    parts: list[Part | None]


def recognise(level: Level, wanted: str = "") -> Recognised:
    """Find the platform whose download this is.

    Args:
        level: The names that lie side by side.
        wanted: The platform that a person insists on, if any.

    Raises:
        UserError: A person has to say which platform it is.
    """
    if wanted:
        return Recognised(PLATFORMS[wanted], PLATFORMS[wanted].parts(level))
    read = [(each, each.parts(level)) for each in PLATFORMS.values() if each is not PLAIN]
    read = [(platform, parts) for platform, parts in read if any(parts) and platform.is_sure(level)]
    left = {platform.name: _others(level, platform, parts) for platform, parts in read}
    for platform, parts in read:
        if not left[platform.name]:
            return Recognised(platform, parts)
    for platform, parts in read:
        if platform.mixes:
            return Recognised(platform, parts)
        others = left[platform.name]
        if (named := sum(part is not None for part in parts)) > len(others):
            raise UserError(
                f"{named} names are as {platform.title} gives them, but not {_listed(others)}: "
                f"move those away, or say --platform {platform.name} or --platform folders; then "
                "each of them is a hand-in of its own."
            )
    return Recognised(PLAIN, PLAIN.parts(level))


def _others(level: Level, platform: Platform, parts: list[Part | None]) -> list[str]:
    """Return what may be a hand-in, but bears no name of the platform's."""
    return [
        name.text
        for name, part in zip(level.names, parts, strict=True)
        if part is None and could_be_work(name) and not platform.own.fullmatch(name.text)
    ]


def could_be_work(name: Name) -> bool:
    """Return whether an item may be a hand-in, whatever it is called."""
    is_work = PurePosixPath(name.text).suffix.lower() in ARCHIVES | CODE
    return (name.is_folder or is_work) and not is_junk(name.text)


def none_of(level: Level, wanted: str) -> str:
    """Return the message for a download in which no name is the platform's."""
    platform = PLATFORMS[wanted]
    return (
        f"No name in {shown(level.place)} is as {platform.title} gives them (like "
        f"{platform.form}), but {_listed([name.text for name in level.names]) or 'none at all'}: "
        "leave --platform out, or name the folder that they lie in."
    )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(map(shown, names[:NAMED])) + more
