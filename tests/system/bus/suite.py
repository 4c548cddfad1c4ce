"""A running bus for journeys: PostgreSQL from with_postgres, a broker (mock or kafka), relay and echo services."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def wait_until(what, condition, seconds=60.0):
    """Wait for a condition with a deadline; its last value is told when it does not come."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds:.0f} s (last: {value!r})")
        time.sleep(0.05)


def free_port():
    """A port such that the controller's, 100 above, is free too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            if port > 65000:
                continue
            try:
                second.bind(("127.0.0.1", port + 100))
            except OSError:
                continue
            return port


class Suite:
    """One home folder, one database of its own, one broker."""

    def __init__(self, programs, broker):
        self.programs, self.broker_kind = programs, broker
        self.home = tempfile.mkdtemp(prefix="cbbus.", dir="/tmp")
        os.chmod(self.home, 0o755)
        os.mkdir(os.path.join(self.home, "run"))
        server = os.environ["CALBUS_TEST_DB_URI"]
        self.database = f"bus_{os.getpid()}_{time.monotonic_ns()}"
        self.server = server
        self.psql_at(server, f"CREATE DATABASE {self.database}")
        self.uri = server.replace("/calbus?", f"/{self.database}?")
        self.processes = {}
        self.kafka_port = None
        self.settings = {
            "CALBUS_HOME": self.home, "CALBUS_DB_URI": self.uri, "CALBUS_SERVICE_HEARTBEAT": "500ms",
            "CALBUS_LOG_LEVEL": "debug",
        }
        self.say("migrate")

    # ---- processes ----

    def environment(self):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("CALBUS_")}
        return clean | self.settings

    def program(self, name):
        for folder in (self.programs, os.path.join(self.programs, "tests")):
            path = os.path.join(folder, name)
            if os.path.exists(path):
                return path
        raise AssertionError(f"program {name} is not built")

    def start(self, name, program, *arguments):
        log = open(os.path.join(self.home, name + ".log"), "ab")
        self.processes[name] = subprocess.Popen([self.program(program), *arguments], stderr=log, stdout=log,
                                                env=self.environment())
        log.close()

    def start_service(self, service, instance="1", *settings):
        program = "echo_service" if service == "echo" else "calbus-" + service
        flags = [flag for setting in settings for flag in ("-s", setting)]
        self.start(f"{service}.{instance}", program, "--instance", instance, *flags)

    def kill(self, name):
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self, name, seconds=30):
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(seconds)

    def start_broker(self):
        if self.broker_kind == "mock":
            self.start("broker", "calbus-broker", "--bootstrap-file", os.path.join(self.home, "run", "broker.json"))
            return
        first = self.kafka_port is None
        self.kafka_port = self.kafka_port or free_port()
        self.kafka("start", "-p", str(self.kafka_port))
        if first:
            self.settings["CALBUS_KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{self.kafka_port}"

    def kafka(self, verb, *arguments):
        subprocess.run([os.path.join(ROOT, "deploy", "kafka-server"), verb, "-d", os.path.join(self.home, "kafka"),
                        *arguments], check=True, stdout=subprocess.DEVNULL, timeout=300,
                       env=os.environ | {"KAFKA_HEAP": "384m"})

    def kill_broker(self):
        if self.broker_kind == "mock":
            self.kill("broker")
        else:
            self.kafka("kill")

    def close(self):
        for name in sorted(self.processes, key=lambda n: n == 'broker'):
            try:
                self.stop(name)
            except subprocess.TimeoutExpired:
                self.processes[name] = None
        if self.kafka_port is not None:
            self.kafka("kill")
        if os.environ.get("CALBUS_KEEP_LOGS"):
            print("kept:", self.home)
        else:
            shutil.rmtree(self.home, ignore_errors=True)
        try:
            self.psql_at(self.server, f"DROP DATABASE {self.database} WITH (FORCE)")
        except AssertionError:
            pass

    def logs(self, lines=15):
        text = []
        for file in sorted(os.listdir(self.home)):
            if file.endswith(".log"):
                with open(os.path.join(self.home, file), encoding="utf-8", errors="replace") as log:
                    text.append(f"--- {file}\n" + "".join(log.readlines()[-lines:]))
        return "\n".join(text)

    def log_of(self, name):
        with open(os.path.join(self.home, name + ".log"), encoding="utf-8") as log:
            return [json.loads(line) for line in log if line.startswith("{")]

    # ---- database ----

    @staticmethod
    def psql_at(uri, sql):
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", uri, "-c", sql], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def sql(self, text):
        return self.psql_at(self.uri, text)

    def close_database(self, seconds):
        """Nobody can connect for a while, and who is connected is thrown out."""
        self.psql_at(self.server, f"ALTER DATABASE {self.database} ALLOW_CONNECTIONS false")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.psql_at(self.server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                         f"'{self.database}'")
            time.sleep(0.2)
        self.psql_at(self.server, f"ALTER DATABASE {self.database} ALLOW_CONNECTIONS true")

    def count(self, text):
        return int(self.sql(text))

    def say(self, *arguments):
        done = subprocess.run([self.program("say"), self.uri, *map(str, arguments)], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    # ---- what is asked again and again ----

    def echoed(self):
        return self.count("SELECT count(*) FROM calbus.echo") if self.sql(
            "SELECT to_regclass('calbus.echo') IS NOT NULL") == "t" else 0

    def wait_echoed(self, n, seconds=60.0):
        wait_until(f"{n} events handled", lambda: self.echoed() >= n, seconds)

    def wait_ready(self, *services, seconds=60.0):
        for service in services:
            wait_until(f"{service} is ready", lambda s=service: self.count(
                f"SELECT count(*) FROM calbus.instance WHERE service || '.' || instance = '{s}' AND state = 'ready' "
                "AND seen > now() - interval '3 s'") == 1, seconds)

    def bootstrap(self):
        if self.kafka_port is not None:
            return f"127.0.0.1:{self.kafka_port}"
        with open(os.path.join(self.home, "run", "broker.json"), encoding="utf-8") as file:
            return json.load(file)["bootstrap"]

    def http(self, name):
        with open(os.path.join(self.home, "run", name + ".json"), encoding="utf-8") as file:
            return "http://" + json.load(file)["http"]
