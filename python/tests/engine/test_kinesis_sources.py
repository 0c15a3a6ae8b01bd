"""Sources with other settings: Flink 1.x's consumer, shard assigners of the script, enhanced fan-out, several streams
as one."""

from __future__ import annotations


def test_a_script_of_flink_1_reads_two_streams_as_one(kinesis, run):
    a, b, target = kinesis.stream(2), kinesis.stream(1), kinesis.stream(1)
    kinesis.put(a, [(f"key-{n}", f"a{n}") for n in range(100)])
    kinesis.put(b, [(f"key-{n}", f"b{n}") for n in range(50)])
    names = [arn.rsplit("/", 1)[1] for arn in (a, b)]
    code = f"""
        from pyflink.datastream.connectors.kinesis import FlinkKinesisConsumer
        env = environment(2)
        consumer = FlinkKinesisConsumer(streams={names!r}, deserializer=SimpleStringSchema(), config_props={{
            "aws.region": "us-east-1", "aws.endpoint": {kinesis.endpoint!r},
            "flink.stream.initpos": "TRIM_HORIZON", "flink.shard.getrecords.maxrecordcount": "10",
        }})
        stream = env.add_source(consumer, "legacy").uid("legacy")
        write(stream.map(str.upper, output_type=STRING), {target!r})
        env.execute("legacy")
    """
    status, _, errors = run(code, "--stop-at", "latest").end()
    assert status == 0, errors
    assert sorted(kinesis.read(target)) == sorted(
        [f"A{n}".encode() for n in range(100)] + [f"B{n}".encode() for n in range(50)]
    )


def test_a_scripts_own_assigner_is_asked(kinesis, run):
    source, target = kinesis.stream(4), kinesis.stream(1)
    kinesis.put(source, [(f"key-{n}", f"{n}") for n in range(200)])
    code = f"""
        from pyflink.datastream.connectors.kinesis import KinesisStreamsSource
        asked = []
        def assigner(shard, context):
            print(shard.shard_id[-1], [len(shards) for shards in context.assigned], flush=True)
            return context.parallelism - 1
        env = environment(3)
        source = (KinesisStreamsSource.builder().set_stream_arn({source!r}).set_source_config(
            Configuration.from_dict({{"aws.endpoint": {kinesis.endpoint!r}, "source.init.position": "TRIM_HORIZON"}}))
            .set_deserialization_schema(SimpleStringSchema()).set_kinesis_shard_assigner(assigner).build())
        stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "in", STRING)
        write(stream, {target!r})
        env.execute("assigned")
    """
    status, out, errors = run(code, "--stop-at", "latest").end()
    assert status == 0, errors
    assert out.splitlines() == ["0 [0, 0, 0]", "1 [0, 0, 1]", "2 [0, 0, 2]", "3 [0, 0, 3]"]
    assert len(kinesis.read(target)) == 200


def test_an_assigner_that_fails_ends_the_job_with_its_error(kinesis, run):
    source = kinesis.stream(1)
    code = f"""
        from pyflink.datastream.connectors.kinesis import KinesisStreamsSource
        env = environment()
        source = (KinesisStreamsSource.builder().set_stream_arn({source!r}).set_source_config(
            Configuration.from_dict({{"aws.endpoint": {kinesis.endpoint!r}}}))
            .set_deserialization_schema(SimpleStringSchema())
            .set_kinesis_shard_assigner(lambda shard, context: 1 // 0).build())
        env.from_source(source, WatermarkStrategy.no_watermarks(), "in", STRING).print()
        env.execute("assigned")
    """
    status, _, errors = run(code).end()
    assert status == 1
    assert "The shard assigner failed: ZeroDivisionError" in errors


def test_enhanced_fan_out_through_a_script(kinesis, run):
    source, target = kinesis.stream(2), kinesis.stream(1)
    kinesis.put(source, [(f"key-{n}", f"{n}") for n in range(300)])
    code = f"""
        env = environment(2)
        write(read(env, {source!r}), {target!r})
        env.execute("efo")
    """
    options = ["--conf", "source.reader.type=EFO", "--conf", "source.efo.consumer.name=script"]
    status, _, errors = run(code, "--stop-at", "latest", *options).end()
    assert status == 0, errors
    assert sorted(kinesis.read(target), key=int) == [str(n).encode() for n in range(300)]
    assert kinesis.client.list_stream_consumers(StreamARN=source)["Consumers"] == [], "the job gave it back"


def test_credentials_of_the_script_sign_its_requests_and_a_failing_provider_says_why(kinesis, run):
    source, target = kinesis.stream(1), kinesis.stream(1)
    kinesis.put(source, [("k", "a")])
    code = f"""
        from pyflink.datastream.connectors.kinesis import AwsCredentials, register_credentials_provider
        def vault(configuration):
            print("asked", flush=True)
            if {{fails}}:
                raise RuntimeError("the vault is sealed")
            return AwsCredentials("test", "test")
        register_credentials_provider("vault", vault)
        env = environment()
        write(read(env, {source!r}), {target!r})
        env.execute("vaulted")
    """
    options = [
        *("--stop-at", "latest", "--conf", "aws.credentials.provider=CUSTOM"),
        *("--conf", "aws.credentials.provider.custom.class=vault"),
    ]
    status, out, errors = run(code.format(fails=False), *options).end()
    assert (status, kinesis.read(target)) == (0, [b"a"]), errors
    assert "asked" in out
    status, _, errors = run(code.format(fails=True), *options).end()
    assert status == 1
    assert "RuntimeError: the vault is sealed" in errors
