"""An emulated org with the response times of a real one, and the calls that it received."""

import json
import re
import subprocess
import tempfile
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bench.processes import own_cpu

# Seconds.
QUEUE, DEPLOY, RETRIEVE, CALL = 0.2, 2.0, 0.5, 0.02
# The seed of the random times of `--pace real`: the same in each run.
SEED = 1
# The elements that differ between two orgs with the same files.
OF_THE_ORG = ("consumerKey", "consumerSecret", "oauthLink", "orgScopedExternalApp")


@dataclass
class Asked:
    deploys: int
    retrieves: int
    calls: int
    cpu: float
    cancels: int


class Org:
    def __init__(self, program, root, delays=True, real_pace=False):
        """`real_pace`: queue 0 to 10 s, deploys 2 to 20 s, retrieves 0.5 to 5 s, lists that lag behind."""
        self.folder = Path(tempfile.mkdtemp(dir=root, prefix="org-"))
        times = {"--queue-ms": QUEUE, "--deploy-ms": DEPLOY, "--retrieve-ms": RETRIEVE, "--call-ms": CALL}
        flags = [part for flag, seconds in times.items() for part in (flag, str(int(seconds * 1000)))]
        if real_pace:
            flags += ["--pace", "real", "--seed", str(SEED)]
        self.process = subprocess.Popen([program, "--port", "0", "--credentials", self.folder, *(flags if delays else [])],
                                        stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("ready "):
                self.url = json.loads(line[len("ready "):])["url"]
                break
        else:
            raise RuntimeError("the emulator did not start")
        # Read to the end: a full pipe would block it.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.cpu = own_cpu(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def environment(self, file="credentials.env"):
        """The credentials."""
        return dict(re.findall(r"^(?:export )?([A-Z_]+)=['\"]?(.*?)['\"]?$", (self.folder / file).read_text(), re.M))

    def admin(self, method, path):
        request = urllib.request.Request(f"{self.url}/emulator{path}", method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def asked(self):
        """The calls since the last query."""
        journal = self.admin("GET", "/journal")
        self.admin("DELETE", "/journal")
        of = lambda operation: sum(call["operation"] == operation for call in journal)
        before, self.cpu = self.cpu, own_cpu(self.process.pid)
        return Asked(of("deploy"), of("retrieve"), len(journal), self.cpu - before, of("cancelDeploy"))

    def components(self):
        """type → name → fields, without the elements that differ between orgs."""
        plain = lambda fields: {name: value for name, value in fields.items() if name not in OF_THE_ORG}
        return {kind: {name: plain(fields) for name, fields in named.items()}
                for kind, named in self.admin("GET", "/components").items()}
