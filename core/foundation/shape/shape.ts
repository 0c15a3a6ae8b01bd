/**
 * Shapes of plain data that comes from outside: a job graph, a schema, a request. One description gives the TypeScript type
 * (`Infer`), the check of a value, and its JSON Schema, so that the three cannot differ.
 *
 * A check throws at the first difference and names its path. It does not show values that may be secrets: those of maps, and
 * those of objects. Every key of an object is always present, and `null` means "not set".
 *
 * Libraries were measured: `zod` takes 60 ms to load and `typebox` 85 to 250 ms, of the half second in which an engine starts.
 */
import { maskedUrl } from '../config/mask.ts'
import { GraphError } from '../errors.ts'

/** `T` is the type of the values that pass the check. */
export interface Shape<T = unknown> {
  /** @throws GraphError naming `path` */
  readonly check: (value: unknown, path: string) => void
  readonly jsonSchema: (definitions: Definitions) => object
  /** Only for `Infer`; never set. */
  readonly type?: T
}

export type Infer<S> = S extends Shape<infer T> ? T : never

/** The definitions of a JSON Schema document, by name, in the order in which they were met. */
export type Definitions = Map<string, object>

export type Fields = Readonly<Record<string, Shape>>
export type InferFields<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> }

const shape = <T>(check: Shape['check'], jsonSchema: Shape['jsonSchema']): Shape<T> => ({ check, jsonSchema })

function fail(path: string, expected: string, value: unknown): never {
  const found = value === undefined ? 'is missing' : `is ${shown(path, value)}`
  throw new GraphError(`The job graph is invalid: ${path} ${found}; it must be ${expected}.`)
}

