// SubscribeToShard (enhanced fan-out) is not served yet. It will answer with a stream of events instead of one body, so
// it needs an `Answer` that writes as it goes.
import { KinesisError } from '../errors.ts'
import type { Operation } from './operation.ts'

export const subscribeToShard: Operation = {
  target: () => ({}),
  run: () => {
    throw new KinesisError(
      'NotImplementedException',
      'SubscribeToShard is not implemented by the emulator yet; read with GetRecords.',
    )
  },
}
