"""Metrics as Avro, read with a stock reader and a real schema registry: none is lost, whoever is away or killed.

  test_metrics_avro.py PROGRAMS BROKER
"""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bus"))

from confluent_kafka import Consumer, OFFSET_BEGINNING, TopicPartition  # pylint: disable=wrong-import-position
from confluent_kafka.schema_registry import SchemaRegistryClient  # pylint: disable=wrong-import-position
from confluent_kafka.schema_registry.avro import AvroDeserializer  # pylint: disable=wrong-import-position
from confluent_kafka.serialization import MessageField, SerializationContext  # pylint: disable=wrong-import-position

from suite import ROOT, Suite, free_port, wait_until  # pylint: disable=wrong-import-position

RUN = "01a20000-0000-7000-8000-000000000001"
NIGHT = 20241209 * 100000
# 2024-12-10T00:00:00 TAI; 37 s earlier in UTC
MIDNIGHT_TAI_NS = 1733788800 * 10**9
TOPICS = {"bias": "lsst.cp.verifyBias", "dark": "lsst.cp.verifyDark", "flat": "lsst.cp.verifyFlat"}


class Registry:
    """A schema registry that can be stopped, and made anew with nothing in it."""

    def __init__(self, folder):
        self.data, self.port = os.path.join(folder, "registry"), free_port()
        self.url = f"http://127.0.0.1:{self.port}/apis/ccompat/v7"

    def command(self, verb):
        subprocess.run([os.path.join(ROOT, "deploy", "schema-registry"), verb, "-d", self.data, "-p", str(self.port)],
                       check=True, stdout=subprocess.DEVNULL, timeout=300)

    def start(self):
        self.command("start")

    def stop(self):
        if os.path.isdir(self.data):
            self.command("stop")

    def make_anew(self):
        self.stop()
        shutil.rmtree(self.data)
        self.start()


def record(suite, first, last, kinds="ARRAY['bias', 'dark', 'flat']"):
    """Rows of the history as the verifier writes them: record n is of detector n modulo 9."""
    suite.sql(f"""
      INSERT INTO calbus.metric_record (sequence, run_id, instrument, detector, calib_type, physical_filter, exposure, day_obs,
                                        run, dataset_tag, timestamp_tai_ns, calib_id, success)
      SELECT n, '{RUN}', 'LSSTComCam', n % 9, kind, CASE kind WHEN 'flat' THEN 'r_03' ELSE '' END, {NIGHT} + n, 20241209,
             'LSSTComCam/calib/daily/verify\u00c4', 'daily', {MIDNIGHT_TAI_NS}, 'c0ffee', n % 2 = 0
        FROM generate_series({first}, {last}) AS n, LATERAL (SELECT ({kinds})[1 + n % cardinality({kinds})] AS kind) AS k;
      INSERT INTO calbus.metric_value (sequence, name, amp, value, unit)
      SELECT n, v.name, v.amp, v.value, 'electron' FROM generate_series({first}, {last}) AS n,
             LATERAL (VALUES ('NOISE', 'C00', n + 0.125), ('NOISE', 'C17', 'NaN'), ('READ_NOISE_ADU', 'C10', -n)) AS v(name, amp, value)
    """)


def announcement(suite):
    return os.path.join(suite.home, "run", "broker.json")


def cursor(suite):
    """How far the publisher is with the broker that is there now."""
    incarnation = ""
    if suite.kafka_port is None:
        with open(announcement(suite), encoding="utf-8") as file:
            incarnation = json.load(file)["incarnation"]
    return int(suite.sql(f"SELECT coalesce(max(sequence), 0) FROM calbus.metric_cursor WHERE publisher = 'avro@{incarnation}'"))


def failures(suite):
    with open(os.path.join(suite.home, "verifier.1.log"), encoding="utf-8") as log:
        return sum('"task":"publish metrics"' in line for line in log)


def fails_again(suite):
    before = failures(suite)
    wait_until("the publisher says that it cannot publish", lambda: failures(suite) > before)


def read_all(suite, registry, wanted):
    """{sequence: record as the stock reader gives it} of all three topics; a sequence twice must be the same twice."""
    read = AvroDeserializer(SchemaRegistryClient({"url": registry.url}))
    consumer = Consumer({"bootstrap.servers": suite.bootstrap(), "group.id": "stock", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING) for topic in TOPICS.values()])
    found = {}

    def poll():
        for message in consumer.consume(1000, 0.2):
            assert not message.error(), message.error()
            value = read(message.value(), SerializationContext(message.topic(), MessageField.VALUE))
            assert message.topic() == TOPICS[value["calib_type"]], message.topic()
            assert message.key().decode() == f"LSSTComCam/{value['detector']}", message.key()
            assert found.setdefault(int(value["exposure"]) - NIGHT, value) == value, value
        return wanted <= set(found)

    wait_until(f"records {min(wanted)} to {max(wanted)} are read", poll)
    consumer.close()
    return found


