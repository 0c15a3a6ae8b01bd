// Reads the members of a request by type and checks their constraints, as the service does before it processes a request. A
// wrong type is a SerializationException, and a broken constraint is a ValidationException.
import { serialization, validation } from '../errors.ts'
import type { KinesisError } from '../errors.ts'
import type { WireObject, WireValue } from '../encoding/wire-value.ts'
import { isWireObject } from '../encoding/wire-value.ts'

export interface TextConstraint {
  readonly max?: number
  readonly pattern?: RegExp
  readonly oneOf?: readonly string[]
}

/** The name of a stream, a consumer, a queue or a channel. */
export const STREAM_NAME: TextConstraint = { max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ }
export const STREAM_ARN: TextConstraint = { max: 2048, pattern: /^arn:aws[^:]*:kinesis:[^:]*:\d{12}:stream\/\S+$/ }
export const CONSUMER_ARN: TextConstraint = {
  max: 2048,
  pattern: /^arn:aws[^:]*:kinesis:[^:]*:\d{12}:stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+$/,
}
export const SHARD_ID: TextConstraint = { max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ }

export class Input {
  readonly members: WireObject
  readonly #path: string

  /** @param path Path of these members in the request, such as `startingPosition.`. Empty for the request itself. */
  constructor(members: WireObject, path = '') {
    this.members = members
    this.#path = path
  }

  has(member: string): boolean {
    return this.#member(member) !== undefined
  }

  optionalText(member: string, { max, pattern, oneOf }: TextConstraint = {}): string | undefined {
    const value = this.#member(member)
    if (value === undefined) return undefined
    if (typeof value !== 'string') throw serialization(`${member} can not be converted to a String`)
    if (value.length < 1) throw this.#invalid(member, 'have length greater than or equal to 1')
    if (max !== undefined && value.length > max) {
      throw this.#invalid(member, `have length less than or equal to ${max}`)
    }
    if (pattern?.test(value) === false) {
      throw this.#invalid(member, `satisfy regular expression pattern: ${pattern.source}`)
    }
    if (oneOf?.includes(value) === false) throw this.#invalid(member, `satisfy enum value set: [${oneOf.join(', ')}]`)
    return value
  }

  text(member: string, constraint: TextConstraint = {}): string {
    return this.optionalText(member, constraint) ?? this.#required(member)
  }

  optionalInteger(member: string, min: number, max = 2_147_483_647): number | undefined {
    const value = this.#member(member)
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw serialization(`${member} can not be converted to an Integer`)
    const integer = Math.trunc(value)
    if (integer < min) throw this.#invalid(member, `have value greater than or equal to ${min}`)
    if (integer > max) throw this.#invalid(member, `have value less than or equal to ${max}`)
    return integer
  }

  integer(member: string, min: number, max?: number): number {
    return this.optionalInteger(member, min, max) ?? this.#required(member)
  }

  /** Returns milliseconds since the epoch. The member is a CBOR timestamp or a number of seconds. */
  optionalTimestampMs(member: string): number | undefined {
    const value = this.#member(member)
    if (value === undefined) return undefined
    const ms = value instanceof Date ? value.getTime() : typeof value === 'number' ? Math.round(value * 1000) : NaN
    // A Date can not be further from the epoch: 8.64e15 ms is the year 275760.
    if (Math.abs(ms) <= 8.64e15) return ms
    throw serialization(`${member} can not be converted to milliseconds since epoch`)
  }

  /** Returns a boolean, which is false when the member is absent. */
  flag(member: string): boolean {
    const value = this.#member(member) ?? false
    if (typeof value !== 'boolean') throw serialization(`${member} can not be converted to a Boolean`)
    return value
  }

  optionalStructure(member: string): Input | undefined {
    const value = this.#member(member)
    if (value === undefined) return undefined
    if (!isWireObject(value)) throw serialization(`${member} is not a structure`)
    return new Input(value, `${this.#path}${lowerFirst(member)}.`)
  }

  structure(member: string): Input {
    return this.optionalStructure(member) ?? this.#required(member)
  }

  /** Returns a list of structures, which has `min` to `max` entries. */
  optionalStructures(member: string, min: number, max: number): Input[] | undefined {
    return this.#list(member, min, max)?.map((item, i) => {
      if (!isWireObject(item)) throw serialization(`A member of ${member} is not a structure`)
      return new Input(item, `${this.#path}${lowerFirst(member)}.${i + 1}.member.`)
    })
  }

  structures(member: string, min: number, max: number): Input[] {
    return this.optionalStructures(member, min, max) ?? this.#required(member)
  }

  /** Returns a list of texts, which has `min` to `max` entries. */
  texts(member: string, min: number, max: number, constraint: TextConstraint = {}): string[] {
    const list = this.#list(member, min, max) ?? this.#required(member)
    return list.map((item, i) => {
      const path = `${this.#path}${lowerFirst(member)}.${i + 1}.`
      return new Input({ member: textOf(member, item) }, path).text('member', constraint)
    })
  }

  optionalTextMap(member: string, max: number): [string, string][] | undefined {
    const value = this.#member(member)
    if (value === undefined) return undefined
    if (!isWireObject(value)) throw serialization(`${member} is not a map`)
    const entries = Object.entries(value)
    this.#checkSize(member, entries.length, 1, max)
    return entries.map(([name, item]) => [name, textOf(member, item)])
  }

  textMap(member: string, max: number): [string, string][] {
    return this.optionalTextMap(member, max) ?? this.#required(member)
  }

  #list(member: string, min: number, max: number): readonly WireValue[] | undefined {
    const value = this.#member(member)
    if (value === undefined) return undefined
    if (!Array.isArray(value)) throw serialization(`${member} is not a list`)
    this.#checkSize(member, value.length, min, max)
    return value as readonly WireValue[]
  }

  #checkSize(member: string, size: number, min: number, max: number): void {
    if (size < min) throw this.#invalid(member, `have length greater than or equal to ${min}`)
    if (size > max) throw this.#invalid(member, `have length less than or equal to ${max}`)
  }

  #required(member: string): never {
    throw this.#invalid(member, 'not be null')
  }

  #invalid(member: string, constraint: string): KinesisError {
    return validation(`${this.#path}${lowerFirst(member)}`, constraint)
  }

  #member(member: string): Exclude<WireValue, null | undefined> | undefined {
    return Object.hasOwn(this.members, member) ? (this.members[member] ?? undefined) : undefined
  }
}

function textOf(member: string, value: WireValue): string {
  if (typeof value === 'string') return value
  throw serialization(`A member of ${member} can not be converted to a String`)
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
