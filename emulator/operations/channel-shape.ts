// Shapes of the nested members of a channel's configuration. A shape checks the members that it names and copies them.
// Other members are dropped.
import type { WireObject, WireValue } from '../encoding/wire-value.ts'
import type { Input, TextConstraint } from './input.ts'

/** Reads one member of an input. Returns undefined when an optional member is absent. */
export type Shape = (input: Input, member: string) => WireValue

export type Members = Readonly<Record<string, Shape>>

export const text =
  (constraint: TextConstraint): Shape =>
  (input, member) =>
    input.text(member, constraint)

export const integer =
  (min: number): Shape =>
  (input, member) =>
    input.integer(member, min)

export const flag: Shape = (input, member) => input.flag(member)

export const structure =
  (members: Members): Shape =>
  (input, member) =>
    readStructure(input.structure(member), members)

/** A list of structures with these members. */
export const list =
  (max: number, members: Members): Shape =>
  (input, member) =>
    input.structures(member, 1, max).map(entry => readStructure(entry, members))

export const optional =
  (shape: Shape): Shape =>
  (input, member) =>
    input.has(member) ? shape(input, member) : undefined

export function readStructure(input: Input, members: Members): WireObject {
  return Object.fromEntries(Object.entries(members).map(([name, shape]) => [name, shape(input, name)]))
}
