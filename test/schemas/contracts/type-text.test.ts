import { readFileSync } from 'node:fs'
import t from 'tap'

import type { TypeSpec } from '../../../core/foundation/type-spec.ts'
import { typeText } from '../../../schemas/contracts/type-text.ts'

const file = new URL('../../../../schemas/vectors/state-types.json', import.meta.url)
const { types } = JSON.parse(readFileSync(file, 'utf8')) as { types: { spec: TypeSpec; text: string }[] }

t.test('a type has the text of the vectors', async t => {
  for (const { spec, text } of types) t.equal(typeText(spec), text)
})

t.test('rows with other names, or fields in another order, are other types', async t => {
  const row = (...names: string[]): string =>
    typeText({ type: 'ROW', names, types: names.map(() => ({ type: 'INT' })) })
  t.equal(new Set([row('a', 'b'), row('b', 'a'), row('a', 'c'), row('a: INT, b')]).size, 4)
})
