"""From zips to a mirror, for those who install without a registry.

One folder is both kinds: Terraform and OpenTofu read it from a disk (`filesystem_mirror`), or any web server serves it as it is
(`network_mirror`), for the files that the protocol asks for are in it.
"""

import json
import shutil

from releasing import pack
from releasing.project import PROVIDER, REGISTRIES, SOURCE, Refused
from releasing.targets import ALL


def write(version, zips, folder):
    """Adds this version to the mirror; the versions that are in it stay. Gives the folders of the provider."""
    there = {target: zips / pack.zip_name(PROVIDER, version, target) for target in ALL}
    there = {target: path for target, path in there.items() if path.is_file()}
    if not there:
        raise Refused(f"no {PROVIDER}_{version}_*.zip is in {zips}")
    return [write_one(version, there, folder / registry / SOURCE) for registry in REGISTRIES]


def write_one(version, zips, home):
    home.mkdir(parents=True, exist_ok=True)
    archives = {}
    for target, path in zips.items():
        shutil.copyfile(path, home / path.name)
        archives[target.name] = {"url": path.name, "hashes": pack.hashes(path)}
    write_json(home / f"{version}.json", {"archives": archives})
    # Last: whoever reads it finds what it names.
    index = home / "index.json"
    versions = json.loads(index.read_text())["versions"] if index.exists() else {}
    write_json(index, {"versions": {**versions, version: {}}})
    return home


def write_json(path, value):
    path.write_bytes((json.dumps(value, indent=2, sort_keys=True) + "\n").encode())
