// Sequence numbers: 56 decimal digits whose order within a shard is the order of its records, and across a reshard puts
// children above their parents. They are not consecutive, so a client that adds one to resume goes wrong here as it
// would on the service.
//
// | digits  | what                                                                                       |
// |---------|--------------------------------------------------------------------------------------------|
// | 0..1    | `49`                                                                                       |
// | 2..15   | stamp of the shard's creation: milliseconds, made strictly increasing within the account   |
// | 16..21  | shard number                                                                               |
// | 22..37  | record index: 0 is the start of the shard, its first record is 1                           |
// | 38..55  | a tail that is constant for the shard                                                      |

/** Digits of a sequence number. */
export const SEQUENCE_DIGITS = 56
/** Where the record index starts, and how many digits it has. */
export const INDEX_OFFSET = 22
export const INDEX_DIGITS = 16
const END_INDEX = 9_000_000_000_000_000

/** Makes and reads the sequence numbers of one shard. */
export class SequenceNumbers {
  readonly #prefix: string
  readonly #tail: string
  /** The digits of index 0, as ASCII: a template to be filled in by `writeIndex`. */
  readonly template: Buffer

  constructor(stamp: number, shardNumber: number) {
    this.#prefix = `49${String(stamp).padStart(14, '0')}${String(shardNumber).padStart(6, '0')}`
    this.#tail = String((BigInt(stamp) * 1_000_003n + BigInt(shardNumber) * 7_919n) % 10n ** 18n).padStart(18, '0')
    this.template = Buffer.from(this.format(0), 'latin1')
  }

  format(index: number): string {
    return this.#prefix + String(index).padStart(INDEX_DIGITS, '0') + this.#tail
  }

  get starting(): string {
    return this.format(0)
  }

  /** Above every record of the shard, below every record of its children. */
  get ending(): string {
    return this.format(END_INDEX)
  }

  /** Behind the record before `index` and before the record at `index`: whoever reads at or after it starts there. */
  between(index: number): string {
    return this.#prefix + String(index - 1).padStart(INDEX_DIGITS, '0') + '9'.repeat(this.#tail.length)
  }

  /** The index of the first record at (or, when `after`, past) a sequence number; undefined when it is of another shard. */
  indexAt(sequenceNumber: string, after: boolean): number | undefined {
    if (!/^\d{56}$/.test(sequenceNumber) || !sequenceNumber.startsWith(this.#prefix)) return undefined
    const index = Number(sequenceNumber.slice(INDEX_OFFSET, INDEX_OFFSET + INDEX_DIGITS))
    const tail = sequenceNumber.slice(INDEX_OFFSET + INDEX_DIGITS)
    const past = after ? tail >= this.#tail : tail > this.#tail
    return past ? index + 1 : index
  }
}

/** Writes the 16 digits of a record index as ASCII. Hot: once a record read and once a record written. */
export function writeIndex(out: Uint8Array, at: number, index: number): void {
  const high = Math.floor(index / 1e8)
  writeDigits(out, at, high)
  writeDigits(out, at + 8, index - high * 1e8)
}

function writeDigits(out: Uint8Array, at: number, value: number): void {
  let rest = value | 0
  for (let i = at + 7; i >= at; i--) {
    const tenth = (rest / 10) | 0
    out[i] = 48 + rest - tenth * 10
    rest = tenth
  }
}
