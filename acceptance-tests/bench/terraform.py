"""Terraform in a separate directory, with the provider or with one that does nothing."""

import json
import os
import re
import sys
import tempfile
from pathlib import Path

from bench import processes

SOURCE = "registry.terraform.io/salesforce-community/salesforce"


def command(terraform):
    """The program to start for `terraform`: not the launcher of scripts/fetch-terraform, whose own processes would count
    as providers."""
    library = Path(terraform).resolve().parent / "terraform.py"
    return [sys.executable, "-I", "-S", library] if library.is_file() else [terraform]


class Workspace:
    def __init__(self, root, terraform, provider, environment):
        """`environment`: the credentials and other variables of the provider."""
        self.folder = Path(tempfile.mkdtemp(dir=root, prefix="tf-"))
        self.command = command(terraform)
        bin = self.folder / "bin"
        bin.mkdir()
        (bin / "terraform-provider-salesforce").symlink_to(provider)
        settings = self.folder / "terraform.tfrc"
        settings.write_text(
            f'provider_installation {{\n  dev_overrides {{ "{SOURCE}" = "{bin}" }}\n  direct {{}}\n}}\n')
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "CHECKPOINT_DISABLE": "1",
                            "TMPDIR": str(self.folder), "TF_CLI_CONFIG_FILE": str(settings), "TF_INPUT": "0",
                            **environment}

    def configure(self, text):
        (self.folder / "main.tf").write_text(text)

    def run(self, *arguments, may_fail=False):
        cost = processes.run([*self.command, *arguments], self.folder, self.environment, self.folder / "output")
        if cost.status and not may_fail:
            raise RuntimeError(f"terraform {' '.join(arguments)} failed:\n{self.output()[-3000:]}")
        return cost

    def output(self):
        return (self.folder / "output").read_text(errors="replace")

    def failed(self):
        """The addresses of errors in the output of the last command."""
        return set(re.findall(r"^Error: .*\n\n  with ([^,\n]+),$", self.output(), re.M))

    def resources(self):
        """The number of resource instances in the state."""
        state = json.loads((self.folder / "terraform.tfstate").read_text())
        return sum(len(resource["instances"]) for resource in state["resources"])


def verb(name, parallelism):
    """The arguments of a command without prompts."""
    arguments = {"refresh": ["apply", "-refresh-only"], "update": ["apply"]}.get(name, [name])
    confirmed = [] if name == "plan" else ["-auto-approve"]
    return [*arguments, "-no-color", "-input=false", f"-parallelism={parallelism}", *confirmed]
