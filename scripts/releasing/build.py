"""Builds the programs of one target from a checkout. Does not pack them.

Builds are reproducible: binaries contain no local paths, and timestamps are those of the commit.
"""

import os
import subprocess
import sys
from pathlib import Path

from releasing.project import EMULATOR, PROVIDER, ROOT, ReleaseError, output, time_of_the_commit

# Both are on PyPI, so a machine needs only pip. cargo-zigbuild uses zig as C compiler and linker.
TOOLS = ["cargo-zigbuild==0.24.1", "ziglang==0.15.2"]
VENV = ROOT / ".tools" / "zig"
PROGRAMS = VENV / ("Scripts" if os.name == "nt" else "bin")
ZIG = [str(PROGRAMS / "python"), "-m", "ziglang"]
# Directory names that differ from the name of the profile.
FOLDERS = {"dev": "debug"}


def say(text):
    print(text, file=sys.stderr, flush=True)


def with_zig(environment):
    """The environment with cargo-zigbuild and zig. Installs both if they are missing."""
    stamp = VENV / "tools.txt"
    if not stamp.is_file() or stamp.read_text().split() != TOOLS:
        say(f"Fetching {' and '.join(TOOLS)} (90 MB, once) ...")
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            [str(PROGRAMS / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *TOOLS],
        ):
            if subprocess.run(command, stdout=sys.stderr).returncode != 0:
                raise ReleaseError(f"could not install {' and '.join(TOOLS)}, see above")
        stamp.write_text("\n".join(TOOLS))
    return {**environment, "PATH": f"{PROGRAMS}{os.pathsep}{environment.get('PATH', '')}"}


def cargo_home():
    return Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo").resolve()


def sysroot():
    return Path(output(["rustc", "--print", "sysroot"], cwd=ROOT).strip()).resolve()


def paths(root, built):
    """Paths that must not be in a binary, with their replacements. rustc uses the last one that matches."""
    return {root.resolve(): "/provider", built.resolve(): "/provider/target", cargo_home(): "/cargo", sysroot(): "/rust"}


def build(target, profile, root=ROOT, built=None, programs=(PROVIDER, EMULATOR)):
    """Builds the programs. Returns name → path."""
    built = built or root / "target"
    built.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(time_of_the_commit()), "CARGO_INCREMENTAL": "0"}
    renamed = paths(root, built).items()
    flags = [f"--remap-path-prefix={path}={instead}" for path, instead in renamed]
    # Encoded, because a path may contain spaces.
    environment["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join(flags)
    # ring contains C code. The C compiler's flags are split at spaces, so a path with a space is not replaced in C
    # code.
    c_flags = [f"-ffile-prefix-map={path}={instead}" for path, instead in renamed if " " not in str(path)]
    environment[f"CFLAGS_{target.triple.replace('-', '_')}"] = " ".join(c_flags)
    run(["rustup", "target", "add", target.triple], root, environment)
    verb = "build"
    if target.os != "darwin":
        environment, verb = with_zig(environment), "zigbuild"
    # Built separately: otherwise each program would get the features that the other program enables in shared crates.
    for program in programs:
        run(
            [
                *("cargo", verb, "--package", program, "--bin", program, "--profile", profile, "--locked"),
                *("--target", target.triple, "--target-dir", str(built)),
            ],
            root,
            environment,
        )
    folder = built / target.triple / FOLDERS.get(profile, profile)
    made = {program: folder / f"{program}{target.ending}" for program in programs}
    for path in made.values():
        check_paths(path, [*paths(root, built), Path.home().resolve(), VENV.resolve()])
    return made


def run(command, root, environment):
    if subprocess.run(command, cwd=root, env=environment, stdout=sys.stderr).returncode != 0:
        raise ReleaseError(f"`{' '.join(command)}` failed, see above")


def check_paths(program, forbidden):
    """Rejects a binary that contains a local path."""
    text = program.read_bytes()
    for path in forbidden:
        if len(path.parts) > 1 and f"{path}{os.sep}".encode() in text:
            at = text.index(f"{path}{os.sep}".encode())
            raise ReleaseError(f"{program.name} contains a local path: {text[at : at + 160]!r}")
