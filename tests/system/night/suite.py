"""A whole suite of its own: a home folder, its processes, its database, the commands that people type."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
SUPPORT = os.path.join(os.path.dirname(os.path.dirname(HERE)), "support")
SKIPPED = 77
LONGEST_COMMAND_S = 240


class CommandFailed(AssertionError):
    """A command of calbus ended with another status than 0."""

    def __init__(self, done):
        super().__init__(f"calbus {' '.join(done.args[1:])}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        self.status = done.returncode


def wait_until(what, condition, seconds=120.0):
    """Wait for a condition with a deadline; its last value is told when it does not come."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds:.0f} s (last: {value!r})")
        pause.wait(0.2)


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def need(broker):
    """Skip where a broker cannot run."""
    if broker == "kafka" and not (shutil.which("java") and shutil.which("mvn")):
        skip("Java and Maven are not installed (apt-get install default-jre-headless maven)")


def say(what):
    print(f"{time.monotonic() - STARTED:6.1f} s  {what}", flush=True)


STARTED = time.monotonic()


# ---- clearing up ----

def is_of(pid, home):
    """The environment of a process tells whose it is."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return f"CALBUS_HOME={home}".encode() in file.read().split(b"\0")
    except OSError:
        return False


def end_what_is_left(home):
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid() and is_of(entry, home):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(entry), signal.SIGKILL)


def remove_database(home):
    """Root's database lies outside the home."""
    with contextlib.suppress(OSError), open(os.path.join(home, "postgres", "location"), encoding="utf-8") as file:
        place = file.read().strip()
        if place.startswith("/var/lib/calbus/"):
            shutil.rmtree(place, ignore_errors=True)
            shutil.rmtree(place + ".old", ignore_errors=True)


def guard(program, folder):
    """Wait until the test has ended, in whatever way, then leave nothing running and nothing behind."""
    keep = sys.stdin.read() == "keep"
    home = os.path.join(folder, "home")
    with contextlib.suppress(subprocess.TimeoutExpired, OSError):
        subprocess.run([program, "down", "-q"], timeout=60, check=False, capture_output=True)
    end_what_is_left(home)
    if not keep:
        remove_database(home)
        shutil.rmtree(folder, ignore_errors=True)


