"""What our handle remembers of a search path never makes an answer old.

butler_fresh.py WORK DRIVER STEPS SEED     WORK/repo is a repository, DRIVER is bench_registry
The stock butler changes chains, certifications and collections at random; after each step our process, which stays up,
and a finder made anew in it must find what the stock butler finds.
"""

import os
import random
import subprocess
import sys

from lsst.daf.butler import Butler, CollectionType, Timespan

TOP, INNER = "u/fresh/top", "u/fresh/inner"
KINDS = [CollectionType.CALIBRATION, CollectionType.TAGGED]
POOL = [f"u/fresh/{n}" for n in range(5)]
RUNS = ["LSSTComCam/calib/DM-1/demo/biasGen.20241210a", "LSSTComCam/calib/DM-2/demo/biasGen.20241220a"]
SECOND = 10**9
FIRST, DAY = 1733011200 * SECOND, 86400 * SECOND


class Ours:
    def __init__(self, work, driver):
        self.path = os.path.join(work, "questions")
        self.process = subprocess.Popen([driver, os.path.join(work, "repo")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def find(self, way, collection, asked):
        with open(self.path, "w") as out:
            out.writelines(f"bias LSSTComCam {detector} - {at}\n" for detector, at in asked)
        self.process.stdin.write(f"{way}\t{collection}\t{self.path}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "our driver ended"
        return line.split()[1:]


class Writer:
    """The stock butler, changing things."""

    def __init__(self, repo, rng):
        self.butler, self.rng = Butler.from_config(repo, writeable=True), rng
        self.certified = set()
        for name in (TOP, INNER):
            self.butler.collections.register(name, CollectionType.CHAINED)
        for name in POOL:
            self.butler.collections.register(name, rng.choice(KINDS))
        self.butler.collections.redefine_chain(TOP, [INNER])

    def children(self):
        return self.rng.sample([*POOL, *RUNS], self.rng.randint(1, 3))

    def redefine(self, chain):
        children = self.children()
        self.butler.collections.redefine_chain(chain, [INNER, *children] if chain == TOP and self.rng.random() < 0.7 else children)

    def prepend(self, chain):
        self.butler.collections.prepend_chain(chain, self.children())

    def extend(self, chain):
        self.butler.collections.extend_chain(chain, self.children())

    def remove(self, chain):
        there = self.butler.collections.get_info(chain).children
        self.butler.collections.remove_from_chain(chain, self.rng.sample(there, min(len(there), 1)))

    def fill(self, _):
        """Certify, or tag: at first the collection begins to hold the type."""
        name, day = self.rng.choice(POOL), self.rng.randrange(6)
        refs = self.butler.query_datasets("bias", self.rng.choice(RUNS))
        if self.butler.collections.get_info(name).type is CollectionType.TAGGED:
            self.butler.registry.disassociate(name, self.butler.query_datasets("bias", name, explain=False))
            self.butler.registry.associate(name, refs[:5])
            return
        span = Timespan(None, None, _nsec=(FIRST + day * DAY, FIRST + (day + 2) * DAY))
        if name in self.certified:  # the stock butler cannot decertify where nothing has ever been certified
            self.butler.registry.decertify(name, "bias", span)
        self.certified.add(name)
        self.butler.registry.certify(name, refs[3:], span)

    def make_anew(self, _):
        """A collection of another type under an old name, where the old one was in the chain."""
        name = self.rng.choice(POOL)
        chains = {chain: self.butler.collections.get_info(chain).children for chain in (TOP, INNER)}
        kind = KINDS[self.butler.collections.get_info(name).type is KINDS[0]]
        for chain, children in chains.items():
            self.butler.collections.redefine_chain(chain, [child for child in children if child != name])
        self.butler.collections.x_remove(name)
        self.certified.discard(name)
        self.butler.collections.register(name, kind)
        for chain, children in chains.items():
            self.butler.collections.redefine_chain(chain, children)

    def step(self):
        change = self.rng.choice([self.redefine, self.prepend, self.extend, self.remove, self.fill, self.fill, self.make_anew])
        change(self.rng.choice([TOP, INNER]))
        return change.__name__

    def find(self, collection, detector, at):
        span = Timespan(None, None, _nsec=(at, at + 1))
        ref = self.butler.find_dataset("bias", instrument="LSSTComCam", detector=detector, collections=collection, timespan=span)
        return str(ref.id) if ref else "-"


def main(work, driver, steps, seed):
    rng = random.Random(int(seed))
    writer, ours = Writer(os.path.join(work, "repo"), rng), Ours(work, driver)
    answers = set()
    for number in range(int(steps)):
        what = writer.step()
        asked = [(detector, FIRST + day * DAY + DAY // 2) for detector in (0, 4, 8) for day in (0, 3, 6)]
        for collection in (TOP, INNER):
            expected = [writer.find(collection, *question) for question in asked]
            answers.update(expected)
            for way in ("one", "path"):
                found = ours.find(way, collection, asked)
                assert found == expected, f"step {number}, {what}, {way} in {collection}: {found}, not {expected}"
    assert len(answers) > 4 and "-" in answers, answers
    print(f"{steps} changes by the stock butler: each seen at once, {len(answers)} different answers")


if __name__ == "__main__":
    main(*sys.argv[1:])
