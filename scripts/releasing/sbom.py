"""What a release is made of, as CycloneDX: a file beside the zips for each program, with every crate of every target.

cargo-cyclonedx writes it. What it takes from the clock, from chance and from this machine is put right here, so that equal
sources give equal files.
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
from releasing.project import EMULATOR, PROVIDER, ROOT, Refused, time_of_the_commit

TOOL = "cargo-cyclonedx"
VERSION = "0.5.7"
# Where a program's Cargo.toml is.
FOLDERS = {PROVIDER: ".", EMULATOR: "acceptance-tests/emulator"}


def write(version, folder, programs):
    """Writes the files, and gives their paths."""
    tool = with_tool()
    written = []
    with tempfile.TemporaryDirectory(prefix="sf-sbom-") as scratch:
        checkout = Path(scratch).resolve() / "checkout"
        checkout.mkdir()
        # It writes beside each Cargo.toml.
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "-x"], cwd=checkout, input=archive.stdout, check=True)
        words = ["cyclonedx", "--quiet", "--format", "json", "--spec-version", "1.5", "--target", "all"]
        run([str(tool), *words, "--override-filename", "sbom"], checkout, os.environ)
        for program in programs:
            told = json.loads((checkout / FOLDERS[program] / "sbom.json").read_text())
            path = folder / f"{program}_{version}_sbom.cdx.json"
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(tidied(told, checkout), indent=2) + "\n")
            written.append(path)
    return written


def with_tool():
    tool = ROOT / ".tools" / "bin" / (TOOL + (".exe" if os.name == "nt" else ""))
    said = subprocess.run([str(tool), "cyclonedx", "--version"], stdout=subprocess.PIPE).stdout.decode() if tool.is_file() else ""
    if VERSION not in said.split():
        print(f"Building {TOOL} {VERSION} (once, two minutes) ...", file=sys.stderr, flush=True)
        built = str(ROOT / ".tools" / f"{TOOL}-target")
        words = ["install", "--debug", "--locked", "--quiet", "--root", str(ROOT / ".tools"), "--target-dir", built]
        run(["cargo", *words, "--version", VERSION, TOOL], ROOT, os.environ)
    return tool


def tidied(told, checkout):
    """The same in every place and at every time."""
    text = json.dumps(told).replace(f"path+file://{checkout}", "path+file://")
    if str(checkout) in text:
        raise Refused("the bill of materials tells a path of this machine")
    told = json.loads(text)
    check(told)
    told.pop("serialNumber", None)
    moment = datetime.datetime.fromtimestamp(time_of_the_commit(), datetime.timezone.utc)
    told["metadata"]["timestamp"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    told["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(told, sort_keys=True))}"
    return told


def check(told):
    """Refuses a bill in which a crate has another version than Cargo.lock, or another checksum."""
    locked = {}
    for package in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]:
        locked[(package["name"], package["version"])] = package.get("checksum")
    for component in told["components"]:
        key = (component["name"], component["version"])
        sums = [entry["content"] for entry in component.get("hashes", []) if entry["alg"] == "SHA-256"]
        if key not in locked or (locked[key] and sums != [locked[key]]):
            raise Refused(f"the bill of materials has {' '.join(key)}, and Cargo.lock does not, or with another checksum")
    # Every program talks TLS, so the bill has read the whole tree and not the first level of it.
    if not any(component["name"] == "ring" for component in told["components"]):
        raise Refused("the bill of materials lacks crates")
