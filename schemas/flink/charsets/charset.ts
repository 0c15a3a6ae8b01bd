/** What every charset does: bytes to text and back. Neither direction ever fails. */
export type StringDecoder = (bytes: Buffer) => string
export type StringEncoder = (text: string) => Buffer

export interface Charset {
  readonly decode: StringDecoder
  readonly encode: StringEncoder
}
