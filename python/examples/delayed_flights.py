"""Which flights are late? Reads flights from one Kinesis stream and writes the delayed ones to another.

An ordinary PyFlink script: it runs on Apache Flink as it stands, and without a JVM by

    shardline run delayed_flights.py --input-arn ARN --output-arn ARN

A flight comes as JSON, under the key of its origin airport:

    {"date": "2001-01-10T09:16:00", "delay": 31, "distance": 1024, "origin": "SFO", "destination": "JFK"}

and goes out, if it was more than a quarter of an hour late, as

    {"origin": "SFO", "destination": "JFK", "delay": 31, "category": "late"}
"""

import argparse
import json
import os

from pyflink.common import Configuration, SimpleStringSchema, Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.kinesis import KinesisStreamsSink, KinesisStreamsSource, PartitionKeyGenerator

TOLERATED_MINUTES = 15


def is_delayed(record):
    return json.loads(record)["delay"] > TOLERATED_MINUTES


def to_report(record):
    flight = json.loads(record)
    report = {
        "origin": flight["origin"],
        "destination": flight["destination"],
        "delay": flight["delay"],
        "category": category(flight["delay"]),
    }
    if "seq" in flight:  # a running number per origin, if the producer gives one: it shows that order is kept
        report["seq"] = flight["seq"]
    return json.dumps(report)


def category(minutes):
    if minutes > 180:
        return "lost the day"
    if minutes > 60:
        return "very late"
    return "late"


def flights(stream_arn, endpoint):
    config = Configuration()
    config.set_string("source.init.position", "TRIM_HORIZON")
    if endpoint:
        config.set_string("aws.endpoint", endpoint)
    return (
        KinesisStreamsSource.builder()
        .set_stream_arn(stream_arn)
        .set_source_config(config)
        .set_deserialization_schema(SimpleStringSchema())
        .build()
    )


def reports(stream_arn, endpoint):
    properties = {"aws.region": region_of(stream_arn)}
    if endpoint:
        properties["aws.endpoint"] = endpoint
    return (
        KinesisStreamsSink.builder()
        .set_stream_name(name_of(stream_arn))
        .set_kinesis_client_properties(properties)
        .set_serialization_schema(SimpleStringSchema())
        .set_partition_key_generator(PartitionKeyGenerator.fixed())
        .set_max_in_flight_requests(1)  # what has to be sent again then keeps its place
        .build()
    )


def region_of(stream_arn):
    return stream_arn.split(":")[3]


def name_of(stream_arn):
    return stream_arn.split("/")[-1]


def main():
    arguments = parse_arguments()
    env = StreamExecutionEnvironment.get_execution_environment()
    env.enable_checkpointing(1000)

    (
        env.from_source(
            flights(arguments.input_arn, arguments.endpoint),
            WatermarkStrategy.no_watermarks(),
            "flights",
            type_info=Types.STRING(),
        )
        .filter(is_delayed)
        .map(to_report, output_type=Types.STRING())
        .sink_to(reports(arguments.output_arn, arguments.endpoint))
    )

    env.execute("delayed flights")


def parse_arguments():
    account = "arn:aws:kinesis:us-east-1:000000000000:stream/"
    parser = argparse.ArgumentParser(description="Writes the delayed flights of one stream to another.")
    parser.add_argument("--input-arn", default=os.environ.get("FLIGHTS_ARN", account + "flights"))
    parser.add_argument("--output-arn", default=os.environ.get("DELAYED_FLIGHTS_ARN", account + "delayed-flights"))
    parser.add_argument(
        "--endpoint",
        default=os.environ.get("AWS_ENDPOINT_URL_KINESIS"),
        help="where Kinesis is, if not at AWS (default: AWS_ENDPOINT_URL_KINESIS)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
