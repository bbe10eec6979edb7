"""Creates the files for registries: zip files, checksums, a manifest, a signature. The result is reproducible.

Registries require these names: terraform-provider-NAME_VERSION_OS_ARCH.zip, _SHA256SUMS (of the zip files and the
manifest), _SHA256SUMS.sig (a detached binary signature) and _manifest.json. The emulator is not published to registries:
its zip files have other names and separate checksums.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import time
import zipfile

from releasing.project import EMULATOR, PROVIDER, ROOT, ReleaseError, time_of_the_commit

INCLUDED = ["CHANGELOG.md", "LICENSE", "README.md"]
MANIFEST = ROOT / "terraform-registry-manifest.json"


def zip_name(program, version, target):
    return f"{program}_{version}_{target.name}.zip"


def name_inside(program, version, target):
    """The file name in the zip file. Terraform requires the version in the name of a provider."""
    return f"{program}_v{version}{target.ending}" if program == PROVIDER else f"{program}{target.ending}"


def pack(program, binary, version, target, folder):
    """Writes the zip file of one program."""
    check_version_of(program, binary, version)
    folder.mkdir(parents=True, exist_ok=True)
    goal = folder / zip_name(program, version, target)
    members = {name: ((ROOT / name).read_bytes(), 0o644) for name in INCLUDED}
    members[name_inside(program, version, target)] = (binary.read_bytes(), 0o755)
    # Zip timestamps start in 1980 and have even seconds only.
    moment = time.gmtime(max(time_of_the_commit(), 315532800))[:6]
    with zipfile.ZipFile(goal, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, (content, mode) in sorted(members.items()):
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Always marked as created on Unix. Otherwise the file mode is ignored.
            entry.create_system = 3
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, content)
    return goal


def check_version_of(program, binary, version):
    """Checks the version in the binary, which works for binaries that cannot be started on this machine."""
    if program == PROVIDER and f"{program} {version}\n".encode() not in binary.read_bytes():
        raise ReleaseError(f"{binary} does not have the version {version}")


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hashes(path):
    """The hashes for lock files: zh: of the zip file, h1: of its contents."""
    lines = []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            lines.append(f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}\n")
    content = hashlib.sha256("".join(lines).encode()).digest()
    return [f"h1:{base64.b64encode(content).decode()}", f"zh:{sha256(path)}"]


def zips(program, version, folder):
    return sorted(folder.glob(f"{program}_{version}_*.zip"))


def sums(version, folder, key=None):
    """Writes the manifest and the checksums of all zip files in the directory, and signs them. Returns the files."""
    if not zips(PROVIDER, version, folder):
        raise ReleaseError(f"{folder} has no {PROVIDER}_{version}_*.zip")
    manifest = folder / f"{PROVIDER}_{version}_manifest.json"
    shutil.copyfile(MANIFEST, manifest)
    made = [manifest]
    for program, more in ((PROVIDER, [manifest]), (EMULATOR, [])):
        listed = [*zips(program, version, folder), *more]
        if not listed:
            continue
        goal = folder / f"{program}_{version}_SHA256SUMS"
        text = "".join(f"{sha256(path)}  {path.name}\n" for path in sorted(listed))
        goal.write_bytes(text.encode())
        made.append(goal)
        # A signature of an earlier run would not match.
        signature = goal.with_name(f"{goal.name}.sig")
        signature.unlink(missing_ok=True)
        if key:
            sign(goal, signature, key)
            made.append(signature)
    return made


def sign(path, signature, key):
    """A detached binary signature, as registries require. SIGN_PASSPHRASE is the passphrase for non-interactive use."""
    passphrase = os.environ.get("SIGN_PASSPHRASE")
    asked = ["--batch", "--pinentry-mode", "loopback", "--passphrase-fd", "0"] if passphrase else []
    command = ["gpg", "--yes", *asked, "--local-user", key, "--output", str(signature), "--detach-sign", str(path)]
    try:
        done = subprocess.run(command, input=passphrase.encode() if passphrase else None)
    except FileNotFoundError:
        raise ReleaseError("gpg is not installed. It is required to sign the checksums")
    if done.returncode != 0:
        raise ReleaseError(f"gpg could not sign with the key {key}, see above")
