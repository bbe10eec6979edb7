"""What a release is made for: one row for each platform. Not here: how a row is built, packed or started."""

import platform
import sys
from dataclasses import dataclass

from releasing.project import Refused


@dataclass(frozen=True)
class Target:
    # As registries name them.
    os: str
    arch: str
    # As Rust names it.
    triple: str

    @property
    def name(self):
        return f"{self.os}_{self.arch}"

    @property
    def ending(self):
        return ".exe" if self.os == "windows" else ""

    def is_linked_here(self):
        """Apple's frameworks are on macOS only; all else is linked by zig, which needs nothing of the machine."""
        return self.os != "darwin" or sys.platform == "darwin"


# musl, linked statically: one program for every Linux, whatever C library it has.
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
    raise Refused(f"there is no target {name!r}; there are {', '.join(target.name for target in ALL)}")


def this_machine():
    """The operating system and the processor, as registries name them."""
    machine, system = platform.machine().lower(), platform.system().lower()
    if system.startswith(("cygwin", "mingw", "msys")):
        # A Python of Git's bash.
        system = "windows"
    return system, ARCHITECTURES.get(machine, machine)
