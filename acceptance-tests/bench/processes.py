"""One command and its cost: wall time, and CPU and peak memory of itself and of its child processes.

CPU is measured by the kernel. A command that has exited and was not reaped yet (WNOWAIT) still has its
/proc/<pid>/stat: utime and stime are its own, cutime and cstime those of its exited children, which for Terraform are
the provider's processes, even those that live for a few milliseconds. The four values are in ticks, mostly of 10 ms and
rounded down; the total from wait4 is exact, and corrects them.

Memory: that of the command from wait4, which is the maximum of the command and its children (Terraform is larger than a
provider); that of the children by polling VmHWM, a peak, every 20 ms, so only the growth in the last 20 ms is missed. A
child that is not yet the provider (between fork and exec) has Terraform's memory and is omitted.

Linux only. For Terraform, start the program that uses the CPU: the launcher of scripts/fetch-terraform becomes a Python
process that loads Terraform as a library, and a `python3` on PATH may be a shell script of pyenv (see terraform.py).
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
    """Runs a command; its output goes to the file `log`."""
    with open(log, "wb") as output:
        started = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], cwd=folder, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    watch = Watch(process.pid)
    watch.start()
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    except BaseException:
        # Interrupted: no started process continues. Terraform stops its providers.
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
    # Each pair of ticks hides up to two of them.
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
        unrelated = set()
        try:
            program = os.readlink(f"/proc/{self.parent}/exe")
        except OSError:
            # It has already exited.
            return
        while not self.over.wait(LOOK):
            for pid in os.listdir("/proc"):
                if not pid.isdigit() or pid in unrelated:
                    continue
                try:
                    if pid not in self.children:
                        (self.children if ticks(pid)[1] == self.parent else unrelated).add(pid)
                    if pid in self.children and os.readlink(f"/proc/{pid}/exe") != program:
                        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
                        # A process that has exited has none.
                        self.memory = max(self.memory, int(peak[1]) / 1024 if peak else 0.0)
                except (OSError, IndexError):
                    pass
