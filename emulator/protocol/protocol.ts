// Both protocols, AwsJson 1.1 and its CBOR form, behind one interface. The content type of a request selects the protocol.
import { KinesisError } from '../errors.ts'
import type { ProtocolName } from '../options.ts'
import { decodeCborObject } from '../encoding/cbor-reader.ts'
import { encodeCbor } from '../encoding/cbor-writer.ts'
import { decodeJsonObject, encodeJson } from '../encoding/json.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import { getRecordsCbor, getRecordsJson } from './get-records-output.ts'
import type { GetRecordsOutput } from './get-records-output.ts'
import { putRecordsOf, scanPutRecords } from './put-records-input.ts'
import type { PutRecordsInput } from './put-records-input.ts'
import { putRecordsCbor, putRecordsJson } from './put-records-output.ts'
import type { PutRecordsOutput } from './put-records-output.ts'

export interface Protocol {
  readonly name: ProtocolName
  readonly contentType: string
  readonly decode: (body: Buffer) => WireObject
  readonly encode: (members: WireObject) => Buffer
  readonly decodePutRecords: (body: Buffer) => PutRecordsInput
  readonly encodePutRecords: (output: PutRecordsOutput) => Buffer
  readonly encodeGetRecords: (output: GetRecordsOutput) => Buffer
}

export const jsonProtocol: Protocol = {
  name: 'json',
  contentType: 'application/x-amz-json-1.1',
  decode: decodeJsonObject,
  encode: encodeJson,
  decodePutRecords: body => putRecordsOf(decodeJsonObject(body)),
  encodePutRecords: putRecordsJson,
  encodeGetRecords: getRecordsJson,
}

export const cborProtocol: Protocol = {
  name: 'cbor',
  contentType: 'application/x-amz-cbor-1.1',
  decode: decodeCborObject,
  encode: encodeCbor,
  decodePutRecords: scanPutRecords,
  encodePutRecords: putRecordsCbor,
  encodeGetRecords: getRecordsCbor,
}

/**
 * Returns the protocol of a content type. Any other content type, and one that is not accepted, is an error with status 415
 * that lists the supported content types.
 */
export function protocolOf(contentType: string | undefined, accepted: readonly ProtocolName[]): Protocol {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  const protocols = [jsonProtocol, cborProtocol].filter(protocol => accepted.includes(protocol.name))
  const protocol = protocols.find(candidate => candidate.contentType === type)
  if (protocol !== undefined) return protocol
  throw new KinesisError(
    'UnsupportedMediaTypeException',
    `The content type ${contentType ?? '(none)'} is not supported. Supported: ` +
      protocols.map(candidate => candidate.contentType).join(', '),
    415,
  )
}
