"""A kill between the two commits of a transaction over the database of a repository and calbus's own."""
import os
import signal
import subprocess

from suite import say, wait_until

HELD = ("pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory' AND objid = 42 AND NOT granted AND datname = 'far'")


class Between:
    """`with Between(suite, "certifier", "public.dataset"):` what is asked for in the block writes that table of the other database:
    the service is killed when this part has been kept there, and calbus's own has not. which: only such rows (NEW). joint=False: its
    own part is a transaction that has yet to begin."""

    def __init__(self, suite, service, table, which="true", joint=True):
        self.suite, self.unit, self.table, self.which, self.joint = suite, service + ".1", table, which, joint
        self.session = None

    def __enter__(self):
        say(f"    {self.unit} will be killed")
        self.suite.far("CREATE OR REPLACE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS"
                       " 'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END'")
        self.suite.far(f"CREATE CONSTRAINT TRIGGER hold AFTER INSERT OR UPDATE ON {self.table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
                       f" WHEN ({self.which}) EXECUTE FUNCTION public.hold()")
        self.session = subprocess.Popen(["psql", "-XAtq", "-d", self.suite.far_uri], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.session.stdin.write("SELECT pg_advisory_lock(42);\n\\echo held\n")
        self.session.stdin.flush()
        while self.session.stdout.readline().strip() != "held":
            pass
        return self

    def now(self):
        """The other part is being kept: let it, and kill."""
        suite = self.suite
        wait_until("the other database is about to commit", lambda: suite.count(HELD) > 0, 30)
        pid = suite.units()[self.unit]
        if self.joint:
            assert suite.count("pg_prepared_xacts WHERE gid ~ '^calbus:'") > 0, "calbus's own part is prepared"
        os.kill(pid, signal.SIGSTOP)  # it shall not learn of it
        self.session.communicate("\\q\n", timeout=30)
        wait_until("the other part has been kept", lambda: suite.count(HELD) == 0, 30)
        assert suite.kill(self.unit)
        suite.far(f"DROP TRIGGER hold ON {self.table}")

    def __exit__(self, kind, error, trace):
        if self.session.poll() is None:
            self.session.communicate("\\q\n", timeout=30)
        if kind is None:
            wait_until(f"{self.unit} is there again", self.suite.is_ready, 60)
            wait_until("nothing is left in between", lambda: self.suite.count("pg_prepared_xacts") == 0, 30)


class Calm:
    """Nobody is killed."""

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return self

    def now(self):
        pass

    def __exit__(self, *_):
        pass
