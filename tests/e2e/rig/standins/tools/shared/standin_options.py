# SPDX-License-Identifier: MIT
"""The command line of a package manager, as far as its stand-in knows it."""
from __future__ import annotations

import getopt
from collections.abc import Sequence


class UnknownOption(Exception):
    """An option that the stand-in does not know, as it was spelt."""


class NoEqualsSign(Exception):
    """What was given to --setopt."""


class Options:
    """`flags` maps the spellings of each option without a value to the attribute that it sets; the others are the same for all
    package managers here: `switches` are repositories (patterns) to turn on or off, in order; `settings` and `main` come from
    --setopt, for repositories and for the package manager."""

    def __init__(self, argv: Sequence[str], flags: dict[str, str], more: Sequence[str] = ()) -> None:
        self.given = dict.fromkeys(flags.values(), False)
        self.switches: list[tuple[str, bool]] = []
        self.settings: list[tuple[str, str, str]] = []
        self.main: dict[str, str] = {}
        short = "".join(each[1:] for each in flags if not each.startswith("--"))
        long = [each[2:] for each in flags if each.startswith("--")] + ["disablerepo=", "enablerepo=", "setopt=", *more]
        try:
            parsed, self.words = getopt.gnu_getopt(list(argv), short, long)
        except getopt.GetoptError as error:
            raise UnknownOption(f"--{error.opt}" if len(error.opt) > 1 else f"-{error.opt}") from None
        for option, value in parsed:
            if option in flags:
                self.given[flags[option]] = True
            elif option in ("--repo", "--repoid"):
                self.switches += [("*", False), (value, True)]
            elif option == "--setopt":
                self._set(value)
            elif option == "--releasever":
                self.main["releasever"] = value
            else:
                self.switches.append((value, option == "--enablerepo"))

    def __getattr__(self, name: str) -> bool:
        try:
            return self.__dict__["given"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None

    def _set(self, text: str) -> None:
        name, equals, value = text.partition("=")
        if not equals:
            raise NoEqualsSign(text)
        repository, dot, option = name.rpartition(".")
        if dot:
            self.settings.append((repository, option, value))
        else:
            self.main[option] = value
