"""What others read of our events: kcat, and stock protobuf and confluent-kafka of PyPI.

  test_stock_readers.py PROGRAMS
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback
import uuid

from confluent_kafka import Consumer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from suite import ROOT, Suite, free_port

TOPIC = "calbus.exposure.v1"


def wrapper_class(name):
    """The message class, from our .proto files alone."""
    protos = sorted(pathlib.Path(ROOT, "proto/calbus/v1").glob("*.proto"))
    with tempfile.NamedTemporaryFile() as image:
        subprocess.run(["protoc-c", f"--descriptor_set_out={image.name}", "-I", f"{ROOT}/proto", *map(str, protos)],
                       check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(image.name).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    waiting = {file.name: file for file in files.file}
    while waiting:
        for file in list(waiting.values()):
            if not any(needed in waiting for needed in file.dependency):
                pool.Add(waiting.pop(file.name))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"calbus.v1.{name}"))


def consume(suite, count):
    consumer = Consumer({"bootstrap.servers": suite.bootstrap(), "group.id": "stock", "auto.offset.reset": "earliest",
                         "session.timeout.ms": 6000, "partition.assignment.strategy": "roundrobin"})
    consumer.subscribe([TOPIC])
    messages = []
    for _ in range(300):
        message = consumer.poll(0.2)
        if message is not None and not message.error():
            messages.append(message)
        if len(messages) >= count:
            break
    consumer.close()
    assert len(messages) == count, messages
    return messages


def start_and_say(suite, *settings):
    suite.start_broker()
    suite.start_service("relay", "1", *settings)
    suite.start_service("echo", "1")
    suite.wait_ready("relay.1", "echo.1")
    suite.say("put", "LSSTComCam/2024120800001", 1, 3)
    suite.wait_echoed(3)


def check_headers(headers):
    assert headers["ce_specversion"] == "1.0" and headers["content-type"] == "application/protobuf", headers
    assert uuid.UUID(headers["ce_id"]).version in (5, 7), headers
    assert headers["ce_source"].startswith("/calbus/usdf/"), headers
    assert headers["ce_type"].startswith("org.rubin.calbus.exposure."), headers
    assert headers["ce_dataschema"] == "calbus/v1/exposure.proto#calbus.v1.ExposureEvent", headers
    assert set(headers) == {"ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time",
                            "ce_dataschema", "content-type", "traceparent"}, headers


def check_event(event):
    kind = event.WhichOneof("event")
    assert kind in ("ingested", "rejected"), event
    if kind == "ingested":
        said = event.ingested
        assert (said.instrument, said.day_obs, said.detector) == ("LSSTComCam", 20241208, 0), said
        assert said.exposure in (2024120800001, 2024120800002, 2024120800003), said


def stock_python_reads_the_events(suite):
    start_and_say(suite)
    event_class = wrapper_class("ExposureEvent")
    traces = {}
    for message in consume(suite, 6):
        headers = {name: value.decode() for name, value in message.headers()}
        check_headers(headers)
        event = event_class.FromString(message.value())
        check_event(event)
        trace = headers["traceparent"].split("-")[1]
        traces.setdefault(trace, []).append(event.WhichOneof("event"))
        assert message.key() == b"LSSTComCam/2024120800001"
    assert sorted(sorted(kinds) for kinds in traces.values()) == [["ingested", "rejected"]] * 3, traces


def kcat_reads_the_events(suite):
    start_and_say(suite)
    done = subprocess.run(["kcat", "-C", "-b", suite.bootstrap(), "-t", TOPIC, "-e", "-q", "-J"], capture_output=True,
                          text=True, errors="replace", timeout=60, check=True)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) == 6, records
    for record in records:
        pairs = record["headers"]
        check_headers(dict(zip(pairs[::2], pairs[1::2])))
        assert record["key"] == "LSSTComCam/2024120800001", record


def a_registry_aware_reader_reads_the_events(suite):
    data = os.path.join(suite.home, "registry")
    registry = [os.path.join(ROOT, "deploy", "schema-registry")]
    where = ["-d", data, "-p", str(free_port())]
    url = subprocess.run(registry + ["start"] + where, check=True, capture_output=True, text=True,
                         timeout=300).stdout.strip()
    try:
        start_and_say(suite, f"registry.url={url}")
        read = ProtobufDeserializer(wrapper_class("ExposureEvent"), {"use.deprecated.format": False})
        for message in consume(suite, 6):
            assert message.value()[0] == 0 and message.value()[5] == 0, message.value()[:8]
            check_event(read(message.value(), SerializationContext(TOPIC, MessageField.VALUE)))
    finally:
        subprocess.run(registry + ["stop"] + where, check=True, timeout=60)


JOURNEYS = [stock_python_reads_the_events, kcat_reads_the_events, a_registry_aware_reader_reads_the_events]


def main():
    failed = 0
    for journey in JOURNEYS:
        if len(sys.argv) > 2 and journey.__name__ not in sys.argv[2:]:
            continue
        if "registry" in journey.__name__ and not (shutil.which("java") and shutil.which("mvn")):
            print(f"SKIPPED {journey.__name__}: no Java or Maven", flush=True)
            continue
        suite = Suite(sys.argv[1], "mock")
        try:
            journey(suite)
            print(f"ok      {journey.__name__}", flush=True)
        except Exception:  # pylint: disable=broad-exception-caught
            failed += 1
            print(f"FAILED  {journey.__name__}\n{traceback.format_exc()}\n{suite.logs()}", flush=True)
        finally:
            suite.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
