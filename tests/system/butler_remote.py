"""Files on other machines, the drop-in `butler` beside the stock one: butler_remote.py OURS WORK SOCKET

WORK/stock, WORK/ours and WORK/source are repositories made alike; WORK/s3/buckets holds the buckets of a real S3 server. After
each command exit status, tables and files must be the same.
"""

import http.server
import os
import pathlib
import shutil
import subprocess
import sys
import threading

from butler_files import Side, Twins
from lsst.resources.s3utils import _get_s3_client

OBJECTS = {"0.fits": b"x" * 2880, "odd name+~.fits": b"odd", "deep/er/1.fits.gz": b"gz", "big.fits": bytes(range(256)) * 20000}


class Web(http.server.BaseHTTPRequestHandler):
    """/file NAME, /moved to it, /secret with a token, /cut off in the middle, /busy twice before it answers."""

    busy = 0

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", cut=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:cut])
        self.close_connection = cut is not None

    def do_GET(self):
        kind, _, name = self.path.lstrip("/").partition("/")
        name = name.replace("%20", " ")
        if kind == "moved":
            return self.answer(302, Location=f"/file/{name}")
        if kind == "secret" and self.headers.get("Authorization") != "Bearer let-me-in":
            return self.answer(401)
        if kind == "busy" and self.command == "GET":
            Web.busy += 1
            if Web.busy < 3:
                return self.answer(503)
        if kind not in ("file", "secret", "cut", "busy") or name not in OBJECTS:
            return self.answer(404)
        return self.answer(200, OBJECTS[name], 1000 if kind == "cut" else None)

    do_HEAD = do_GET


class Remote(Twins):
    def __init__(self, ours, work, socket):
        super().__init__(ours, work, socket)
        self.work, self.socket, self.ours, self.runs = pathlib.Path(work), socket, ours, 0
        self.bucket = self.work / "s3/buckets/cal"
        for name, content in OBJECTS.items():
            (self.bucket / "files" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.bucket / "files" / name).write_bytes(content)
        web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        self.web = f"http://127.0.0.1:{web.server_address[1]}"

    def ingest(self, *names, status=0, words=(), mode="copy", by=None):
        self.runs += 1
        self.write("table.csv", ("file,htm7\n" + "".join(f"{name},{131072 + i}\n" for i, name in enumerate(names))).encode())
        words = ("ingest-files", "-t", mode, *words, "mon", f"refcats/{self.runs}", "table.csv")
        said = by(*words, status=status) if by else self.both(*words, status=status)
        left = [p for p in self.sides[1].root.rglob("*") if ".tmp" in p.name or (status and f"refcats/{self.runs}/" in str(p) and p.is_file())]
        assert not left, (names, left)
        return said


def from_a_bucket(remote):
    remote.both("register-dataset-type", "mon", "SimpleCatalog", "htm7", status=0)
    at = ("--prefix", "s3://cal/files")
    for mode in ("copy", "auto", "direct"):
        remote.ingest("0.fits", "deep/er/1.fits.gz", "big.fits", mode=mode, words=at)
        remote.ingest("s3://cal/files/0.fits", "s3://cal/files/odd%20name%2B~.fits", mode=mode)
        remote.ingest("s3://cal/files/0.fits", "s3://cal/files/nosuch.fits", mode=mode, status=1)
        remote.ingest("nosuch.fits", mode=mode, words=("--prefix", "s3://nosuch/files/"), status=1)
    remote.ingest("odd name+~.fits", words=at, by=remote_ours)  # the stock command encodes such names twice, and misses them
    remote.ingest("0.fits", mode="direct", words=("--no-track-file-attrs", *at))
    for mode in ("link", "symlink", "hardlink", "relsymlink"):
        remote.ingest("s3://cal/files/0.fits", mode=mode, status=1)
    said = remote.ingest("s3://cal/files/0.fits", mode="move", status=1, by=remote.ours_only)
    assert "transfer mode move for remote resource" in said, said
    remote.ingest("s3://cal/files/0.fits", "/nosuch/1.fits", status=1)


def with_keys(remote):
    """Each way to say who asks; keys are in no message."""
    endpoint = os.environ.pop("S3_ENDPOINT_URL")
    key, secret = os.environ.pop("AWS_ACCESS_KEY_ID"), os.environ.pop("AWS_SECRET_ACCESS_KEY")
    file = remote.work / "credentials"
    file.write_text(f"[other]\naws_access_key_id = {key}\naws_secret_access_key={secret}\n[default]\naws_access_key_id=a\naws_secret_access_key=b\n")
    with_secret = endpoint.replace("://", f"://{key}:{secret}@")
    for environment, uri, status in (
            ({"LSST_RESOURCES_S3_PROFILE_butler": with_secret}, "s3://butler@cal/files/0.fits", 0),
            ({"LSST_RESOURCES_S3_PROFILE_butler": with_secret.replace("secret", "Zecret")}, "s3://butler@cal/files/0.fits", 1),
            ({"S3_ENDPOINT_URL": with_secret}, "s3://cal/files/0.fits", 0),
            ({"S3_ENDPOINT_URL": endpoint, "AWS_SHARED_CREDENTIALS_FILE": str(file)}, "s3://other@cal/files/0.fits", 0),
            ({"S3_ENDPOINT_URL": endpoint, "AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_PROFILE": "other"}, "s3://cal/files/0.fits", 0),
            ({"S3_ENDPOINT_URL": endpoint, "AWS_SHARED_CREDENTIALS_FILE": str(file)}, "s3://cal/files/0.fits", 1),
            ({"S3_ENDPOINT_URL": endpoint, "AWS_SHARED_CREDENTIALS_FILE": "/nosuch", "AWS_EC2_METADATA_DISABLED": "true"}, "s3://cal/files/0.fits", 1)):
        os.environ.update(environment)
        _get_s3_client.cache_clear()
        said = remote.ingest(uri, mode="copy", status=status)
        assert "ecret" not in said.replace("AWS_SECRET", ""), said
        for name in environment:
            del os.environ[name]
    _get_s3_client.cache_clear()
    os.environ.update(S3_ENDPOINT_URL=endpoint, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)


