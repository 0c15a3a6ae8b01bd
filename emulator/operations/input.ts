// The members of a request, taken out by type and checked against their constraints, as the service does before it looks
// at anything else: a wrong type is a SerializationException, a broken constraint a ValidationException.
import { serialization, validation } from '../errors.ts'
import type { WireObject, WireValue } from '../protocol/wire-value.ts'
import { isWireObject } from '../protocol/wire-value.ts'

export interface TextConstraint {
  readonly max?: number
  readonly pattern?: RegExp
  readonly oneOf?: readonly string[]
}

export const STREAM_NAME: TextConstraint = { max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ }
export const SHARD_ID: TextConstraint = { max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ }

export class Input {
  readonly members: WireObject

  constructor(members: WireObject) {
    this.members = members
  }

  has(member: string): boolean {
    return this.#member(member) !== undefined
  }

  optionalText(member: string, { max, pattern, oneOf }: TextConstraint = {}): string | undefined {
    const value = this.#member(member)
    if (value === undefined) return undefined
    if (typeof value !== 'string') throw serialization(`${member} can not be converted to a String`)
    if (value.length < 1) throw validation(lowerFirst(member), 'have length greater than or equal to 1')
    if (max !== undefined && value.length > max) {
      throw validation(lowerFirst(member), `have length less than or equal to ${max}`)
    }
    if (pattern?.test(value) === false) {
      throw validation(lowerFirst(member), `satisfy regular expression pattern: ${pattern.source}`)
    }
    if (oneOf?.includes(value) === false)
      throw validation(lowerFirst(member), `satisfy enum value set: [${oneOf.join(', ')}]`)
    return value
  }

  text(member: string, constraint: TextConstraint = {}): string {
    return this.optionalText(member, constraint) ?? required(member)
  }

  optionalInteger(member: string, min: number, max = 2_147_483_647): number | undefined {
    const value = this.#member(member)
    if (value === undefined) return undefined
    if (typeof value !== 'number') throw serialization(`${member} can not be converted to an Integer`)
    const integer = Math.trunc(value)
    if (integer < min) throw validation(lowerFirst(member), `have value greater than or equal to ${min}`)
    if (integer > max) throw validation(lowerFirst(member), `have value less than or equal to ${max}`)
    return integer
  }

  integer(member: string, min: number, max?: number): number {
    return this.optionalInteger(member, min, max) ?? required(member)
  }

  /** Milliseconds since the epoch: a CBOR timestamp, or a number of seconds. */
  optionalTimestampMs(member: string): number | undefined {
    const value = this.#member(member)
    if (value === undefined) return undefined
    if (value instanceof Date) return value.getTime()
    if (typeof value !== 'number') throw serialization(`${member} can not be converted to milliseconds since epoch`)
    return Math.round(value * 1000)
  }

  /** A boolean, false when absent. */
  flag(member: string): boolean {
    const value = this.#member(member) ?? false
    if (typeof value !== 'boolean') throw serialization(`${member} can not be converted to a Boolean`)
    return value
  }

  optionalStructure(member: string): Input | undefined {
    const value = this.#member(member)
    if (value === undefined) return undefined
    if (!isWireObject(value)) throw serialization(`${member} is not a structure`)
    return new Input(value)
  }

  /** A list of texts of `min` to `max` entries. */
  texts(member: string, min: number, max: number): string[] {
    const value = this.#member(member) ?? required(member)
    if (!Array.isArray(value)) throw serialization(`${member} is not a list`)
    checkSize(member, value.length, min, max)
    return value.map((item: WireValue) => textOf(member, item))
  }

  optionalTextMap(member: string, max: number): [string, string][] | undefined {
    const value = this.#member(member)
    if (value === undefined) return undefined
    if (!isWireObject(value)) throw serialization(`${member} is not a map`)
    const entries = Object.entries(value)
    checkSize(member, entries.length, 1, max)
    return entries.map(([name, item]) => [name, textOf(member, item)])
  }

  textMap(member: string, max: number): [string, string][] {
    return this.optionalTextMap(member, max) ?? required(member)
  }

  #member(member: string): Exclude<WireValue, null | undefined> | undefined {
    return Object.hasOwn(this.members, member) ? (this.members[member] ?? undefined) : undefined
  }
}

function textOf(member: string, value: WireValue): string {
  if (typeof value === 'string') return value
  throw serialization(`A member of ${member} can not be converted to a String`)
}

function checkSize(member: string, size: number, min: number, max: number): void {
  if (size < min) throw validation(lowerFirst(member), `have length greater than or equal to ${min}`)
  if (size > max) throw validation(lowerFirst(member), `have length less than or equal to ${max}`)
}

function required(member: string): never {
  throw validation(lowerFirst(member), 'not be null')
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
