/** Damage to an answer on its way: bits flipped, bytes cut, fields missing, null or of another type. Chance comes from a seed. */
import type { Random } from '../simulation/random.ts'

export function flipBits(body: Buffer, random: Random): Buffer {
  const out = Buffer.from(body)
  for (let n = random.pick([1, 1, 1, 2, 3]); n > 0 && out.length > 0; n--) {
    const at = random.int(0, out.length - 1)
    out[at] = out[at]! ^ (1 << random.int(0, 7))
  }
  return out
}

export const cut = (body: Buffer, random: Random): Buffer =>
  Buffer.from(body.subarray(0, random.int(0, Math.max(0, body.length - 1))))

/** A stretch that is missing, repeated, or overwritten with noise. */
export function scramble(body: Buffer, random: Random): Buffer {
  const from = random.int(0, body.length)
  const to = random.int(from, Math.min(body.length, from + 20))
  const middle = random.pick([
    Buffer.alloc(0),
    Buffer.concat([body.subarray(from, to), body.subarray(from, to)]),
    Buffer.from(Array.from({ length: to - from }, () => random.int(0, 255))),
  ])
  return Buffer.concat([body.subarray(0, from), middle, body.subarray(to)])
}

/** The value with one field, somewhere in it, missing or replaced. */
export function damageField(value: unknown, random: Random): unknown {
  const copy = structuredClone(value)
  const places = placesIn(copy)
  if (places.length === 0) return random.pick(SUBSTITUTES)
  const { holder, key } = random.pick(places)
  if (random.chance(0.4)) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else Reflect.deleteProperty(holder, key)
  } else holder[key] = random.pick(SUBSTITUTES)
  return copy
}

const SUBSTITUTES: readonly unknown[] = [null, '', 'text', 0, -1, 1.5, 1e300, true, [], [null], {}, { a: [1] }]

type Holder = Record<string, unknown> & unknown[]

function placesIn(value: unknown): { readonly holder: Holder; readonly key: string }[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return []
  return Object.entries(value).flatMap(([key, inner]) => [{ holder: value as Holder, key }, ...placesIn(inner)])
}
