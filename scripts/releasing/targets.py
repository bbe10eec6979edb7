"""The platforms of a release, one row each. Does not build, pack or start them."""

import platform
import sys
from dataclasses import dataclass

from releasing.project import ReleaseError


@dataclass(frozen=True)
class Target:
    # Names in registries.
    os: str
    arch: str
    # Rust's target triple.
    triple: str

    @property
    def name(self):
        return f"{self.os}_{self.arch}"

    @property
    def ending(self):
        return ".exe" if self.os == "windows" else ""

    def is_linked_here(self):
        """macOS targets require Apple's frameworks. zig links all others and needs nothing from the machine."""
        return self.os != "darwin" or sys.platform == "darwin"


# Statically linked with musl: one binary for all Linux distributions.
ALL = [
    Target("linux", "amd64", "x86_64-unknown-linux-musl"),
    Target("linux", "arm64", "aarch64-unknown-linux-musl"),
    Target("windows", "amd64", "x86_64-pc-windows-gnu"),
    Target("windows", "arm64", "aarch64-pc-windows-gnullvm"),
    Target("darwin", "amd64", "x86_64-apple-darwin"),
    Target("darwin", "arm64", "aarch64-apple-darwin"),
]

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def named(name):
    for target in ALL:
        if target.name == name:
            return target
    raise ReleaseError(f"unknown target {name!r}; available are {', '.join(target.name for target in ALL)}")


def this_machine():
    """Operating system and architecture, with their names in registries."""
    machine, system = platform.machine().lower(), platform.system().lower()
    if system.startswith(("cygwin", "mingw", "msys")):
        # The Python of Git Bash.
        system = "windows"
    return system, ARCHITECTURES.get(machine, machine)
