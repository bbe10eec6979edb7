"""Runs a command and measures its cost: wall time, and CPU time and peak memory of the command and its children.

CPU time is that of the kernel. A command that has exited and was not reaped (WNOWAIT) still has /proc/<pid>/stat: utime
and stime are those of the command, cutime and cstime those of its exited children, that is, the provider's
processes, including short-lived ones. These values are counted in ticks, usually of 10 ms, and rounded down. The total
from wait4 is exact and limits the error.

Memory of the command is from wait4, which returns the maximum of the command and its children; Terraform is larger than a
provider. Memory of the children is VmHWM, a peak, read every 20 ms, so growth in the last 20 ms is missed. A child
between fork and exec has Terraform's memory and is ignored.

Linux only. Do not use the launcher of scripts/fetch-terraform, which starts a Python that loads Terraform as a library:
a `python3` on the PATH may be a shell script of pyenv (see terraform.py).
"""

import os
import re
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
LOOK = 0.02


@dataclass
class Cost:
    status: int
    wall: float
    cpu: float
    memory: float
    children_cpu: float
    children_memory: float


def ticks(pid):
    """utime, stime, cutime and cstime of a process, in seconds, and its parent."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return [int(field) * TICK for field in fields[11:15]], int(fields[1])


def own_cpu(pid):
    (user, system, _, _), _ = ticks(pid)
    return user + system


def run(command, folder, environment, log):
    """Runs a command and writes its output to the file `log`."""
    with open(log, "wb") as output:
        started = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], cwd=folder, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    watch = Watch(process.pid)
    watch.start()
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    except BaseException:
        # Interrupted: stop Terraform, which stops its providers.
        process.terminate()
        process.wait()
        raise
    wall = time.monotonic() - started
    watch.over.set()
    (user, system, children_user, children_system), _ = ticks(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    watch.join()
    total = usage.ru_utime + usage.ru_stime
    # Each pair of values may be up to two ticks too low.
    least = max(children_user + children_system, total - (user + system) - 2 * TICK)
    most = min(children_user + children_system + 2 * TICK, total - (user + system))
    has_children = bool(watch.children) or children_user + children_system > 0
    children = max((least + most) / 2, 0.0) if has_children else 0.0
    return Cost(process.returncode, wall, total - children, usage.ru_maxrss / 1024, children, watch.memory)


class Watch(threading.Thread):
    """The largest peak memory among the children of a process, in MiB."""

    def __init__(self, parent):
        super().__init__(daemon=True)
        self.parent, self.children, self.memory, self.over = parent, set(), 0.0, threading.Event()

    def run(self):
        others = set()
        try:
            program = os.readlink(f"/proc/{self.parent}/exe")
        except OSError:
            # It has already exited.
            return
        while not self.over.wait(LOOK):
            for pid in os.listdir("/proc"):
                if not pid.isdigit() or pid in others:
                    continue
                try:
                    if pid not in self.children:
                        (self.children if ticks(pid)[1] == self.parent else others).add(pid)
                    if pid in self.children and os.readlink(f"/proc/{pid}/exe") != program:
                        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
                        # An exited process has no VmHWM.
                        self.memory = max(self.memory, int(peak[1]) / 1024 if peak else 0.0)
                except (OSError, IndexError):
                    pass
