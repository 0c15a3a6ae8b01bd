// Operations on server-side encryption. The emulator does not encrypt records, because they stay in its process. Responses
// contain the encryption type of each record.
import { invalidArgument, KinesisError, limitExceeded } from '../errors.ts'
import type { Stream } from '../store/stream.ts'
import type { Call, Operation } from './operation.ts'
import { nothing, streamOf } from './operation.ts'

/** The forms of KeyId that the service documents: the id of a key, an alias, or the ARN of a key or an alias. */
const KEY_ID =
  /^(arn:aws[^:]*:kms:[^:]*:\d{12}:(key|alias)\/\S+|alias\/\S+|mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

export const startStreamEncryption: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const { stream, keyId } = keyOf(call)
    if (!KEY_ID.test(keyId)) {
      throw new KinesisError(
        'KMSNotFoundException',
        `The KMS key ${keyId} is not found. KeyId must be the id of a key, an alias such as alias/aws/kinesis, or an ARN.`,
      )
    }
    stream.requireActive()
    count(call, stream, 'encryptionStarts', 'started')
    change(call, stream, keyId)
    return nothing
  },
}

export const stopStreamEncryption: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const { stream } = keyOf(call)
    stream.requireActive()
    count(call, stream, 'encryptionStops', 'stopped')
    change(call, stream, undefined)
    return nothing
  },
}

function keyOf(call: Call): { stream: Stream; keyId: string } {
  const type = call.input.text('EncryptionType', { oneOf: ['NONE', 'KMS'] })
  const keyId = call.input.text('KeyId', { max: 2048 })
  const stream = streamOf(call)
  if (type !== 'KMS') throw invalidArgument(`EncryptionType must be KMS for stream ${stream.name}, not ${type}.`)
  return { stream, keyId }
}

/** Counts a start or a stop of encryption. The service allows 25 of each for a stream in any 24 hours. */
function count({ account }: Call, stream: Stream, which: 'encryptionStarts' | 'encryptionStops', what: string): void {
  if (!account.settings.limits || stream[which].admit(account.clock.now())) return
  throw limitExceeded(
    `Encryption of stream ${stream.name} under account ${stream.accountId} was already ${what} 25 times in the last 24 hours.`,
  )
}

function change({ account }: Call, stream: Stream, keyId: string | undefined): void {
  stream.update(account.clock.now(), account.settings.updateDelayMs, () => {
    stream.encryptionKeyId = keyId
  })
}
