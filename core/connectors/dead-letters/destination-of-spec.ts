/** Makes the destination of dead letters from its description in the job graph. */
import type { SinkStreamProxy } from '../../aws/kinesis/stream-proxy.ts'
import type { Clock } from '../../foundation/clock.ts'
import type { DeadLettersSpec } from './dead-letters-spec.ts'
import { FunctionDestination } from './dead-letter-destination.ts'
import type { DeadLetterDestination } from './dead-letter-destination.ts'
import type { DeadLetterFunction } from '../../operators/dead-letter.ts'
import { FileDestination } from './file-destination.ts'
import { StreamDestination } from './stream-destination.ts'

export interface DeadLetterServices {
  readonly clock: Clock
  readonly random: () => number
  readonly warn: (message: string) => void
  /** The function that the description names. `null` when it names a file or a stream. */
  readonly handler: DeadLetterFunction | null
  readonly proxyOf: (stream: DeadLettersSpec & { readonly type: 'kinesis-streams' }) => SinkStreamProxy
}

export function destinationOf(spec: DeadLettersSpec, services: DeadLetterServices): DeadLetterDestination {
  switch (spec.type) {
    case 'file':
      return new FileDestination(spec.path, services.clock)
    case 'kinesis-streams':
      return new StreamDestination(services.proxyOf(spec), services)
    case 'local':
    case 'module':
    case 'python':
      return new FunctionDestination(services.handler!)
  }
}
