"""Creates a mirror from zip files, for installations without a registry.

The directory works as a filesystem mirror and, served by any web server, as a network mirror, because it contains the files of the
network mirror protocol.
"""

import json
import shutil

from releasing import pack
from releasing.project import PROVIDER, REGISTRIES, SOURCE, ReleaseError
from releasing.targets import ALL


def write(version, zips, folder):
    """Adds this version to the mirror and keeps existing versions. Returns the directories of the provider."""
    there = {target: zips / pack.zip_name(PROVIDER, version, target) for target in ALL}
    there = {target: path for target, path in there.items() if path.is_file()}
    if not there:
        raise ReleaseError(f"{zips} has no {PROVIDER}_{version}_*.zip")
    return [write_one(version, there, folder / registry / SOURCE) for registry in REGISTRIES]


def write_one(version, zips, home):
    home.mkdir(parents=True, exist_ok=True)
    archives = {}
    for target, path in zips.items():
        shutil.copyfile(path, home / path.name)
        archives[target.name] = {"url": path.name, "hashes": pack.hashes(path)}
    write_json(home / f"{version}.json", {"archives": archives})
    # Written last, so that readers find the files that it references.
    index = home / "index.json"
    versions = json.loads(index.read_text())["versions"] if index.exists() else {}
    write_json(index, {"versions": {**versions, version: {}}})
    return home


def write_json(path, value):
    path.write_bytes((json.dumps(value, indent=2, sort_keys=True) + "\n").encode())
