"""Schemas with the built engine: rows, Avro, Flink's binary format."""

from __future__ import annotations

import io

import fastavro
from schema_scripts import FLIGHT, MODES, SCHEMAS, avro, put_json


def read_avro(data, schema=FLIGHT):
    return fastavro.schemaless_reader(io.BytesIO(data), schema, None)


@MODES
def test_rows_go_through_functions_and_keys_are_made_of_them(kinesis, run, mode):
    first = put_json(kinesis, *({"id": f"f{n}", "delay": n, "number": 2**60 + n, "other": [1]} for n in range(300)))
    target = kinesis.stream()
    code = f"""{SCHEMAS}
    env = environment(2)
    stream = rows(env, {first!r}, JSON_IN).filter(lambda row: row.delay >= 100)
    upper = lambda r: Row(id=r.id.upper(), delay=r.delay / 2, number=r.number)
    stream = stream.key_by(lambda row: row.id).map(upper, ROW)
    stream.sink_to(sink({target!r}, JSON_OUT, lambda row: row.id))
    env.execute()
    """
    assert run(code, "--stop-at", "latest", "--conf", f"python.execution-mode={mode}").end() == (0, "", "")
    (records,) = kinesis.shards(target).values()
    written = {record["PartitionKey"]: record["Data"] for record in records}
    assert written["F101"] == b'{"id":"F101","delay":50.5,"number":%d}' % (2**60 + 101)
    assert len(written) == len(records) == 200


def test_rows_need_no_function_between_source_and_sink_and_are_written_by_place(kinesis, run):
    first, target = put_json(kinesis, {"id": "a", "delay": 1}), kinesis.stream()
    code = f"""{SCHEMAS}
    env = environment()
    renamed = Types.ROW_NAMED(["x", "y", "z"], ROW.get_field_types())
    stream = rows(env, {first!r}, JSON_IN)
    stream.sink_to(sink({target!r}, JsonRowSerializationSchema.builder().with_type_info(renamed).build()))
    stream.map(lambda row: row, ROW).sink_to(
        sink({target!r}, JsonRowSerializationSchema.builder().with_type_info(renamed).build(), lambda row: row.id)
    )
    stream.sink_to(sink({target!r}, CsvRowSerializationSchema.Builder(ROW).build()))
    env.execute()
    """
    assert run(code, "--stop-at", "latest").end() == (0, "", "")
    assert sorted(kinesis.read(target)) == [b"a,1.0,\n", *[b'{"x":"a","y":1.0,"z":null}'] * 2]


def test_avro_records_are_dicts_or_data_classes_and_keep_their_values(kinesis, run):
    from datetime import date
    from decimal import Decimal

    first, target = kinesis.stream(), kinesis.stream()
    flights = [
        {"id": "a", "delay": 1.0, "day": date(2026, 2, 28), "fare": Decimal("12.50"), "number": 2**62},
        {"id": "b", "delay": -0.5, "day": date(1969, 12, 31), "fare": None, "number": None},
    ]
    kinesis.put(first, [("k", avro(flight)) for flight in flights])
    code = f"""{SCHEMAS}
    from pyflink.common.watermark_strategy import TimestampAssigner
    @dataclasses.dataclass
    class Flight:
        id: str
        delay: float
        day: datetime.date
        fare: decimal.Decimal | None
        number: int | None = None

    class Days(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            day = value.day if isinstance(value, Flight) else value["day"]
            return (day - datetime.date(1970, 1, 1)).days * 86400000

    env = environment()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Days())
    dicts = rows(env, {first!r}, AvroDeserializationSchema.for_generic(FLIGHT), strategy)
    dicts.map(repr, STRING).print("dict")
    dicts.sink_to(sink({target!r}, AvroSerializationSchema.for_generic(FLIGHT)))
    objects = rows(env, {first!r}, AvroDeserializationSchema.for_specific(Flight, FLIGHT), strategy)
    objects.map(repr, STRING).print("object")
    objects.map(lambda f: dataclasses.replace(f, id=f.id * 2)).sink_to(
        sink({target!r}, AvroSerializationSchema.for_specific(Flight, FLIGHT))
    )
    env.execute()
    """
    code, out, _ = run(code, "--stop-at", "latest").end()
    assert code == 0
    first_dict = "{'id': 'a', 'delay': 1.0, 'day': datetime.date(2026, 2, 28), 'fare': Decimal('12.50'), 'number': %d}"
    assert set(out.splitlines()) == {
        f"dict> {first_dict % 2**62}",
        "dict> {'id': 'b', 'delay': -0.5, 'day': datetime.date(1969, 12, 31), 'fare': None, 'number': None}",
        f"object> Flight(id='a', delay=1.0, day=datetime.date(2026, 2, 28), fare=Decimal('12.50'), number={2**62})",
        "object> Flight(id='b', delay=-0.5, day=datetime.date(1969, 12, 31), fare=None, number=None)",
    }
    written = sorted((read_avro(data) for data in kinesis.read(target)), key=lambda flight: flight["id"])
    assert written == [flights[0], {**flights[0], "id": "aa"}, flights[1], {**flights[1], "id": "bb"}]


def test_avro_rows_are_rows_of_flinks_types(kinesis, run):
    from datetime import date
    from decimal import Decimal

    first, target = kinesis.stream(), kinesis.stream()
    flight = {"id": "a", "delay": 1.0, "day": date(2026, 2, 28), "fare": Decimal("12.50"), "number": 7}
    kinesis.put(first, [("k", avro(flight))])
    code = f"""{SCHEMAS}
    env = environment()
    schema = AvroRowDeserializationSchema(avro_schema_string=FLIGHT)
    stream = rows(env, {first!r}, schema)
    print(schema._type_info())
    stream.map(lambda row: row, schema._type_info()).sink_to(
        sink({target!r}, AvroRowSerializationSchema(avro_schema_string=FLIGHT))
    )
    stream.print()
    env.execute()
    """
    code, out, err = run(code, "--stop-at", "latest").end()
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == "+I[a,1.0,2026-02-28,12.50,7]"
    assert "fare: BigDecimal" in out.splitlines()[0]
    assert list(map(read_avro, kinesis.read(target))) == [flight]


def test_flinks_binary_format_and_other_charsets_go_both_ways(kinesis, run):
    first, target = kinesis.stream(), kinesis.stream()
    kinesis.put(first, [("k", "zürich".encode("utf-16"))])
    code = f"""{SCHEMAS}
    from shardline.common.serialization import TypeInformationSerializationSchema
    env = environment()
    pair = Types.TUPLE([STRING, Types.INT()])
    stream = rows(env, {first!r}, SimpleStringSchema("UTF-16"))
    stream.map(lambda text: (text, len(text)), pair).sink_to(sink({target!r}, TypeInformationSerializationSchema(pair)))
    env.execute()
    rows(env, {target!r}, TypeInformationSerializationSchema(pair)).print()
    env.execute()
    """
    assert run(code, "--stop-at", "latest").end() == (0, "(zürich,6)\n", "")
    assert kinesis.read(target) == [b"\x07z\xfc\x01rich\x00\x00\x00\x06"]
