"""Runs a program on a pseudo-terminal and types the answers, each once its prompt stands there.

Question: {"words": [...], "environment": {...}, "folder": path, "dialogue": [[prompt, answer], ...], "ahead": text}.
`ahead` is typed before the program has started, as by somebody who has the wrong window.
Answer: {"code": ..., "text": everything that the terminal showed}.
"""

import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time

LIMIT = 60

question = json.load(sys.stdin)
process, terminal = pty.fork()
if process == 0:
    os.chdir(question["folder"])
    os.execvpe(question["words"][0], question["words"], question["environment"])

fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
os.write(terminal, question.get("ahead", "").encode())
shown, read, dialogue = "", 0, list(question["dialogue"])
end = time.monotonic() + LIMIT
while time.monotonic() < end:
    if not select.select([terminal], [], [], 0.2)[0]:
        continue
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    shown += piece.decode(errors="replace")
    if dialogue:
        # Only on the last line, or above the choices of a picker: an answered question is drawn once more, as `[hidden]`.
        found = re.search(re.escape(dialogue[0][0]) + r"(?!.*hidden)[^\n]*(?:\n[> ] [^\n]*)*\n?$", shown[read:])
        if found:
            read = len(shown)
            # The question stands there a moment before it listens: what is typed until then is thrown away.
            while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < end:
                time.sleep(0.005)
            os.write(terminal, dialogue.pop(0)[1].encode())
else:
    os.kill(process, 9)
_, status = os.waitpid(process, 0)
json.dump({"code": os.waitstatus_to_exitcode(status), "text": shown, "unanswered": dialogue}, sys.stdout)
