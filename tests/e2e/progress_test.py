"""The live display, on a real terminal (a pty) that a small emulator of it follows: what stands there in the end is the result
and nothing else, whatever its width; and without a terminal, or with -q, nothing is drawn at all."""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

from images import DEBIAN_12, LIMPID, Image, dpkg
from slow_registry import Registry

SANITIZED = bool(os.environ.get("LIMPID_SANITIZED"))
SLOW = 5 if SANITIZED else 1


class Screen:
    """What a terminal makes of bytes: lines and the few sequences of ECMA-48 that are used; anything else is an error."""

    def __init__(self, columns):
        self.columns, self.lines, self.row, self.column = columns, [""], 0, 0
        self.seen = []  # each state that stood there when a line was ended

    def feed(self, text):
        for sequence, final, char in re.findall(r"\x1b\[(\d*)([A-Za-z])|([^\x1b])", text):
            if final == "A":
                self.row = max(0, self.row - int(sequence or 1))
            elif final == "J":
                self.lines[self.row] = self.lines[self.row][:self.column]
                del self.lines[self.row + 1:]
            elif final == "K":
                self.lines[self.row] = self.lines[self.row][:self.column]
            elif final:
                raise AssertionError(f"an unknown sequence: {sequence}{final}")
            elif char == "\r":
                self.column = 0
            elif char == "\n":
                self.seen.append("\n".join(self.lines))
                self._down()
            else:
                if self.column == self.columns:
                    self.column = 0
                    self._down()
                line = self.lines[self.row].ljust(self.column)
                self.lines[self.row] = line[:self.column] + char + line[self.column + 1:]
                self.column += 1

    def _down(self):
        self.row += 1
        while len(self.lines) <= self.row:
            self.lines.append("")

    def text(self):
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n")


class ProgressTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="limpid-progress-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.image = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("a", "1")), "usr/x": os.urandom(400_000)},
                          {"usr/y": os.urandom(200_000)})

    def slow_registry(self, seconds):
        def send(handler, body):
            steps = 20
            for i in range(steps):
                handler.wfile.write(body[len(body) * i // steps:len(body) * (i + 1) // steps])
                if registry.ended.wait(seconds / steps):
                    return
        registry = Registry(self.image, send)
        self.addCleanup(registry.close)
        return registry

    def start(self, arguments, columns=80, rows=24, term="xterm", stdout_too=True):
        """Runs on a terminal of its own; the process, and a screen that a thread keeps up to date until the end."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        env = {**os.environ, "no_proxy": "*", "TERM": term, "LIMPID_NO_CACHE": "true", "HOME": self.folder, "XDG_RUNTIME_DIR": "", "NO_COLOR": "1"}
        process = subprocess.Popen([LIMPID, *arguments], env=env, stdin=subprocess.DEVNULL, stdout=theirs if stdout_too else subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        self.addCleanup(process.kill)
        screen, done = Screen(columns), threading.Event()

        def follow():
            pending = b""
            while True:
                select.select([ours], [], [], 60)
                try:
                    data = os.read(ours, 65536)
                except OSError:
                    data = b""  # the other end is closed
                if not data:
                    break
                pending += data
                text = pending.decode("utf-8", "ignore")
                pending = b""
                screen.feed(text)
            os.close(ours)
            done.set()

        threading.Thread(target=follow, daemon=True).start()
        return process, screen, done, ours

    def finish(self, process, done, status=0):
        self.assertEqual(process.wait(60), status)
        self.assertTrue(done.wait(60))

    def test_drawn_while_it_reads_and_gone_before_the_result(self):
        for columns in (80, 40, 12):
            registry = self.slow_registry(1)
            process, screen, done, _ = self.start(["inventory", "--jobs", "2", registry.name], columns)
            self.finish(process, done)
            shown = "\n".join(screen.seen)
            self.assertIn("0 of 2 layers"[:columns - 2], shown)
            self.assertIn("layer 2"[:columns - 4], shown)
            if columns == 80:
                self.assertRegex(shown, r"layer 1  sha256:[0-9a-f]{12}  \[=*> *\]  [\d.]+ of 4\d\d\.\d kB")
                self.assertRegex(shown, r"layers, [\d.]+ of 6\d\d\.\d kB, [\d.]+ [kM]B/s")
            quiet = subprocess.run([LIMPID, "-q", "inventory", "--no-cache", registry.name], capture_output=True, text=True, timeout=60, check=True,
                                   env={**os.environ, "no_proxy": "*", "HOME": self.folder, "COLUMNS": str(columns)})
            self.assertEqual("".join(screen.text().split()), "".join(quiet.stdout.split()))

    def test_not_without_a_terminal_nor_when_told(self):
        registry = self.slow_registry(1)
        for arguments, term in ((["-q", "inventory"], "xterm"), (["inventory"], "dumb")):
            process, screen, done, _ = self.start([*arguments, "-f", "json", "-o", os.path.join(self.folder, "out"), registry.name], term=term)
            self.finish(process, done)
            self.assertEqual((screen.text(), screen.seen), ("", []))
        done = subprocess.run([LIMPID, "inventory", "--no-cache", registry.name], capture_output=True, text=True, timeout=60, check=True,
                              env={**os.environ, "no_proxy": "*", "HOME": self.folder, "TERM": "xterm"})
        self.assertEqual(done.stderr, "")

    def test_the_result_may_go_elsewhere(self):
        registry = self.slow_registry(1)
        process, screen, done, _ = self.start(["inventory", "-f", "json", registry.name], stdout_too=False)
        self.assertEqual(json.load(process.stdout)["packages"][0]["name"], "a")
        process.stdout.close()
        self.finish(process, done)
        self.assertIn("layer 1", "\n".join(screen.seen))
        self.assertEqual(screen.text(), "")

    @unittest.skipIf(SANITIZED, "nothing is quick under a sanitizer")
    def test_what_is_quick_shows_nothing(self):
        layout = self.image.oci_layout(os.path.join(self.folder, "layout"))
        process, screen, done, _ = self.start(["inventory", "-f", "json", "-o", os.path.join(self.folder, "out"), layout])
        self.finish(process, done)
        self.assertEqual((screen.text(), screen.seen), ("", []))

    def test_errors_and_interrupts_stand_alone(self):
        registry = self.slow_registry(20)
        process, screen, done, _ = self.start(["inventory", registry.name])
        self.assertTrue(registry.waiting.wait(30))
        self.wait_until(lambda: any("layer 1" in state for state in screen.seen))
        process.send_signal(signal.SIGINT)
        self.finish(process, done, 130)
        self.assertEqual(screen.text(), "limpid: interrupted")
        process, screen, done, _ = self.start(["inventory", "--timeout", f"{1500 * SLOW}ms", registry.name], columns=300)
        self.finish(process, done, 1)
        self.assertIn("layer 1", "\n".join(screen.seen))
        self.assertRegex(screen.text(), r"^limpid: timed out: .*$")

    def test_log_lines_stand_above_it(self):
        registry = self.slow_registry(1)
        process, screen, done, _ = self.start(["-v", "inventory", "-o", os.path.join(self.folder, "out"), registry.name + "9"], columns=200)
        self.finish(process, done, 1)
        self.assertNotIn("looking for", screen.text())

    def test_a_terminal_that_becomes_narrower(self):
        registry = self.slow_registry(2)
        process, screen, done, ours = self.start(["inventory", registry.name], columns=100)
        self.wait_until(lambda: any("layer 1" in state for state in screen.seen))
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 30, 0, 0))
        count = len(screen.seen)
        self.wait_until(lambda: len(screen.seen) > count + 4)
        self.assertTrue(all(len(line) < 30 for line in screen.seen[-1].split("\n")[-3:]), screen.seen[-1])
        self.finish(process, done)

    def wait_until(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


if __name__ == "__main__":
    unittest.main()
