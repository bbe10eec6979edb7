"""Starts the packed programs: the provider until it returns its schema, and the emulator until it responds.

Uses qemu-user for other Linux architectures and wine for Windows. macOS binaries require macOS.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path

from releasing import build, pack
from releasing.project import EMULATOR, PROVIDER, ROOT, ReleaseError
from releasing.targets import this_machine

sys.path.insert(0, str(ROOT / "acceptance-tests"))
from bench.plugin import Plugin  # noqa: E402

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
# Names that the schema must contain.
IN_THE_SCHEMA = [b"salesforce_oauth_client", b"salesforce_external_client_app_policies"]


class NotHere(Exception):
    """The reason why a program cannot be started on this machine."""


def launcher(target):
    """The command prefix and the environment variables to start a program of this target."""
    os_here, arch_here = this_machine()
    if (target.os, target.arch) == (os_here, arch_here):
        return [], {}
    if target.os == "darwin" == os_here and target.arch == "amd64":
        return ["arch", "-x86_64"], {}
    if target.os == "linux" == os_here:
        for name in (f"qemu-{MACHINES[target.arch]}-static", f"qemu-{MACHINES[target.arch]}"):
            if shutil.which(name):
                return [shutil.which(name)], {}
        raise NotHere("qemu-user is not installed (Debian: qemu-user-static)")
    if target.os == "windows" and target.arch == arch_here and os_here == "linux":
        for name in ("wine64", "wine"):
            if shutil.which(name):
                prefix = ROOT / ".tools" / "wine"
                prefix.mkdir(parents=True, exist_ok=True)
                passed = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
                own = {"WINEPREFIX": str(prefix), "WINEDEBUG": "-all", "WINEDLLOVERRIDES": "bcryptprimitives=n,b"}
                return [shutil.which(name)], {**passed, **own}
        raise NotHere("wine is not installed (Debian: wine64)")
    raise NotHere(f"{target.os} on {target.arch} does not run on {os_here} on {arch_here}")


def start(version, target, folder, must=False):
    """Starts the programs of this target. Returns the results as sentences."""
    try:
        words, environment = launcher(target)
    except NotHere as reason:
        if must:
            raise ReleaseError(f"{target.name} cannot be started: {reason}")
        return [f"not started: {reason}"]
    by = f" by {Path(words[0]).name}" if words else ""
    results = []
    with tempfile.TemporaryDirectory(prefix="sf-start-") as scratch:
        if words and target.os == "windows":
            shutil.copy2(library_for_wine(), scratch)
        for program, check in ((PROVIDER, check_provider), (EMULATOR, check_emulator)):
            archive = folder / pack.zip_name(program, version, target)
            if archive.is_file():
                path = unpack(archive, pack.name_inside(program, version, target), Path(scratch))
                results.append(check(path, words, environment, version) + by)
    return results


def library_for_wine():
    """Creates the parts of Windows that Debian's wine does not have."""
    library = ROOT / ".tools" / "wine" / "bcryptprimitives.dll"
    if not library.is_file():
        source = Path(__file__).with_name("bcryptprimitives.c")
        environment = build.with_zig(os.environ)
        command = [*build.ZIG, "cc", "-target", "x86_64-windows-gnu", "-O2", "-shared", "-nostdlib"]
        build.run([*command, "-o", str(library), str(source), "-ladvapi32"], ROOT, environment)
    return library


def unpack(archive, name, folder):
    with zipfile.ZipFile(archive) as opened:
        opened.extract(name, folder)
        # Python does not apply the file mode in the zip file.
        (folder / name).chmod((opened.getinfo(name).external_attr >> 16) & 0o777)
    return folder / name


def check_provider(path, words, environment, version):
    printed = subprocess.run(
        [*words, str(path), "-version"], env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    if printed.stdout.decode().split() != [PROVIDER, version]:
        raise ReleaseError(f"{path.name} -version printed {printed.stdout!r} {printed.stderr!r}, expected {version}")
    plugin = Plugin(str(path), True, words, environment)
    try:
        schema = plugin.get_schema()
    finally:
        plugin.end()
    for text in IN_THE_SCHEMA:
        if text not in schema:
            raise ReleaseError(f"{path.name}: the schema does not contain {text.decode()}")
    return f"provider: schema of {len(schema)} bytes after {plugin.schema * 1000:.0f} ms over {plugin.network}"


def check_emulator(path, words, environment, version):
    process = subprocess.Popen(
        [*words, str(path)], env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    try:
        for line in process.stdout:
            if line.startswith(b"ready "):
                url = json.loads(line[len("ready ") :])["url"]
                break
        else:
            raise ReleaseError(f"{path.name} exited without output")
        # A local connection, without a proxy.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{url}/emulator/org", timeout=60) as answer:
            json.load(answer)
    finally:
        process.kill()
        process.wait()
    return "emulator: answers"
