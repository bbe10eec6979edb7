"""Version, commit and addresses of the project, independent of the platform."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROVIDER = "terraform-provider-salesforce"
EMULATOR = "salesforce-emulator"
# Terraform and OpenTofu use their own registry for a source without a host name.
SOURCE = "salesforce-community/salesforce"
REGISTRIES = ["registry.terraform.io", "registry.opentofu.org"]


class ReleaseError(Exception):
    """Reported to the user without a stack trace."""


def output(command, **how):
    done = subprocess.run(command, stdout=subprocess.PIPE, **how)
    if done.returncode != 0:
        raise ReleaseError(f"`{' '.join(command)}` failed")
    return done.stdout.decode()


def metadata(root=ROOT):
    return json.loads(output(["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"], cwd=root))


def version(root=ROOT):
    (found,) = [package["version"] for package in metadata(root)["packages"] if package["name"] == PROVIDER]
    return found


def check_version(wanted, root=ROOT):
    """Checks that the version of the release is that of Cargo.toml, which the binary reports."""
    written = version(root)
    if wanted != written:
        raise ReleaseError(
            f"this is version {written}, not {wanted}: write {wanted} into Cargo.toml ([workspace.package] version),\n"
            "run `cargo check --workspace` to update Cargo.lock, update CHANGELOG.md, and commit."
        )


def check_committed():
    changed = output(["git", "status", "--porcelain"], cwd=ROOT)
    if changed:
        raise ReleaseError(f"commit these changes first, or use --uncommitted for a test:\n{changed}")


def time_of_the_commit():
    """The timestamp of all release files, in seconds since 1970: SOURCE_DATE_EPOCH, or the time of the commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or output(["git", "log", "-1", "--format=%ct"], cwd=ROOT))
