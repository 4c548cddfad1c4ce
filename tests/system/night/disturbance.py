"""What goes wrong while a night goes on."""
import random
import threading
import time

from suite import CommandFailed, say

LONGEST_FIRST_GAP_S, LONGEST_GAP_S = 2.5, 6.0  # between two kills: the first round fits into any night


class Disturbance:
    """Runs beside a night until stop(); an error in it is raised there."""

    def __init__(self, suite, work):
        self.suite, self.over, self.error = suite, threading.Event(), None
        self.thread = threading.Thread(target=self.keep, args=(work,))

    def keep(self, work):
        try:
            work(self.suite, self.over)
        except Exception as error:  # whatever it was belongs to the test's own thread
            self.error = error

    def __enter__(self):
        self.suite.disturbed = True
        self.thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.over.set()
        self.thread.join()
        heal(self.suite)
        self.suite.disturbed = False
        if kind is None and self.error is not None:
            raise self.error


def heal(suite):
    """`calbus up` after whatever has happened."""
    end = time.monotonic() + 120
    while True:
        try:
            suite.up()
            return
        except CommandFailed:
            if time.monotonic() > end:
                raise


def kill_everything_in_turn(seed, killed):
    """Each process of the suite, the supervisor too, in an order and at moments drawn with seed, round after round.
    killed: gets their names."""
    dice = random.Random(seed)

    def work(suite, over):
        longest_gap = LONGEST_FIRST_GAP_S
        while not over.is_set():
            targets = sorted(suite.units())
            dice.shuffle(targets)
            for unit in targets:
                if over.wait(dice.uniform(0.2, longest_gap)):
                    return
                if suite.kill(unit):
                    killed.append(unit)
                    say(f"    kill -9 {unit}")
                if unit == "supervisor":
                    heal(suite)
            longest_gap = LONGEST_GAP_S

    return work


def keep_away(unit, seconds):
    """A process that is killed whenever it is there, for a while."""

    def work(suite, over):
        say(f"    {unit} is away for {seconds} s")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            suite.kill(unit)
            over.wait(0.1)
            if over.is_set():
                return
        say(f"    {unit} may come back")

    return work
