"""Drives an interactive bash through a pseudo-terminal; every step must look the same with and without the driver.

jobs.py PYTHON CHILD [DRIVER WORDS…]
"""
import os
import signal
import sys
import time

import pexpect

python, child, prefix = sys.argv[1], sys.argv[2], " ".join(sys.argv[3:])
shell = pexpect.spawn(
    "bash", ["--norc", "--noprofile", "-i"], env={"PS1": "PROMPT> ", "PATH": "/usr/bin:/bin", "TERM": "dumb", "HOME": "/nonexistent"},
    encoding="utf-8", timeout=15, dimensions=(24, 80),
)
PROMPT = "PROMPT> "


def run(line):
    shell.sendline(line)
    shell.expect_exact("\n")


def status(wanted):
    shell.expect_exact(PROMPT)
    run("echo status=$?")
    shell.expect(r"status=(\d+)")
    assert shell.match.group(1) == str(wanted), (shell.match.group(1), wanted)
    shell.expect_exact(PROMPT)


def nothing_more(text):
    """The text does not come again before the next thing that is known to come."""
    assert text not in shell.before, shell.before


def line(pid, name):
    with open(f"/proc/{pid}/status") as lines:
        return next(line.split()[1] for line in lines if line.startswith(name + ":"))


def state(pid):
    return line(pid, "State")


def switches(pid):
    return int(line(pid, "voluntary_ctxt_switches")) + int(line(pid, "nonvoluntary_ctxt_switches"))


def until(holds):
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end, "too late"
        time.sleep(0.01)


command = f"{prefix} {python} {child}".strip()
shell.expect_exact(PROMPT)

# Ctrl-C reaches the child once; a second one ends it with its own code.
run(command)
shell.expect(r"ready \d+")
shell.sendintr()
shell.expect_exact("got SIGINT")
shell.setwinsize(30, 100)
shell.expect_exact("got SIGWINCH 100x30")
nothing_more("got SIGINT")
shell.sendcontrol("\\")
shell.expect_exact("got SIGQUIT")
nothing_more("got SIGWINCH")
shell.sendintr()
shell.expect_exact("got SIGINT")
status(7)

# Ctrl-Z gives the prompt back; fg continues; bg and fg too; the job is one job.
run(command)
shell.expect(r"ready \d+")
shell.sendcontrol("z")
shell.expect("Stopped")
shell.expect_exact(PROMPT)
run("jobs")
shell.expect("Stopped")
shell.expect_exact(PROMPT)
run("fg")
shell.expect_exact("got SIGCONT")
shell.sendcontrol("z")
shell.expect("Stopped")
nothing_more("got SIGCONT")
shell.expect_exact(PROMPT)
run("bg")
shell.expect_exact("got SIGCONT")
run("")
shell.expect_exact(PROMPT)
run("kill -TERM %1; wait %1")
shell.expect_exact("got SIGTERM")
status(7)

# The same Ctrl-Z before the driver has woken from its own stop: both stay stopped, nobody continues the child.
if prefix:
    run(command)
    shell.expect(r"ready (\d+)")
    stopped = int(shell.match.group(1))
    shell.sendcontrol("z")
    shell.expect("Stopped")
    shell.expect_exact(PROMPT)
    run("jobs -p")
    shell.expect(r"(\d+)")
    driver = int(shell.match.group(1))
    shell.expect_exact(PROMPT)
    os.kill(stopped, signal.SIGCONT)
    shell.expect_exact("got SIGCONT")
    os.kill(stopped, signal.SIGSTOP)
    before = switches(driver)
    os.kill(driver, signal.SIGCONT)
    until(lambda: switches(driver) > before and state(driver) == "T")
    assert state(stopped) == "T", state(stopped)
    run("jobs")
    shell.expect("Stopped")
    nothing_more("got SIGCONT")
    shell.expect_exact(PROMPT)
    # Killed from here while the shell waits for a line. bash 5.2 forgets a child that ends just after `kill -KILL %1`: strace shows
    # its SIGCHLD handler return without wait4, and the zombie stays for as long as nothing else runs.
    os.killpg(driver, signal.SIGKILL)
    until(lambda: not os.path.exists(f"/proc/{driver}"))
    run("")
    shell.expect_exact(PROMPT)

# A child that keeps Ctrl-Z for itself is not stopped behind its back.
run(f"{command} TSTP")
shell.expect(r"ready \d+")
shell.sendcontrol("z")
shell.expect_exact("got SIGTSTP")
shell.sendintr()
shell.expect_exact("got SIGINT")
shell.sendintr()
status(7)

# Stopped by itself, as an editor does.
run(f"{prefix} sh -c 'kill -STOP $$; echo went on'")
shell.expect("Stopped")
shell.expect_exact(PROMPT)
run("fg")
shell.expect_exact("went on")
status(0)

# Reading the terminal from the background stops the job; in the foreground it reads.
run(f"{prefix} sh -c 'read line; echo read=$line' &")
shell.expect_exact(PROMPT)
while True:  # ask until the shell has noticed
    run("jobs; echo asked")
    shell.expect_exact("asked")
    stopped = "Stopped" in shell.before
    shell.expect_exact(PROMPT)
    if stopped:
        break
run("fg")
shell.sendline("hello")
shell.expect_exact("read=hello")
status(0)

# A pipeline stays one job: the pager may read the terminal.
run(f"{prefix} sh -c 'echo data' | sh -c 'cat; read line </dev/tty; echo pager=$line'")
shell.expect_exact("data")
shell.sendline("more")
shell.expect_exact("pager=more")
status(0)

# A shell inside has job control of its own.
run(f"{prefix} bash --norc --noprofile -i")
shell.expect_exact(PROMPT)
run(f"{python} {child}")
shell.expect(r"ready \d+")
shell.sendcontrol("z")
shell.expect("Stopped")
shell.expect_exact(PROMPT)
run("fg")
shell.expect_exact("got SIGCONT")
shell.sendintr()
shell.expect_exact("got SIGINT")
shell.sendintr()
status(7)
run("exit 3")
status(3)

# Killed by a signal.
run(f"{prefix} sh -c 'kill -KILL $$'")
status(137)
run("exit 0")
shell.expect(pexpect.EOF)
print("all steps passed")
