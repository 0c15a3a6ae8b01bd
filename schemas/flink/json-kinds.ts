/** The kinds of JSON values. */
import { JsonNumber } from './json-tree.ts'

/** A value that JSON.parse or `parseJsonTree` made. */
export type Json = unknown

export const isObject = (json: Json): json is Readonly<Record<string, Json>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json) && !(json instanceof JsonNumber)

export const isContainer = (json: Json): boolean =>
  typeof json === 'object' && json !== null && !(json instanceof JsonNumber)

/** The kind, as error messages name it. */
export function nameOf(json: Json): string {
  if (Array.isArray(json)) return 'an array'
  if (isContainer(json)) return 'an object'
  return typeof json === 'string' ? 'a string' : typeof json === 'boolean' ? 'true or false' : 'a number'
}
