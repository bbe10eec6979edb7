"""Writes the software bill of materials (CycloneDX) of each program, with all crates of all targets.

cargo-cyclonedx creates it. This script replaces timestamps, random values and local paths, so that the result is
reproducible.
"""

import datetime
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import uuid
from pathlib import Path

from releasing.build import run
from releasing.project import EMULATOR, PROVIDER, ROOT, ReleaseError, time_of_the_commit

TOOL = "cargo-cyclonedx"
VERSION = "0.5.7"
# The directory of each program's Cargo.toml.
FOLDERS = {PROVIDER: ".", EMULATOR: "acceptance-tests/emulator"}


def write(version, folder, programs):
    """Writes the files and returns their paths."""
    tool = with_tool()
    written = []
    with tempfile.TemporaryDirectory(prefix="sf-sbom-") as scratch:
        checkout = Path(scratch).resolve() / "checkout"
        checkout.mkdir()
        # cargo-cyclonedx writes next to each Cargo.toml, so it runs in a copy of the repository.
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "-x"], cwd=checkout, input=archive.stdout, check=True)
        words = ["cyclonedx", "--quiet", "--format", "json", "--spec-version", "1.5", "--target", "all"]
        run([str(tool), *words, "--override-filename", "sbom"], checkout, os.environ)
        for program in programs:
            bom = json.loads((checkout / FOLDERS[program] / "sbom.json").read_text())
            path = folder / f"{program}_{version}_sbom.cdx.json"
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(tidied(bom, checkout), indent=2) + "\n")
            written.append(path)
    return written


def with_tool():
    tool = ROOT / ".tools" / "bin" / (TOOL + (".exe" if os.name == "nt" else ""))
    reported = subprocess.run([str(tool), "cyclonedx", "--version"], stdout=subprocess.PIPE).stdout.decode() if tool.is_file() else ""
    if VERSION not in reported.split():
        print(f"Building {TOOL} {VERSION} (once, two minutes) ...", file=sys.stderr, flush=True)
        built = str(ROOT / ".tools" / f"{TOOL}-target")
        words = ["install", "--debug", "--locked", "--quiet", "--root", str(ROOT / ".tools"), "--target-dir", built]
        run(["cargo", *words, "--version", VERSION, TOOL], ROOT, os.environ)
    return tool


def tidied(bom, checkout):
    """Removes everything that depends on the machine or the time."""
    text = json.dumps(bom).replace(f"path+file://{checkout}", "path+file://")
    if str(checkout) in text:
        raise ReleaseError("the bill of materials contains a local path")
    bom = json.loads(text)
    check(bom)
    bom.pop("serialNumber", None)
    moment = datetime.datetime.fromtimestamp(time_of_the_commit(), datetime.timezone.utc)
    bom["metadata"]["timestamp"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    bom["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bom, sort_keys=True))}"
    return bom


def check(bom):
    """Rejects a bill of materials with versions or checksums that differ from Cargo.lock."""
    locked = {}
    for package in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]:
        locked[(package["name"], package["version"])] = package.get("checksum")
    for component in bom["components"]:
        key = (component["name"], component["version"])
        sums = [entry["content"] for entry in component.get("hashes", []) if entry["alg"] == "SHA-256"]
        if key not in locked or (locked[key] and sums != [locked[key]]):
            raise ReleaseError(f"the bill of materials has {' '.join(key)}, which differs from Cargo.lock")
    # All programs use TLS. A list without ring is incomplete.
    if not any(component["name"] == "ring" for component in bom["components"]):
        raise ReleaseError("the bill of materials is incomplete")
