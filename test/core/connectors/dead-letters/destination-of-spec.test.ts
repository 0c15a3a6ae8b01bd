import t from 'tap'

import { FunctionDestination } from '../../../../core/connectors/dead-letters/dead-letter-destination.ts'
import { destinationOf } from '../../../../core/connectors/dead-letters/destination-of-spec.ts'
import { FileDestination } from '../../../../core/connectors/dead-letters/file-destination.ts'
import { StreamDestination } from '../../../../core/connectors/dead-letters/stream-destination.ts'
import type { DeadLettersSpec } from '../../../../core/connectors/dead-letters/dead-letters-spec.ts'
import { FakeSinkStream } from '../../fakes/fake-sink-stream.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'

t.test('the description names a file, a stream or a function', async t => {
  const services = {
    clock: new ManualClock(),
    random: () => 0,
    warn: () => undefined,
    handler: () => undefined,
    proxyOf: () => new FakeSinkStream().proxy(),
  }
  const of = (spec: DeadLettersSpec) => destinationOf(spec, services)
  t.ok(of({ type: 'file', path: 'x.jsonl' }) instanceof FileDestination)
  const stream = { type: 'kinesis-streams', streamArn: null, streamName: 'dead', configuration: {} } as const
  t.ok(of(stream) instanceof StreamDestination)
  t.ok(of({ type: 'local', localId: 'x' }) instanceof FunctionDestination)
})
