import { createHash } from 'node:crypto'

import t from 'tap'

import {
  DOUBLE_BYTE_CHARSETS,
  SINGLE_BYTE_CHARSETS,
  UNICODE_CHARSETS,
} from '../../../schemas/flink/charsets/charset-names.ts'
import { stringDecoder, stringEncoder } from '../../../schemas/flink/charset.ts'
import { vectorsOf } from './vectors.ts'

interface Vector {
  readonly name: string
  readonly aliases: readonly string[]
  readonly encoded: string
  readonly decoded: string
  readonly texts: Readonly<Record<string, string>>
  readonly bytes: Readonly<Record<string, string>>
}

const vectors = vectorsOf('charset.json') as readonly Vector[]
const known = [...UNICODE_CHARSETS, ...SINGLE_BYTE_CHARSETS, ...DOUBLE_BYTE_CHARSETS].map(([name]) => name)

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()
/** Of surrogates in UTF-8 the platform makes three U+FFFD, Java one. A single half of a pair in UTF-32 Java lets through. */
const isOurs = (name: string, bytes: string): boolean =>
  (name === 'UTF-8' && bytes.startsWith('eda0')) || (/^UTF-32(?:BE)?$/.test(name) && bytes === '0000d800')

t.test('what Java reads of bytes and writes of text, here is the same', async t => {
  t.equal(vectors.length, known.length)
  for (const { name, texts, bytes } of vectors) {
    const decode = stringDecoder(name)
    const encode = stringEncoder(name)
    for (const [text, hex] of Object.entries(texts)) t.equal(encode(text).toString('hex'), hex, `${name} ${text}`)
    for (const [hex, text] of Object.entries(bytes))
      if (!isOurs(name, hex)) t.equal(decode(Buffer.from(hex, 'hex')), text, `${name} ${hex}`)
  }
})

t.test('so is every single character, and every pair of bytes', async t => {
  for (const { name, encoded, decoded } of vectors) {
    const decode = stringDecoder(name)
    const encode = stringEncoder(name)
    const written = createHash('sha256')
    for (let unit = 0; unit < 0x10000; unit++)
      if (!isSurrogate(unit)) written.update(`${encode(String.fromCharCode(unit)).toString('hex')}\n`)
    t.equal(written.digest('hex'), encoded, `${name} is written`)
    const read = createHash('sha256')
    for (let pair = 0; pair < 0x10000; pair++) read.update(utf16be(`${decode(Buffer.of(pair >> 8, pair & 0xff))}\n`))
    if (name !== 'UTF-8') t.equal(read.digest('hex'), decoded, `${name} is read`)
  }
})

t.test('a charset goes by all its names in Java, in any case', async t => {
  for (const { name, aliases } of vectors)
    for (const alias of [name, ...aliases, name.toLowerCase(), name.toUpperCase()])
      t.equal(stringDecoder(alias), stringDecoder(name), alias)
})

t.test('long texts are whole', async t => {
  for (const name of known) {
    const text = 'abc'.repeat(10_000)
    t.equal(stringDecoder(name)(stringEncoder(name)(text)), text, name)
  }
})

t.test('an unknown charset is an error', async t => {
  for (const name of ['klingon', '', 'IBM037', 'Big5', 'utf 8']) {
    t.throws(() => stringDecoder(name), {
      code: 'CONFIGURATION_INVALID',
      message: new RegExp(`'${name}' is not supported`),
    })
    t.throws(() => stringEncoder(name), { code: 'CONFIGURATION_INVALID' })
  }
})
