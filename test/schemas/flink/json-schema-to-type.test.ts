import t from 'tap'

import { jsonSchemaToType } from '../../../schemas/flink/json-schema-to-type.ts'
import type { TypeSpec } from '../../../core/foundation/type-spec.ts'
import { vectorsOf } from './vectors.ts'

interface Vector {
  readonly schema: string
  readonly type?: TypeSpec
  readonly error?: string
}

t.test('every schema is the type that Flink makes of it, or the same error', async t => {
  for (const { schema, type, error } of vectorsOf('json-schema.json') as readonly Vector[]) {
    if (type?.type === 'ROW') t.strictSame(jsonSchemaToType(schema), type, schema)
    else {
      // In a list Flink does not say which type it was. What is no object it refuses a moment later.
      const message =
        error?.replace(/^\w+: /, '').replace("type ''", "type 'any'") ?? 'The JSON schema must describe an object'
      t.throws(
        () => jsonSchemaToType(schema),
        { code: 'CONFIGURATION_INVALID', message: new RegExp(`^${escaped(message)}`) },
        schema,
      )
    }
  }
})

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

t.test('a schema that holds itself is refused, whichever way round', async t => {
  const list =
    '{"definitions":{"n":{"type":"object","properties":{"next":{"$ref":"#/definitions/n"}}}},"type":"object","properties":{"a":{"$ref":"#/definitions/n"}}}'
  t.throws(() => jsonSchemaToType(list), { code: 'CONFIGURATION_INVALID', message: /^Cyclic references/ })
})
