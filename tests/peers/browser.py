"""browser.py dom|png|pdf FILE [dark]: what Chromium makes of a page, on standard output.

The browser has a profile of its own and no network. It is spoken to over a pipe (Chrome DevTools Protocol), so that nothing
rests on its virtual time.
"""
import base64
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 120
SETTLED = "new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 1500))"


class Browser:
    def __init__(self, profile):
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,900",
                   "--proxy-server=127.0.0.1:9", f"--user-data-dir={profile}", "--remote-debugging-pipe"]

        def take_places():  # the protocol's own: 3 is read, 4 is written
            os.dup2(os.dup(commands), 3)
            os.dup2(os.dup(answers), 4)

        self.process = subprocess.Popen(["chromium", *options, "about:blank"], pass_fds=(3, 4), preexec_fn=take_places,
                                        start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.deadline = time.monotonic() + PATIENCE_S
        self.rest, self.events, self.number, self.session = b"", [], 0, {}

    def read(self):
        while b"\0" not in self.rest:
            if not select.select([self.answers], [], [], max(0, self.deadline - time.monotonic()))[0]:
                sys.exit("browser: no answer")
            got = os.read(self.answers, 1 << 20)
            if not got:
                sys.exit("browser: ended")
            self.rest += got
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **parameters):
        self.number += 1
        question = {"id": self.number, "method": method, "params": parameters, **self.session}
        os.write(self.commands, json.dumps(question).encode() + b"\0")
        while True:
            message = self.read()
            if message.get("id") == self.number:
                if "error" in message:
                    sys.exit(f"browser: {method}: {message['error']}")
                return message["result"]
            self.events.append(message.get("method"))

    def open(self, path, scheme):
        target = next(at for at in self.ask("Target.getTargets")["targetInfos"] if at["type"] == "page")
        attached = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self.session = {"sessionId": attached["sessionId"]}
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("Page.enable")
        self.ask("Page.navigate", url=pathlib.Path(path).absolute().as_uri())
        while "Page.loadEventFired" not in self.events:
            self.events.append(self.read().get("method"))
        self.evaluate(SETTLED)

    def evaluate(self, expression):
        result = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return result["result"].get("value")

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def main(kind, path, scheme="light"):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            browser.open(path, scheme)
            if kind == "dom":
                made = b"<!DOCTYPE html>" + browser.evaluate("document.documentElement.outerHTML").encode() + b"\n"
            elif kind == "png":
                made = base64.b64decode(browser.ask("Page.captureScreenshot")["data"])
            else:
                made = base64.b64decode(browser.ask("Page.printToPDF", printBackground=True)["data"])
        finally:
            browser.end()
    sys.stdout.buffer.write(made)


main(*sys.argv[1:])
