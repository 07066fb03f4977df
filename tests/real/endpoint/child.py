"""A child that says which signals reach it, one line each, and ends with 7 at the first SIGTERM or the second SIGINT."""
import os
import signal
import sys
import time

interrupts = 0


def tell(number, _frame):
    global interrupts
    size = " %dx%d" % os.get_terminal_size(0) if number == signal.SIGWINCH else ""
    os.write(2, b"got %s%s\r\n" % (signal.Signals(number).name.encode(), size.encode()))
    interrupts += number == signal.SIGINT
    if number == signal.SIGTERM or interrupts == 2:
        sys.exit(7)


for name in ["INT", "QUIT", "TERM", "HUP", "USR1", "USR2", "WINCH", "CONT", "ALRM"] + sys.argv[1:]:
    if signal.getsignal(getattr(signal, "SIG" + name)) != signal.SIG_IGN:
        signal.signal(getattr(signal, "SIG" + name), tell)
os.write(2, b"ready %d\r\n" % os.getpid())
while True:
    time.sleep(0.05)
