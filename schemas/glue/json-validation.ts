/**
 * Validates JSON documents by JSON Schema: drafts 4, 6, 7, 2019-09 and 2020-12. `$schema` selects the draft; the default is 7.
 * References must lead into the same schema. Nothing is fetched. Unknown formats are ignored.
 */
import { Ajv } from 'ajv'
import type { Options } from 'ajv'
import AjvDraft04 from 'ajv-draft-04'
import ajvFormats from 'ajv-formats'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { LRUCache } from 'lru-cache'

/** Returns why a document is invalid, or `null` when it is valid. */
export type JsonValidator = (document: unknown) => string | null

const OPTIONS: Options = {
  // Unknown keywords are ignored.
  strict: false,
  logger: false,
  unicodeRegExp: false,
  // 0.07 must be a multiple of 0.01, although their doubles are not.
  multipleOfPrecision: 9,
}

type JsonSchemaCompiler = Pick<Ajv, 'compile'>

const DRAFTS: readonly (readonly [uri: RegExp, make: () => JsonSchemaCompiler])[] = [
  [/^https?:\/\/json-schema\.org\/draft-04\/schema#?$/, () => new Draft04(OPTIONS)],
  // Draft 7 only adds keywords to draft 6.
  [/^https?:\/\/json-schema\.org\/draft-0[67]\/schema#?$/, () => new Ajv(OPTIONS)],
  [/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema#?$/, () => new Ajv2019(OPTIONS)],
  [/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/, () => new Ajv2020(OPTIONS)],
]

// Both modules are CommonJS, and their types put the default export one level deeper.
const Draft04 = AjvDraft04 as unknown as new (options: Options) => JsonSchemaCompiler
const addFormats = ajvFormats as unknown as (ajv: JsonSchemaCompiler) => void

/** Compiled validators that are cached, because compiling takes milliseconds. */
const KEPT = 100
const validators = new LRUCache<string, JsonValidator>({ max: KEPT })

const draftOf = (uri: unknown) => (typeof uri === 'string' ? DRAFTS.find(([known]) => known.test(uri))?.[1] : undefined)

/** @throws SyntaxError when the schema is invalid */
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
  if (typeof schema === 'boolean') return () => (schema ? null : 'its schema accepts no value')
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw new SyntaxError('it is neither an object nor a boolean')
  // `$async` is a keyword of Ajv, which would make validation asynchronous.
  const { $schema: draft, $async: _, ...rest } = schema as Record<string, unknown>
  const make = draft === undefined ? () => new Ajv(OPTIONS) : draftOf(draft)
  if (make === undefined)
    throw new SyntaxError(`$schema ${JSON.stringify(draft)} is not one of the drafts 4, 6, 7, 2019-09 and 2020-12`)
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
        : `it refers to '${missingRef}', which is outside the schema: copy that schema into its definitions`,
      { cause },
    )
  }
  return document => {
    if (validate(document)) return null
    const [error] = validate.errors ?? []
    return `${error?.instancePath === '' ? 'it' : (error?.instancePath ?? 'it')} ${error?.message ?? 'is not valid'}`
  }
}
