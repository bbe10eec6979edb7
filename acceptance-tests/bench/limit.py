"""The lower limit: one deploy of the same files by a script with jsforce."""

import json
import os
import subprocess
from pathlib import Path

from bench import processes

HERE = Path(__file__).resolve().parent


class CannotDeploy(Exception):
    """Reported without a stack trace."""


def installed():
    """The directory of jsforce. Installs it if necessary."""
    done = subprocess.run([HERE.parent / "clients" / "install"], stdout=subprocess.PIPE)
    if done.returncode:
        raise CannotDeploy("jsforce could not be installed, see above")
    return Path(json.loads(done.stdout)["jsforce"], "node_modules")


def deploy_once(org, n, root, what="apps"):
    """Runs the script. The cost includes the start of node and the login, as for Terraform."""
    environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(installed()), "HOME": str(root), **org.environment()}
    log = Path(root, "deploy-once")
    cost = processes.run(["node", HERE / "deploy_once.js", org.url, n, what], root, environment, log)
    if cost.status:
        raise CannotDeploy(f"the deploy by jsforce failed: {log.read_text()[-2000:]}")
    return cost
