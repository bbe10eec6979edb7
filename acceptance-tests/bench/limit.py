"""The limit: the same files in one deploy, by a simple jsforce script."""

import json
import os
import subprocess
from pathlib import Path

from bench import processes

HERE = Path(__file__).resolve().parent


class CannotDeploy(Exception):
    """An error that is printed without a stack trace."""


def installed():
    """The folder of jsforce; installs it if it is missing."""
    done = subprocess.run([HERE.parent / "clients" / "install"], stdout=subprocess.PIPE)
    if done.returncode:
        raise CannotDeploy("there is no jsforce (see above)")
    return Path(json.loads(done.stdout)["jsforce"], "node_modules")


def deploy_once(org, n, root, what="apps"):
    """The complete script with node's start and a login, as the other figures include Terraform's start and login."""
    environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(installed()), "HOME": str(root), **org.environment()}
    log = Path(root, "deploy-once")
    cost = processes.run(["node", HERE / "deploy_once.js", org.url, n, what], root, environment, log)
    if cost.status:
        raise CannotDeploy(f"the deploy by jsforce failed: {log.read_text()[-2000:]}")
    return cost
