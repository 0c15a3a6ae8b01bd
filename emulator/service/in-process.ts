// The door without sockets: an operation is called with the members that the AWS SDK's commands take, and answers the
// members that they give. Faults, rates, quotas and the log are those of any other request.
import { putRecordsOf } from '../protocol/put-records-input.ts'
import type { WireObject } from '../protocol/wire-value.ts'
import type { Service } from './service.ts'

/** What a call rejects with when a fault breaks its connection: named as Node's own error. */
export class ConnectionReset extends Error {
  readonly code = 'ECONNRESET'

  constructor(operation: string) {
    super(`The connection of ${operation} was reset (injected fault).`)
    this.name = 'ConnectionReset'
  }
}

/**
 * @param input bytes are Uint8Array (or base64 text), timestamps Date (or epoch seconds)
 * @throws KinesisError what the service answers; ConnectionReset
 */
export async function callInProcess(service: Service, operation: string, input: WireObject): Promise<WireObject> {
  const outcome = await service.call({
    operation,
    contentType: '',
    httpVersion: 'none',
    open: () => (operation === 'PutRecords' ? putRecordsOf(input) : { members: input }),
  })
  switch (outcome.kind) {
    case 'answer':
      return outcome.answer.members()
    case 'error':
      throw outcome.error
    case 'reset':
      throw new ConnectionReset(operation)
  }
}
