import t from 'tap'

import {
  booleanOption,
  doubleOption,
  durationOption,
  enumOption,
  intOption,
  memoryOption,
  stringOption,
} from '../../../../core/foundation/config/config-option.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { optionGroups, unknownKeys } from '../../../../core/foundation/config/known-keys.ts'

t.test('an option is its value, an older name of it, or its default', async t => {
  const option = intOption('new.key', 7, '', { min: 1, max: 9, aliases: ['old.key'] })
  t.equal(new Configuration().get(option), 7)
  t.equal(new Configuration({ 'old.key': '3' }).get(option), 3)
  t.equal(new Configuration({ 'old.key': '3', 'new.key': ' 4 ' }).get(option), 4)
  t.equal(new Configuration({ 'new.key': '4' }).has(option), true)
  t.equal(new Configuration().has(option), false)
})

t.test('an option without a default may be missing', async t => {
  const option = stringOption('k', null, '')
  t.equal(new Configuration().find(option), null)
  t.throws(() => new Configuration().get(option), TypeError)
})

t.test('a value of another type is an error that names key, value and what is wanted', async t => {
  for (const [option, text, message] of [
    [intOption('k', 1, '', { min: 1 }), '0', /^k: '0' is not a whole number from 1/],
    [intOption('k', 1, ''), '1.5', /whole number/],
    [intOption('k', 1, ''), '', /whole number/],
    [doubleOption('k', 1, ''), 'x', /a number/],
    [booleanOption('k', true, ''), 'yes', /'true' or 'false'/],
    [durationOption('k', '1 s', ''), 'soon', /a duration such as/],
    [memoryOption('k', '1 kb', ''), 'much', /a size such as/],
    [enumOption('k', ['a-b', 'C'], 'C', ''), 'd', /one of a-b, C/],
  ] as const)
    t.throws(() => new Configuration({ k: text }).find<unknown>(option), { code: 'CONFIGURATION_INVALID', message })
})

t.test('names are read as Flink reads them: any case, dash or underscore', async t => {
  const option = enumOption('k', ['exponential-delay', 'TRIM_HORIZON'], null, '')
  for (const text of ['exponential-delay', 'EXPONENTIAL_DELAY', 'exponential_delay '])
    t.equal(new Configuration({ k: text }).find(option), 'exponential-delay')
  t.equal(new Configuration({ k: 'trim-horizon' }).find(option), 'TRIM_HORIZON')
  t.equal(new Configuration({ k: 'TRUE' }).find(booleanOption('k', false, '')), true)
})

t.test('every default is a value of its own option, and every key is there once', async t => {
  const options = optionGroups.flatMap(g => g.options)
  for (const option of options)
    if (option.default !== null) t.doesNotThrow(() => option.parse(option.default!), option.key)
  const keys = options.flatMap(o => [o.key, ...(o.aliases ?? [])])
  t.equal(new Set(keys).size, keys.length)
})

t.test('of two configurations the later wins', async t => {
  t.same(new Configuration({ a: '1', b: '1' }).with({ b: '2', c: '2' }).toObject(), { a: '1', b: '2', c: '2' })
})

t.test('unknown keys are found, with what was probably meant; what only a cluster needs is passed over', async t => {
  t.same(unknownKeys(['parallelism.default', 'execution.savepoint.path', 'taskmanager.memory.size', 'rest.port']), [])
  t.match(unknownKeys(['source.init.positon']), [{ key: 'source.init.positon', nearest: 'source.init.position' }])
  t.match(unknownKeys(['something.entirely.different']), [{ nearest: null }])
})

t.test('a truth or a number is its text; anything else that is none is an error with its key', async t => {
  const values = { 'a.flag': true, 'a.count': 500 } as unknown as Record<string, string>
  t.same(new Configuration(values).toObject(), { 'a.flag': 'true', 'a.count': '500' })
  for (const value of [undefined, null, {}])
    t.throws(() => new Configuration({ 'a.key': value } as unknown as Record<string, string>), {
      code: 'CONFIGURATION_INVALID',
      message: /^a\.key: /,
    })
})