def from_the_web(remote):
    for mode in ("copy", "auto", "direct"):
        remote.ingest("0.fits", "big.fits", "deep/er/1.fits.gz", mode=mode, words=("--prefix", f"{remote.web}/file"))
        remote.ingest(f"{remote.web}/file/nosuch.fits", mode=mode, status=1)
    remote.ingest(f"{remote.web}/moved/0.fits")
    os.environ["LSST_HTTP_AUTH_BEARER_TOKEN"] = "let-me-in"
    remote.ingest(f"{remote.web}/secret/0.fits", by=remote_ours)
    del os.environ["LSST_HTTP_AUTH_BEARER_TOKEN"]
    said = remote.ingest(f"{remote.web}/secret/0.fits", status=1, by=remote.ours_only)
    assert "permission denied" in said, said
    remote.ingest(f"{remote.web}/busy/0.fits", by=remote_ours)
    said = remote.ingest(f"{remote.web}/cut/big.fits", status=1, by=remote.ours_only)
    assert "no answer" in said, said
    remote.ingest("ftp://127.0.0.1/x.fits", status=1, by=remote.ours_only)


def remote_ours(*words, status):
    """What is only done with ours."""
    side = REMOTE.sides[1]
    got = side.run(list(words))
    assert got[0] == status, got
    run = words[-2]
    assert side.rows(f"SELECT count(*) FROM dataset d JOIN collection c ON c.collection_id = d.run_id WHERE c.name = '{run}'") == [(1,)]
    assert (side.root / run / "mon").is_dir()
    side.run(["remove-runs", "--no-confirm", run])
    return got[2]


def retrieved(remote):
    """Files that a repository names by URI come out as those below its root."""
    for words in ((), ("--no-preserve-path",), ("-t", "copy"), ("-t", "symlink"), ("-v",)):
        trees = []
        for side in remote.sides:
            shutil.rmtree(side.folder / "out", ignore_errors=True)
            status, printed, said = side.run(["retrieve-artifacts", "@/out/", "-d", "mon", "--collections", "refcats/2,refcats/6,refcats/10", *words])
            files = {str(p.relative_to(side.folder)): p.read_bytes() for p in (side.folder / "out").rglob("*.fits*")}
            # what came before a refusal depends on the order, which is the stock command's to choose
            trees.append((status, sorted(printed.replace(str(side.folder), "@").splitlines()), status or files))
        assert trees[0] == trees[1], (words, trees, said)
        remote.count += 1
    shutil.rmtree(remote.sides[0].folder / "out")
    shutil.rmtree(remote.sides[1].folder / "out")


def imported(remote):
    """DMTN-222 3.5.2: the export's files in a bucket, the file that names them here or there."""
    exported = remote.bucket / "rucio/ancillary"
    exported.parent.mkdir()
    subprocess.run([remote.ours, "export-calibs", remote.work / "source", exported, "-t", "copy"], check=True, stdout=subprocess.DEVNULL)
    here = remote.work / "export.yaml"
    shutil.copy(exported / "export.yaml", here)
    for number, words in enumerate((("s3://cal/rucio/ancillary", "--export-file", str(here)), ("s3://cal/rucio/ancillary", "-t", "direct"),
                                    ("s3://cal/rucio/ancillary/", "-t", "copy"), ("s3://cal/nosuch", "-t", "copy"))):
        for side in remote.sides:
            side.database.close()
        remote.sides = []
        for name, program in ((f"stock{number}", None), (f"ours{number}", remote.ours)):
            seed = remote.work / "seed.yaml"
            seed.write_text(f"registry:\n  db: 'postgresql+psycopg2://calbus@/calbus?host={remote.socket}'\n  namespace: {name}\n")
            subprocess.run([remote.ours, "create", "--seed-config", seed, remote.work / name], check=True)
            remote.sides.append(Side(name, remote.work, remote.socket, program))
            remote.sides[-1].folder.mkdir(exist_ok=True)
        remote.both("import", *words, status="nosuch" in words[0])
        if "nosuch" not in words[0]:
            datasets, *_ = remote.sides[1].state()
            assert len(datasets) > 5 and all(("s3://" in row[2]) == ("direct" in words) for row in datasets), datasets
    said = remote.ours_only("export-calibs", "s3://cal/new", status=1)
    assert "a folder of this machine" in said, said


def main(*arguments):
    global REMOTE
    REMOTE = Remote(*arguments)
    for part in (from_a_bucket, with_keys, from_the_web, retrieved, imported):
        part(REMOTE)
        print(f"ok: {part.__name__.replace('_', ' ')}, {REMOTE.count} commands")


if __name__ == "__main__":
    main(*sys.argv[1:4])
