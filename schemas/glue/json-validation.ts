/**
 * Whether a JSON document is what its schema says: drafts 4, 6, 7, 2019-09 and 2020-12, as `$schema` has it, 7 where it says
 * nothing. References are followed within the schema alone; nothing is ever fetched. Formats that nobody knows say nothing.
 */
import { Ajv } from 'ajv'
import type { Options } from 'ajv'
import AjvDraft04 from 'ajv-draft-04'
import ajvFormats from 'ajv-formats'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { LRUCache } from 'lru-cache'

/** Why a document is none of the schema; null: it is one. */
export type JsonValidator = (document: unknown) => string | null

const OPTIONS: Options = {
  // What a schema has beyond its draft is for others.
  strict: false,
  logger: false,
  unicodeRegExp: false,
  // 0.07 is a multiple of 0.01, whatever their doubles are.
  multipleOfPrecision: 9,
}

type JsonSchemaCompiler = Pick<Ajv, 'compile'>

const DRAFTS: readonly (readonly [uri: RegExp, make: () => JsonSchemaCompiler])[] = [
  [/^https?:\/\/json-schema\.org\/draft-04\/schema#?$/, () => new Draft04(OPTIONS)],
  // The seventh only has more words.
  [/^https?:\/\/json-schema\.org\/draft-0[67]\/schema#?$/, () => new Ajv(OPTIONS)],
  [/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema#?$/, () => new Ajv2019(OPTIONS)],
  [/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/, () => new Ajv2020(OPTIONS)],
]

// Both are CommonJS, whose default export the types see one level deeper.
const Draft04 = AjvDraft04 as unknown as new (options: Options) => JsonSchemaCompiler
const addFormats = ajvFormats as unknown as (ajv: JsonSchemaCompiler) => void

/** Compiling takes milliseconds. */
const KEPT = 100
const validators = new LRUCache<string, JsonValidator>({ max: KEPT })

const draftOf = (uri: unknown) => (typeof uri === 'string' ? DRAFTS.find(([known]) => known.test(uri))?.[1] : undefined)

/** @throws SyntaxError whose message says what is wrong with the schema */
export function jsonValidator(schemaText: string): JsonValidator {
  let validator = validators.get(schemaText)
  if (validator === undefined) {
    validator = compile(schemaText)
    validators.set(schemaText, validator)
  }
  return validator
}

function compile(schemaText: string): JsonValidator {
  const schema = JSON.parse(schemaText) as unknown
  if (typeof schema === 'boolean') return () => (schema ? null : 'its schema takes nothing')
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw new SyntaxError('it is neither an object nor a boolean')
  // `$async` is a word of Ajv's own, which would have it answer later.
  const { $schema: draft, $async: _, ...rest } = schema as Record<string, unknown>
  const make = draft === undefined ? () => new Ajv(OPTIONS) : draftOf(draft)
  if (make === undefined)
    throw new SyntaxError(`$schema ${JSON.stringify(draft)} is none of the drafts 4, 6, 7, 2019-09 and 2020-12`)
  const ajv = make()
  addFormats(ajv)
  let validate: ReturnType<Ajv['compile']>
  try {
    validate = ajv.compile(rest)
  } catch (cause) {
    const { missingRef, message } = cause as Error & { readonly missingRef?: string }
    throw new SyntaxError(
      missingRef === undefined
        ? message
        : `it refers to '${missingRef}', and references are followed within the schema alone: put what is there into its definitions`,
      { cause },
    )
  }
  return document => {
    if (validate(document)) return null
    const [error] = validate.errors ?? []
    return `${error?.instancePath === '' ? 'it' : (error?.instancePath ?? 'it')} ${error?.message ?? 'is not valid'}`
  }
}
