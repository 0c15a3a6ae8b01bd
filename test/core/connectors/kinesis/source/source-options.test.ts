import t from 'tap'
import { Configuration } from '../../../../../core/foundation/config/configuration.ts'
import {
  checkSourceOptions,
  retryOptions,
  sourceReaderOptions,
  streamNameOf,
} from '../../../../../core/connectors/kinesis/source/source-options.ts'
import { SourceInstants } from '../../../../../core/connectors/kinesis/source/source-instants.ts'
import { kinesisSourceSpec } from '../../../fakes/graphs.ts'

t.test('retry options come from the keys of the AWS connectors', async t => {
  t.same(retryOptions(new Configuration()), { retryMinDelayMs: 300, retryMaxDelayMs: 1000, retryMaxAttempts: 50 })
  t.same(
    retryOptions(
      new Configuration({
        'retry-strategy.delay.min': '1 s',
        'retry-strategy.delay.max': '5 s',
        'retry-strategy.attempts.max': '3',
      }),
    ),
    { retryMinDelayMs: 1000, retryMaxDelayMs: 5000, retryMaxAttempts: 3 },
  )
})

t.test('the stream is named by its ARN or by its name', async t => {
  const check = (overrides: Parameters<typeof kinesisSourceSpec>[0]) => () =>
    checkSourceOptions(kinesisSourceSpec(overrides), new Configuration())
  t.doesNotThrow(check({ streamArn: null, streamName: 'flights' }))
  t.throws(check({ streamArn: null, streamName: null }), { message: /needs the ARN or the name of a stream/ })
  t.throws(check({ streamArn: 'flights' }), { message: /'flights' is not the ARN/ })
  t.equal(streamNameOf(kinesisSourceSpec()), 'flights')
  t.equal(streamNameOf(kinesisSourceSpec({ streamArn: null, streamName: 'other' })), 'other')
})

t.test('the options of a reader come from the configuration; the instant to stop at is corrected later', async t => {
  const configuration = new Configuration({
    'source.shard.get-records.max-record-count': '7',
    'shardline.source.quota-share': '0.5',
    'shardline.source.stop-at': 'latest',
  })
  const instants = new SourceInstants(configuration, 1000)
  const options = sourceReaderOptions(configuration, instants, true)
  t.match(options, { maxRecordCount: 7, quotaShare: 0.5, paced: true, stopAtMs: 1000, stopAtLocalMs: 1000 })
  instants.correct(50)
  t.equal(options.stopAtMs, 1050)
})

t.test('a share of the quotas is above 0 and at most 1', async t => {
  for (const share of ['0', '1.5', '-1']) {
    const configuration = new Configuration({ 'shardline.source.quota-share': share })
    t.throws(() => sourceReaderOptions(configuration, new SourceInstants(configuration, 0), false), {
      code: 'CONFIGURATION_INVALID',
    })
  }
})
