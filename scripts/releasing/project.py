"""What stands in the repository: its version, its commit, its addresses. Not here: anything about a platform."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROVIDER = "terraform-provider-salesforce"
EMULATOR = "salesforce-emulator"
# A source without a registry is of the registry of the program that reads it.
SOURCE = "salesforce-community/salesforce"
REGISTRIES = ["registry.terraform.io", "registry.opentofu.org"]


class Refused(Exception):
    """Said to the user without a stack trace."""


def output(command, **how):
    done = subprocess.run(command, stdout=subprocess.PIPE, **how)
    if done.returncode != 0:
        raise Refused(f"`{' '.join(command)}` failed")
    return done.stdout.decode()


def metadata(root=ROOT):
    return json.loads(output(["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"], cwd=root))


def version(root=ROOT):
    (found,) = [package["version"] for package in metadata(root)["packages"] if package["name"] == PROVIDER]
    return found


def check_version(wanted, root=ROOT):
    """The binary says the version of Cargo.toml: the release must be the same."""
    written = version(root)
    if wanted != written:
        raise Refused(
            f"this is version {written}, not {wanted}: write {wanted} into Cargo.toml ([workspace.package] version),\n"
            "let `cargo check --workspace` write it into Cargo.lock, say in CHANGELOG.md what is new, and commit."
        )


def check_committed():
    changed = output(["git", "status", "--porcelain"], cwd=ROOT)
    if changed:
        raise Refused(f"a release is of a commit, and this is not committed:\n{changed}Or try it with --uncommitted.")


def time_of_the_commit():
    """Seconds since 1970 that stand for now in everything that is made; SOURCE_DATE_EPOCH where it is set."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or output(["git", "log", "-1", "--format=%ct"], cwd=ROOT))
