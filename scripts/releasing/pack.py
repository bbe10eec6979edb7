"""From programs to what registries want: zips, checksums, a manifest, a signature. Equal programs give equal bytes.

Registries read the names: terraform-provider-NAME_VERSION_OS_ARCH.zip, and beside the zips _SHA256SUMS (the zips and the
manifest), _SHA256SUMS.sig (a detached signature, binary) and _manifest.json. The emulator is none of a registry's
business: its zips are called otherwise and have checksums of their own.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import time
import zipfile

from releasing.project import EMULATOR, PROVIDER, ROOT, Refused, time_of_the_commit

BESIDE = ["CHANGELOG.md", "LICENSE", "README.md"]
MANIFEST = ROOT / "terraform-registry-manifest.json"


def zip_name(program, version, target):
    return f"{program}_{version}_{target.name}.zip"


def name_inside(program, version, target):
    """Terraform finds a provider by its name and version, people find the emulator by its name."""
    return f"{program}_v{version}{target.ending}" if program == PROVIDER else f"{program}{target.ending}"


def pack(program, binary, version, target, folder):
    """Writes the zip of one program."""
    check_said_version(program, binary, version)
    folder.mkdir(parents=True, exist_ok=True)
    goal = folder / zip_name(program, version, target)
    members = {name: ((ROOT / name).read_bytes(), 0o644) for name in BESIDE}
    members[name_inside(program, version, target)] = (binary.read_bytes(), 0o755)
    # Zips know no time before 1980, and no odd second.
    moment = time.gmtime(max(time_of_the_commit(), 315532800))[:6]
    with zipfile.ZipFile(goal, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, (content, mode) in sorted(members.items()):
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Written by a Unix, wherever this runs: only then the mode counts.
            entry.create_system = 3
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, content)
    return goal


def check_said_version(program, binary, version):
    """What `-version` would print is in the binary as one text. Also known where it cannot be started."""
    if program == PROVIDER and f"{program} {version}\n".encode() not in binary.read_bytes():
        raise Refused(f"{binary} does not call itself {version}")


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hashes(path):
    """As lock files have them: zh: of the zip, h1: of what is in it, which an unpacked provider has too."""
    lines = []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            lines.append(f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}\n")
    content = hashlib.sha256("".join(lines).encode()).digest()
    return [f"h1:{base64.b64encode(content).decode()}", f"zh:{sha256(path)}"]


def zips(program, version, folder):
    return sorted(folder.glob(f"{program}_{version}_*.zip"))


def sums(version, folder, key=None):
    """Writes manifest and checksums of all zips in the folder, and signs them with the key. Gives the files."""
    if not zips(PROVIDER, version, folder):
        raise Refused(f"no {PROVIDER}_{version}_*.zip is in {folder}")
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
        # One of an earlier run would be another file's.
        signature = goal.with_name(f"{goal.name}.sig")
        signature.unlink(missing_ok=True)
        if key:
            sign(goal, signature, key)
            made.append(signature)
    return made


def sign(path, signature, key):
    """A detached signature, not in ASCII: that is what registries read. SIGN_PASSPHRASE opens the key where nobody can be asked."""
    passphrase = os.environ.get("SIGN_PASSPHRASE")
    asked = ["--batch", "--pinentry-mode", "loopback", "--passphrase-fd", "0"] if passphrase else []
    command = ["gpg", "--yes", *asked, "--local-user", key, "--output", str(signature), "--detach-sign", str(path)]
    try:
        done = subprocess.run(command, input=passphrase.encode() if passphrase else None)
    except FileNotFoundError:
        raise Refused("gpg is not here, and signs the checksums")
    if done.returncode != 0:
        raise Refused(f"gpg does not sign with the key {key}: its words are above")
