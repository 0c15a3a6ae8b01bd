// The values of a decoded body, which are the same in both encodings. A Date is a timestamp: epoch seconds in JSON, and tag
// 1 with epoch milliseconds in CBOR. Bytes are base64 in JSON.

export type WireValue =
  string | number | boolean | null | undefined | Date | Uint8Array | readonly WireValue[] | WireObject

export interface WireObject {
  readonly [member: string]: WireValue
}

export function isWireObject(value: WireValue): value is WireObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  )
}
