import t from 'tap'
import {
  DeadLetterHandler,
  SimpleStringSchema,
  KinesisStreamsSink as Described,
  PartitionKeyGenerator,
} from '../../../core/index.ts'

t.test('the builder of a sink describes the destination', async t => {
  const builder = (): ReturnType<typeof Described.builder> =>
    Described.builder()
      .setStreamName('out')
      .setSerializationSchema(new SimpleStringSchema())
      .setPartitionKeyGenerator(PartitionKeyGenerator.random())
  const specOf = (sink: Described) => sink.toSpec(() => 'local-1').deadLetters
  t.equal(specOf(builder().build()), null)
  t.same(specOf(builder().setDeadLetterHandler(DeadLetterHandler.file('x.jsonl')).build()), {
    type: 'file',
    path: 'x.jsonl',
  })
  t.same(specOf(builder().setDeadLetterHandler(DeadLetterHandler.stream('letters')).build()), {
    type: 'kinesis-streams',
    streamArn: null,
    streamName: 'letters',
    configuration: {},
  })
  t.same(
    specOf(
      builder()
        .setDeadLetterHandler(() => undefined)
        .build(),
    ),
    { type: 'local', localId: 'local-1' },
  )
  t.throws(() => DeadLetterHandler.stream('arn:aws:s3:::x'), { code: 'CONFIGURATION_INVALID' })
})