def looks_as_it_was_recorded(number, value):
    assert value["detector"] == str(number % 9) and value["exposure"] == str(NIGHT + number), value
    assert value["run"] == "LSSTComCam/calib/daily/verify\u00c4" and value["dataset_tag"] == "daily", value
    assert value["timestamp"] == MIDNIGHT_TAI_NS / 1e9 - 37 and value["day_obs"] == "20241209", value
    assert value["success"] == (number % 2 == 0) and value["vendor"] == "ITL" and value["calib_id"] == "c0ffee", value
    assert (value["physical_filter"], value["band"]) == (("r_03", "r") if value["calib_type"] == "flat" else ("", "")), value
    assert value["NOISE_C00"] == number + 0.125 and value["NOISE_C17"] is None and value["READ_NOISE_ADU_C10"] == -number, value
    assert value["n_failed"] == 2 * (number == 2) and value["FAIL_NOISE"] == 2 * (number == 2), value


def none_is_lost(suite, registry):
    suite.sql(f"""
      INSERT INTO calbus.verification (run_id, kind, repository, instrument, calib_type, verify_run)
      VALUES ('{RUN}', 'daily', '/repo/main', 'LSSTComCam', 'flat', 'v');
      UPDATE calbus.verification SET state = 'finished';
      INSERT INTO calbus.verification_test (run_id, exposure, detector, amp, test, metric, unit, outcome, counts)
      SELECT '{RUN}', {NIGHT} + 2, 2, amp, 'NOISE', 'NOISE', 'electron', 'fail', true FROM (VALUES ('C00'), ('C01')) AS a(amp)""")
    suite.start_broker()
    if suite.kafka_port is None:
        wait_until("the broker has announced itself", lambda: os.path.exists(announcement(suite)))
    record(suite, 1, 60)
    start = lambda: suite.start_service("verifier", "1", f"registry.url={registry.url}")
    start()
    fails_again(suite)  # the registry is away
    registry.start()
    wait_until("the first records are with the broker", lambda: cursor(suite) == 60)
    record(suite, 61, 1000)
    wait_until("it is in the middle of it", lambda: cursor(suite) > 60)
    suite.kill("verifier.1")
    assert cursor(suite) < 1000
    start()
    wait_until("all are with the broker", lambda: cursor(suite) == 1000)
    for number, value in read_all(suite, registry, set(range(1, 1001))).items():
        looks_as_it_was_recorded(number, value)

    suite.kill_broker()
    record(suite, 1001, 1010)
    fails_again(suite)
    suite.start_broker()
    wait_until("the new broker has all", lambda: cursor(suite) == 1010)
    read_all(suite, registry, set(range(1, 1011)))

    registry.make_anew()
    record(suite, 1011, 1013, "ARRAY['flat']")
    wait_until("the new registry's ids are used", lambda: cursor(suite) == 1013)


def a_new_registry_knows_what_was_written_last(suite, registry):
    read = AvroDeserializer(SchemaRegistryClient({"url": registry.url}))
    consumer = Consumer({"bootstrap.servers": suite.bootstrap(), "group.id": "stock", "enable.auto.commit": False})
    place = TopicPartition(TOPICS["flat"], 0)
    place.offset = consumer.get_watermark_offsets(place, timeout=20)[1] - 3
    consumer.assign([place])
    found = []

    def poll():
        for message in consumer.consume(3, 0.2):
            assert not message.error(), message.error()
            found.append(int(read(message.value(), SerializationContext(place.topic, MessageField.VALUE))["exposure"]) - NIGHT)
        return len(found) == 3

    wait_until("the last three flats are read", poll)
    consumer.close()
    assert found == [1011, 1012, 1013], found


def main():
    programs, broker = sys.argv[1:3]
    if not (shutil.which("java") and shutil.which("mvn")):
        print("skipped: Java and Maven are not installed (apt-get install default-jre-headless maven)")
        sys.exit(77)
    suite = Suite(programs, broker)
    registry = Registry(suite.home)
    try:
        none_is_lost(suite, registry)
        a_new_registry_knows_what_was_written_last(suite, registry)
        print("ok")
    except BaseException:
        print(suite.logs())
        raise
    finally:
        registry.stop()
        suite.close()


main()