class Suite:
    """`with Suite(CALBUS) as suite:` starts nothing; everything it started has ended after the block."""

    def __init__(self, program, broker="mock", **settings):
        self.program, self.broker = os.path.abspath(program), broker
        self.folder = tempfile.mkdtemp(prefix="cbnight.", dir="/tmp")
        self.home = os.path.join(self.folder, "home")
        self.disturbed = False  # commands may fail and are given again
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CALBUS_")} | {
            "CALBUS_KAFKA_CACHE": os.environ.get("CALBUS_KAFKA_CACHE") or
                                  os.path.expanduser("~/.cache/calbus/kafka"),
            "CALBUS_HOME": self.home, "CALBUS_CONSOLE_LISTEN": "127.0.0.1:0", "SCRATCH": self.folder,
            "CALBUS_DISTRIBUTOR_LISTEN": "127.0.0.1:0", "LC_ALL": "C.UTF-8"} | settings
        self.uri = None
        # outlives this process, even its kill -9, and clears up when the pipe closes
        self.guard = subprocess.Popen([sys.executable, "-B", __file__, self.program, self.folder], stdin=subprocess.PIPE,
                                      start_new_session=True, env=self.environment)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None and kind is not SystemExit:
            print(f"FAILED: {error}\n{self.logs()}", file=sys.stderr)
        if kind is not None and os.environ.get("CALBUS_KEEP"):
            self.guard.stdin.write(b"keep")
            print("kept:", self.folder, file=sys.stderr)
        self.guard.stdin.close()
        self.guard.wait(120)

    # ---- commands ----

    def run(self, *words, timeout=LONGEST_COMMAND_S):
        return subprocess.run([self.program, *map(str, words)], env=self.environment, capture_output=True, text=True,
                              timeout=timeout, check=False, stdin=subprocess.DEVNULL)

    def calbus(self, *words):
        """Its output. While the suite is disturbed a command that fails is given again: only for what may be repeated."""
        return self.ask(*words, done=lambda: False)

    def ask(self, *words, done, seconds=LONGEST_COMMAND_S):
        """Ask for something once. While the suite is disturbed: until done() tells that it was recorded."""
        end = time.monotonic() + seconds
        pause = threading.Event()
        while True:
            answer = self.attempt(words, seconds)
            if answer.returncode == 0:
                return answer.stdout
            if not self.disturbed or time.monotonic() > end:
                raise CommandFailed(answer)
            if self.tolerant(done):
                return None
            pause.wait(0.5)

    def attempt(self, words, seconds):
        try:
            return self.run(*words, timeout=seconds)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess([self.program, *map(str, words)], 124, "", f"killed after {seconds} s\n")

    def request(self, kind, *words):
        """A person's request, made once and answered. A command that was cut off has been recorded or not: a person looks."""
        requests = f"calbus.request WHERE kind = '{kind}'"
        before = wait_until("the database answers", lambda: self.tolerant(lambda: str(self.count(requests))))
        self.ask(*words, done=lambda: self.count(requests) > int(before))
        wait_until(f"{kind} is answered", lambda: self.tolerant(lambda: self.count(requests + " AND state = 'open'") == 0))
        refused = wait_until("the database answers", lambda: self.tolerant(
            lambda: [self.rows(f"SELECT error FROM {requests} AND state <> 'done'")]))[0]
        assert not refused, f"{kind}: {refused}"

    @staticmethod
    def tolerant(condition):
        try:
            return condition()
        except (AssertionError, OSError, ValueError):
            return False

    def json(self, *words):
        return json.loads(self.calbus(*words, "--json"))

    def items(self, *words):
        return self.json(*words)["items"]

    def up(self):
        self.calbus("up", "-q", "--broker", self.broker, "--timeout", 150)
        self.uri = self.calbus("db", "uri").strip()

    def down(self):
        self.run("down", "-q")

    # ---- database ----

    def rows(self, text):
        """Rows as lists of texts."""
        done = subprocess.run(["psql", "-XAtq", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-d", self.uri, "-c", text],
                              capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    def value(self, text):
        return self.rows(text)[0][0]

    def count(self, text):
        return int(self.value("SELECT count(*) FROM " + text))

    # ---- processes ----

    def units(self):
        """{name: pid} of what runs; the supervisor is "supervisor"."""
        pids = {}
        with contextlib.suppress(OSError), open(os.path.join(self.home, "run", "units"), encoding="utf-8") as file:
            for words in map(str.split, file):
                if words[0] == "suite" and int(words[2]) > 0:
                    pids["supervisor"] = int(words[2])
                elif words[0] == "unit" and words[2] == "running":
                    pids[words[1]] = int(words[3])
        return pids

    def kill(self, unit):
        """kill -9; whether there was something to kill."""
        pid = self.units().get(unit)
        if pid is None or not is_of(pid, self.home):
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True

    def is_ready(self):
        return self.run("status").returncode == 0

    # ---- what is seen from outside ----

    def bootstrap(self):
        with open(os.path.join(self.home, "run", "broker.json"), encoding="utf-8") as file:
            return json.load(file)["bootstrap"]

    def metric(self, service, name, **labels):
        """Sum over the instances of a service of one of its metrics."""
        total = 0.0
        for (address,) in self.rows(f"SELECT http FROM calbus.instance WHERE service = '{service}' AND state = 'ready'"):
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
                for line in answer.read().decode().splitlines():
                    if line.startswith(name + "{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
                        total += float(line.rsplit(" ", 1)[1])
        return total

    def folder_of(self, site, what="landing"):
        return os.path.join(self.home, "sites", site, what)

    def logs(self, lines=8):
        text = []
        folder = os.path.join(self.home, "log")
        for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, file), encoding="utf-8", errors="replace") as log:
                worst = [line[:600] for line in log if '"level":"error"' in line or '"level":"warn"' in line][-lines:]
                text.append(f"--- {file}\n" + "".join(worst))
        return "\n".join(text)


if __name__ == "__main__":
    guard(*sys.argv[1:3])
