"""Builds one target twice, as two machines would, and compares what is packed, byte by byte.

Twice everything that a path may come from: the checkout, the target folder, cargo's home. The toolchain is the same one.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from releasing import build, pack
from releasing.project import ROOT, Refused


def check(version, target, profile, programs):
    made = []
    with tempfile.TemporaryDirectory(prefix="sf-release-") as scratch:
        # Of different lengths: what is as long moves nothing.
        for name in ("one", "another-one"):
            made.append(build_in(Path(scratch) / name, version, target, profile, programs))
        for path in sorted(made[0].iterdir()):
            other = made[1] / path.name
            if path.read_bytes() != other.read_bytes():
                # Kept, for whoever looks for the reason.
                kept = ROOT / "target" / "not-reproducible"
                shutil.rmtree(kept, ignore_errors=True)
                for folder in made:
                    shutil.copytree(folder, kept / folder.parent.name)
                raise Refused(f"{path.name} is not the same twice: see {kept}")
        return [f"{path.name}: {pack.sha256(path)} twice" for path in sorted(made[0].iterdir())]


def build_in(home, version, target, profile, programs):
    checkout, cargo = home / "checkout", home / "cargo"
    checkout.mkdir(parents=True)
    # What is committed.
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE)
    if archive.returncode != 0:
        raise Refused("git archive failed")
    subprocess.run(["tar", "-x"], cwd=checkout, input=archive.stdout, check=True)
    # What cargo has downloaded, without what it has unpacked of that.
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
    # Two gigabytes that nobody needs any more.
    shutil.rmtree(home / "built")
    return home / "zips"
