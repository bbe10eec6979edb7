"""Builds one target twice, like two machines, and compares the zip files byte by byte.

Everything that could add a path is duplicated: the checkout, the target directory, cargo's home directory. The toolchain is shared.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from releasing import build, pack
from releasing.project import ROOT, ReleaseError


def check(version, target, profile, programs):
    made = []
    with tempfile.TemporaryDirectory(prefix="sf-release-") as scratch:
        # Paths of different lengths, because paths of the same length could hide a difference in layout.
        for name in ("one", "another-one"):
            made.append(build_in(Path(scratch) / name, version, target, profile, programs))
        for path in sorted(made[0].iterdir()):
            other = made[1] / path.name
            if path.read_bytes() != other.read_bytes():
                # Kept for analysis.
                kept = ROOT / "target" / "not-reproducible"
                shutil.rmtree(kept, ignore_errors=True)
                for folder in made:
                    shutil.copytree(folder, kept / folder.parent.name)
                raise ReleaseError(f"{path.name} differs between the builds: see {kept}")
        return [f"{path.name}: {pack.sha256(path)} twice" for path in sorted(made[0].iterdir())]


def build_in(home, version, target, profile, programs):
    checkout, cargo = home / "checkout", home / "cargo"
    checkout.mkdir(parents=True)
    # Committed files only.
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE)
    if archive.returncode != 0:
        raise ReleaseError("git archive failed")
    subprocess.run(["tar", "-x"], cwd=checkout, input=archive.stdout, check=True)
    # Cargo's downloads, without the unpacked sources.
    for folder in ("registry/cache", "registry/index"):
        if (build.cargo_home() / folder).is_dir():
            shutil.copytree(build.cargo_home() / folder, cargo / folder)
    for file in ("config.toml", "config"):
        if (build.cargo_home() / file).is_file():
            shutil.copyfile(build.cargo_home() / file, cargo / file)
    before = os.environ.get("CARGO_HOME")
    os.environ["CARGO_HOME"] = str(cargo)
    try:
        binaries = build.build(target, profile, checkout, home / "built", programs)
    finally:
        os.environ.pop("CARGO_HOME")
        if before is not None:
            os.environ["CARGO_HOME"] = before
    for program, binary in binaries.items():
        pack.pack(program, binary, version, target, home / "zips")
    # Removes two gigabytes of build output.
    shutil.rmtree(home / "built")
    return home / "zips"
