#!/usr/bin/env python3
"""Databases that ask for passwords over TCP: every way in which the stock butler and libpq are told one is a way of calbus, of its drop-in
and of its services, with the same precedence; and no password is seen anywhere. test_passwords.py CALBUS
Run with the stock butler's python.
"""
import contextlib
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "night")]
from lsst.daf.butler import Butler  # noqa: E402
from server import Server  # noqa: E402
from suite import Suite, say  # noqa: E402

OWNER, READER, WRONG = "s3cr3t-of-the-owner", "s3cr3t-of-the-reader%2F", "s3cr3t-that-is-wrong"
SECRETS = (OWNER, READER, WRONG)
VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE", "PGDATABASE", "LSST_DB_AUTH",
             "LSST_DB_AUTH_CREDENTIALS")


class Ways:
    """Repositories that differ in their address only, and what may be told of a password."""

    def __init__(self, server, work, calbus):
        self.server, self.work, self.home = server, work, os.path.join(work, "home")
        os.makedirs(os.path.join(self.home, ".lsst"))
        self.butler = os.path.join(work, "butler")
        os.symlink(os.path.abspath(calbus), self.butler)
        self.environment = {k: v for k, v in os.environ.items() if k not in VARIABLES and not k.startswith("CALBUS")} | {"HOME": self.home}
        self.seen = []  # everything that was printed

    def file(self, name, text, mode=0o600):
        path = os.path.join(self.work, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def auth(self, name, *entries, mode=0o600):
        """db-auth.yaml of (url, user, password)."""
        return self.file(name, "".join(f"- url: '{url}'\n" + (f"  username: {user}\n" if user else "") + f"  password: '{password}'\n"
                                       for url, user, password in entries), mode)

    def repository(self, address):
        """The repository, by another address of its database."""
        root = os.path.join(self.work, "by" + str(abs(hash(address))))
        if not os.path.exists(root):
            os.mkdir(root)
            with open(os.path.join(self.work, "repo", "butler.yaml"), encoding="utf-8") as file:
                lines = [f"  db: '{address}'\n" if line.strip().startswith("db:") else line for line in file]
            self.file(os.path.join(root, "butler.yaml"), "".join(lines))
        return root

    def ours(self, more, *words):
        done = subprocess.run([self.butler, *words], env=self.environment | more, capture_output=True, text=True, check=False)
        self.seen.append(done.stdout + done.stderr)
        return done

    def stock(self, more, root):
        """Does it get in?"""
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update(self.environment | more)
        try:
            with contextlib.closing(Butler.from_config(root)) as butler:
                return list(butler.collections.query("*")) == ["u/known"]
        except Exception:  # pylint: disable=broad-except
            return False
        finally:
            os.environ.clear()
            os.environ.update(before)

    def check(self, what, address, more, gets_in):
        root = self.repository(address)
        done = self.ours(more, "query-collections", root)
        assert (done.returncode == 0) == gets_in and ("u/known" in done.stdout) == gets_in, (what, done)
        assert self.stock(more, root) == gets_in, (what, "the stock butler")
        if not gets_in:
            assert done.stderr.strip(), what
        return done


def make(ways):
    server = ways.server
    server.sql("postgres", "CREATE DATABASE butler")
    server.sql("butler", f"CREATE EXTENSION btree_gist; CREATE ROLE reader LOGIN PASSWORD '{READER}'")
    address = f"postgresql+psycopg2://calbus@127.0.0.1:{server.port}/butler"
    seed = ways.file("seed.yaml", f"registry:\n  db: '{address}'\n  namespace: repo\n")
    done = ways.ours({"PGPASSWORD": OWNER}, "create", "--seed-config", seed, os.path.join(ways.work, "repo"))
    assert done.returncode == 0, done
    server.sql("butler", "GRANT USAGE ON SCHEMA repo TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA repo TO reader")
    server.sql("butler", "INSERT INTO repo.collection (collection_id, name, type) VALUES (nextval('repo.collection_seq_collection_id'), 'u/known', 1); INSERT INTO repo.run SELECT collection_id FROM repo.collection")


def each_way_is_taken_as_the_stock_butler_takes_it(ways):
    port = ways.server.port
    anybody, reader = f"postgresql+psycopg2://127.0.0.1:{port}/butler", f"postgresql+psycopg2://reader@127.0.0.1:{port}/butler"
    url = f"postgresql://127.0.0.1:{port}/butler"
    good = ways.auth("good.yaml", (url, "reader", READER))
    bad = ways.auth("bad.yaml", (url, "reader", WRONG))
    passfile = ways.file("pgpass", f"127.0.0.1:{port}:butler:reader:{READER}\n")
    service = ways.file("services", f"[telescope]\nhost=127.0.0.1\nport={port}\ndbname=butler\nuser=reader\npassword={READER}\n")
    credentials = json.dumps([{"url": url, "username": "reader", "password": READER}])
    wrong_credentials = json.dumps([{"url": url, "username": "reader", "password": WRONG}])
    for what, address, more, gets_in in (
            ("nothing", reader, {}, False),
            ("a file", anybody, {"LSST_DB_AUTH": good}, True),
            ("a file, of a known user", reader, {"LSST_DB_AUTH": good}, True),
            ("a list in a variable", anybody, {"LSST_DB_AUTH_CREDENTIALS": credentials}, True),
            ("a list goes before a file", anybody, {"LSST_DB_AUTH_CREDENTIALS": wrong_credentials, "LSST_DB_AUTH": good}, False),
            ("a list goes before a bad file", anybody, {"LSST_DB_AUTH_CREDENTIALS": credentials, "LSST_DB_AUTH": bad}, True),
            ("the first entry that matches", anybody, {"LSST_DB_AUTH": ways.auth(
                "first.yaml", ("postgresql://elsewhere", "reader", WRONG), ("postgresql://127.*/but*r", "reader", READER), (url, "reader", WRONG))}, True),
            ("what follows a question mark is no pattern", anybody, {"LSST_DB_AUTH": ways.auth("mark.yaml", ("postgresql://127.*/but?er", "reader", READER))},
             False),
            ("it alone", anybody, {"LSST_DB_AUTH": ways.auth("alone.yaml", ("postgresql://*", "reader", WRONG), (url, "reader", READER))}, False),
            ("without a user", reader, {"LSST_DB_AUTH": ways.auth("nouser.yaml", (url, None, READER))}, True),
            ("of the user", reader, {"LSST_DB_AUTH": ways.auth(
                "users.yaml", (f"postgresql://calbus@127.0.0.1:{port}", None, WRONG), (f"postgresql://reader@127.0.0.1:{port}", None, READER))}, True),
            ("of another port", reader, {"LSST_DB_AUTH": ways.auth("port.yaml", ("postgresql://127.0.0.1:1/butler", None, READER))}, False),
            ("a file that others can read", anybody, {"LSST_DB_AUTH": ways.auth("open.yaml", (url, "reader", READER), mode=0o640)}, False),
            ("though libpq knows", reader, {"LSST_DB_AUTH": os.path.join(ways.work, "open.yaml"), "PGPASSWORD": READER}, False),
            ("a file goes before libpq's means", reader, {"LSST_DB_AUTH": bad, "PGPASSWORD": READER}, False),
            ("libpq's where no entry matches", reader, {"LSST_DB_AUTH": os.path.join(ways.work, "port.yaml"), "PGPASSWORD": READER}, True),
            ("libpq's where there is no file", reader, {"LSST_DB_AUTH": "/nosuch/db-auth.yaml", "PGPASSWORD": READER}, True),
            ("PGPASSWORD", reader, {"PGPASSWORD": READER}, True),
            ("PGUSER", anybody, {"PGUSER": "reader", "PGPASSWORD": READER}, True),
            ("PGHOST, PGPORT", "postgresql+psycopg2:///butler", {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "reader", "PGPASSWORD": READER}, True),
            ("PGPASSFILE", reader, {"PGPASSFILE": passfile}, True),
            ("PGPASSWORD goes before it", reader, {"PGPASSFILE": passfile, "PGPASSWORD": WRONG}, False),
            ("PGSERVICE", "postgresql+psycopg2://", {"PGSERVICE": "telescope", "PGSERVICEFILE": service}, True),
            ("a wrong one", reader, {"PGPASSWORD": WRONG}, False)):
        ways.check(what, address, more, gets_in)
    os.rename(passfile, os.path.join(ways.home, ".pgpass"))
    ways.check("~/.pgpass", reader, {}, True)
    os.chmod(os.path.join(ways.home, ".pgpass"), 0o644)
    ways.check("one that others can read", reader, {}, False)
    os.rename(good, os.path.join(ways.home, ".lsst/db-auth.yaml"))
    ways.check("~/.lsst/db-auth.yaml", anybody, {}, True)
    ways.check("a tilde", anybody, {"LSST_DB_AUTH": "~/.lsst/db-auth.yaml"}, True)


def a_password_in_an_address_is_not_shown(ways):
    """The stock butler takes it."""
    port = ways.server.port
    for address in (f"postgresql+psycopg2://reader:{WRONG}@127.0.0.1:{port}/butler", f"postgresql+psycopg2://reader:{WRONG}%zz@127.0.0.1:{port}/butler",
                    f"postgresql+psycopg2://reader:{WRONG}@127.0.0.1:none/butler", f"mysql://reader:{WRONG}@127.0.0.1/butler"):
        root = ways.repository(address)
        failed = ways.ours({"LSST_DB_AUTH": "/nosuch"}, "query-collections", root)
        assert failed.returncode != 0 and failed.stderr, failed
    dump = ways.ours({}, "config-dump", ways.repository(f"postgresql+psycopg2://reader:{WRONG}@127.0.0.1:{port}/butler"))
    assert dump.returncode == 0 and f"reader:***@127.0.0.1:{port}/butler" in dump.stdout, dump


def services_get_in_and_tell_nobody(ways, calbus):
    """Their own database by a service file and .pgpass, a repository's by db-auth.yaml."""
    port = ways.server.port
    ways.server.sql("postgres", "CREATE DATABASE calbus")
    services = ways.file("suite", f"[suite]\nhost=127.0.0.1\nport={port}\ndbname=calbus\nuser=calbus\n")
    settings = {"CALBUS_DB_URI": "service=suite", "CALBUS_SITE_USDF_REPOSITORIES": "/repo/main,/repo/embargo", "CALBUS_SITE_SUMMIT_ENABLED": "false",
                "CALBUS_SITE_BTS_ENABLED": "false", "PGSERVICEFILE": services, "PGPASSFILE": ways.file("passfile", f"127.0.0.1:{port}:calbus:calbus:{OWNER}\n"),
                "LSST_DB_AUTH": ways.auth("owner.yaml", (f"postgresql://127.0.0.1:{port}/butler", "calbus", OWNER))}
    with Suite(calbus, **settings) as suite:
        attached = suite.run("site", "attach", "/repo/main", os.path.join(ways.work, "repo"))
        assert attached.returncode == 0 and "calbus's own has max_prepared_transactions = 0" in attached.stderr, attached
        suite.calbus("up", "-q", "--timeout", 60)
        suite.calbus("chain", "prepend", "u/someone/chain", "u/known", "--repo", "/repo/main")
        assert ways.server.sql("butler", "SELECT count(*) FROM repo.collection_chain") == "1"
        # what up has made says where it is to those who know no service file
        made = os.path.join(suite.home, "sites/usdf/repo/embargo")
        assert ways.ours({"PGPASSWORD": OWNER}, "query-collections", made).returncode == 0
        with open(made + "/butler.yaml", encoding="utf-8") as file:
            assert f"calbus@127.0.0.1:{port}/calbus" in file.read()
        for words in (("config", "show", "--origin"), ("db", "uri"), ("status",), ("site", "show", "usdf", "--json"), ("env",), ("logs",),
                      ("repo", "config-dump", "--repo", "/repo/main")):
            done = suite.run(*words)
            ways.seen.append(done.stdout + done.stderr)
        for pid in suite.units().values():
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                ways.seen.append(file.read().decode())
        for folder, _, files in os.walk(suite.home):
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    ways.seen.append(file.read().decode(errors="replace"))
        ways.seen.append(ways.server.sql("calbus", "SELECT coalesce(string_agg(t::text, ' '), '') FROM calbus.instance t"))
        ways.seen.append(ways.server.sql("postgres", "SELECT string_agg(application_name, ' ') FROM pg_stat_activity"))


def main(calbus):
    with Server(OWNER) as server, tempfile.TemporaryDirectory(prefix="cbways.") as work:
        ways = Ways(server, work, calbus)
        for step, more in ((make, ()), (each_way_is_taken_as_the_stock_butler_takes_it, ()), (a_password_in_an_address_is_not_shown, ()),
                           (services_get_in_and_tell_nobody, (calbus,))):
            say(step.__name__.replace("_", " "))
            step(ways, *more)
        assert len(ways.seen) > 40
        for text in ways.seen:
            for secret in SECRETS:
                assert secret not in text, f"a password is shown: {text[max(0, text.index(secret) - 200):][:400]}"


main(*sys.argv[1:2])
