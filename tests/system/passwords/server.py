"""A PostgreSQL server of its own that asks for passwords (scram-sha-256) over TCP on a free port."""
import glob
import os
import shutil
import socket
import subprocess
import tempfile


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`with Server(password) as server:` of which "calbus" is the owner; gone after the block. It prepares no transactions, as
    PostgreSQL comes."""

    def __init__(self, password):
        self.password, self.port = password, free_port()
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[4]))[-1]
        self.folder = tempfile.mkdtemp(prefix="cbscram.", dir="/tmp")
        self.owner = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.owner = ["runuser", "-u", "postgres", "--"]

    def run(self, program, *words, **more):
        return subprocess.run([*self.owner, f"{self.bin}/{program}", *words], check=True, cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, **more)

    def __enter__(self):
        secret = os.path.join(self.folder, "secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write(self.password)
        if self.owner:
            shutil.chown(secret, "postgres")
        self.run("initdb", "-D", "data", "-U", "calbus", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.run("pg_ctl", "-D", "data", "-w", "-l", "server.log", "-s", "-o", f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder}"
                 " -c fsync=off -c max_connections=150 -c max_prepared_transactions=0 -c password_encryption=scram-sha-256", "start")
        return self

    def __exit__(self, *_):
        subprocess.run([*self.owner, f"{self.bin}/pg_ctl", "-D", "data", "-m", "immediate", "-w", "-s", "stop"], check=False, cwd=self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, database, text, user="calbus", password=None):
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", user, "-d", database,
                               "-c", text], env=os.environ | {"PGPASSWORD": password or self.password}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