/** Values of options may be secrets, and objects may hold options. */
function shown(path: string, value: unknown): string {
  const isObject = (v: unknown): boolean => typeof v === 'object' && v !== null
  if (Array.isArray(value) ? value.some(isObject) : isObject(value))
    return Array.isArray(value) ? 'an array' : 'an object'
  if (/\['/.test(path)) return value === null ? 'null' : `a ${typeof value}`
  return JSON.stringify(typeof value === 'string' ? maskedUrl(value) : value).slice(0, 80)
}

export const text: Shape<string> = shape(
  (v, p) => {
    if (typeof v !== 'string') fail(p, 'a string', v)
  },
  () => ({ type: 'string' }),
)

/** Bytes as base64. */
export const base64: Shape<string> = shape(text.check, () => ({ type: 'string', contentEncoding: 'base64' }))

export const bool: Shape<boolean> = shape(
  (v, p) => {
    if (typeof v !== 'boolean') fail(p, 'true or false', v)
  },
  () => ({ type: 'boolean' }),
)

/** A whole number. `minimum` is for readers of the JSON Schema; what uses the number checks its range. */
export const int = (minimum?: number): Shape<number> =>
  shape(
    (v, p) => {
      if (!Number.isSafeInteger(v)) fail(p, 'a whole number', v)
    },
    () => (minimum === undefined ? { type: 'integer' } : { type: 'integer', minimum }),
  )

/** Exactly this value. */
export const literal = <const T extends string | number>(value: T): Shape<T> =>
  shape(
    (v, p) => {
      if (v !== value) fail(p, JSON.stringify(value), v)
    },
    () => ({ const: value }),
  )

export const oneOf = <const T extends string>(...values: readonly T[]): Shape<T> =>
  shape(
    (v, p) => {
      if (!values.includes(v as T)) fail(p, `one of ${values.join(', ')}`, v)
    },
    () => ({ enum: [...values] }),
  )

export const nullable = <T>(of: Shape<T>): Shape<T | null> =>
  shape(
    (v, p) => {
      if (v !== null) of.check(v, p)
    },
    definitions => ({ anyOf: [of.jsonSchema(definitions), { type: 'null' }] }),
  )

export const either = <A, B>(a: Shape<A>, b: Shape<B>, expected: string): Shape<A | B> =>
  shape(
    (v, p) => {
      for (const one of [a, b])
        try {
          one.check(v, p)
          return
        } catch {
          continue
        }
      fail(p, expected, v)
    },
    definitions => ({ anyOf: [a.jsonSchema(definitions), b.jsonSchema(definitions)] }),
  )

export const list = <T>(of: Shape<T>, minItems = 0): Shape<readonly T[]> =>
  shape(
    (v, p) => {
      if (!Array.isArray(v)) return fail(p, 'an array', v)
      v.forEach((item, i) => of.check(item, `${p}[${i}]`))
    },
    definitions => ({ type: 'array', items: of.jsonSchema(definitions), ...(minItems === 0 ? {} : { minItems }) }),
  )

export const object = <F extends Fields>(fields: F): Shape<InferFields<F>> =>
  shape(
    (v, p) => {
      if (typeof v !== 'object' || v === null || Array.isArray(v)) return fail(p, 'an object', v)
      for (const [key, field] of Object.entries(fields))
        field.check((v as Record<string, unknown>)[key], p === '' ? key : `${p}.${key}`)
    },
    definitions => ({
      type: 'object',
      properties: Object.fromEntries(Object.entries(fields).map(([key, f]) => [key, f.jsonSchema(definitions)])),
      required: Object.keys(fields),
      additionalProperties: false,
    }),
  )

/** An object with any keys. */
export const mapOf = <T>(of: Shape<T>): Shape<Readonly<Record<string, T>>> =>
  shape(
    (v, p) => {
      if (typeof v !== 'object' || v === null || Array.isArray(v)) return fail(p, 'an object', v)
      for (const [key, value] of Object.entries(v)) of.check(value, `${p}['${key}']`)
    },
    definitions => ({ type: 'object', additionalProperties: of.jsonSchema(definitions) }),
  )

/** Any JSON value. */
export const anything: Shape = shape(
  () => undefined,
  () => ({}),
)

type Variant<Tag extends string, Name, F extends Fields> = { readonly [K in Tag]: Name } & InferFields<F>
export type InferVariants<Tag extends string, V extends Readonly<Record<string, Fields>>> = {
  [Name in keyof V]: Variant<Tag, Name, V[Name]>
}[keyof V]

/** Objects whose shape depends on the value of one field. */
export const variants = <const Tag extends string, V extends Readonly<Record<string, Fields>>>(
  tag: Tag,
  shapes: V,
  descriptions?: Readonly<Partial<Record<keyof V, string>>>,
): Shape<InferVariants<Tag, V>> =>
  shape(
    (v, p) => {
      object({ [tag]: oneOf(...Object.keys(shapes)) }).check(v, p)
      object(shapes[(v as Record<string, string>)[tag]!]!).check(v, p)
    },
    definitions => ({
      oneOf: Object.entries(shapes).map(([name, fields]) => ({
        ...(descriptions?.[name] === undefined ? {} : { description: descriptions[name] }),
        ...object({ [tag]: literal(name), ...fields }).jsonSchema(definitions),
      })),
    }),
  )

/** A further check, for what a JSON Schema cannot say. */
export const checked = <T>(of: Shape<T>, check: (value: T, path: string) => void): Shape<T> =>
  shape((v, p) => {
    of.check(v, p)
    check(v as T, p)
  }, of.jsonSchema)

/** A shape that contains itself. */
export const lazy = <T>(of: () => Shape<T>): Shape<T> =>
  shape(
    (v, p) => of().check(v, p),
    definitions => of().jsonSchema(definitions),
  )

export const described = <T>(description: string, of: Shape<T>): Shape<T> =>
  shape(of.check, definitions => ({ ...of.jsonSchema(definitions), description }))

/** A shape with a name. A JSON Schema document defines it once, under `$defs`. */
export const named = <T>(name: string, of: Shape<T>): Shape<T> =>
  shape(of.check, definitions => {
    if (!definitions.has(name)) {
      definitions.set(name, {}) // it may contain itself
      definitions.set(name, of.jsonSchema(definitions))
    }
    return { $ref: `#/$defs/${name}` }
  })

export { fail as failCheck }
