// The machine that a pickle is a program for: it has the bytes that it reads, a stack, marks on the stack and a memo. What
// an operation does with it is in `pickle-operations`.
import { MEMOIZE } from './opcodes.ts'
import { builtObject, Part, pathOf, PythonObject, setMember, unknownClass } from './python-classes.ts'

const SURROGATE_LEAD = 0xed

export class PickleMachine {
  readonly bytes: Buffer
  readonly stack: unknown[] = []
  /** Offset of the next byte to read. */
  at = 0
  readonly #memo: unknown[] = []
  readonly #marks: number[] = []
  /** Number of parts on the stack, and within the values there. */
  #parts = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** Returns the value of the pickle. @throws BridgeError when it contains what is not a value */
  result(): unknown {
    if (this.#parts > 0) throw unknownClass('a class, a function, a timedelta or an object without attributes')
    return this.stack.pop()
  }

  /** Moves past `count` bytes and returns their offset. */
  skip(count: number): number {
    const at = this.at
    this.at = at + count
    return at
  }

  uint32(): number {
    return this.bytes.readUInt32LE(this.skip(4))
  }

  uint64(): number {
    return Number(this.bytes.readBigUInt64LE(this.skip(8)))
  }

  /** Pushes a text, and runs the MEMOIZE that follows nearly every text: one operation less to look up. */
  pushText(length: number): void {
    const { bytes } = this
    const at = this.at
    const end = at + length
    let text = bytes.utf8Slice(at, end)
    if (text.includes('\ufffd')) text = textWithSurrogates(bytes.subarray(at, end))
    this.stack.push(text)
    if (bytes[end] === MEMOIZE) {
      this.#memo.push(text)
      this.at = end + 1
    } else this.at = end
  }

  pushBytes(length: number): void {
    const at = this.skip(length)
    this.stack.push(this.bytes.subarray(at, at + length))
  }

  /** Pushes an integer of two's complement; a bigint when a number can not hold it. */
  pushLong(length: number): void {
    const at = this.skip(length)
    this.stack.push(length === 0 ? 0 : longOf(this.bytes.subarray(at, at + length)))
  }

  /** Pushes a value that may be part of a larger one. A value that cannot be a part goes on the stack directly. */
  push(value: unknown): void {
    if (value instanceof Part) this.#parts++
    this.stack.push(value)
  }

  /** Pops what may be a part, to make a value of it. */
  pop(): unknown {
    const value = this.stack.pop()
    if (value instanceof Part) this.#parts--
    return value
  }

  /** Pops arguments, of which the parts become parts of the result. */
  popArguments(): unknown[] {
    const args = this.pop() as unknown[]
    for (const arg of args) if (arg instanceof Part) this.#parts--
    return args
  }

  mark(): void {
    this.#marks.push(this.stack.length)
  }

  /** Pops everything above the last mark. */
  popMark(): unknown[] {
    return this.stack.splice(this.#marks.pop()!)
  }

  memoize(): void {
    const value = this.stack.at(-1)
    if (value instanceof PythonObject) value.memo = this.#memo.length
    this.#memo.push(value)
  }

  pushMemo(index: number): void {
    this.push(this.#memo[index])
  }

  /** Builds an object from its state. An object is in the memo before it is built, where its value replaces it. */
  build(object: unknown, state: unknown): void {
    if (!(object instanceof PythonObject)) throw unknownClass('an object with a state of its own')
    const built = builtObject(object.path, state)
    if (object.memo >= 0) this.#memo[object.memo] = built
    this.stack.push(built)
  }

  /** Appends to the list, or adds to the set, on top of the stack. */
  appendItems(items: readonly unknown[]): void {
    const list = this.stack.at(-1)
    if (!Array.isArray(list)) throw unknownClass(`a value of class ${pathOf(list)}`)
    for (const item of items) list.push(item)
  }

  /**
   * Puts keys and values into the dict on top of the stack. It is an object as long as every key is a text, otherwise a
   * Map.
   */
  putItems(items: readonly unknown[]): void {
    const stack = this.stack
    let dict = stack.at(-1) as Record<string, unknown> | Map<unknown, unknown>
    if (dict instanceof Part) throw unknownClass(`a value of class ${pathOf(dict)}`)
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]
      if (dict instanceof Map) dict.set(key, items[i + 1])
      else if (typeof key !== 'string') {
        dict = new Map<unknown, unknown>(Object.entries(dict)).set(key, items[i + 1])
        this.#replaceTop(dict)
      } else setMember(dict, key, items[i + 1])
    }
  }

  #replaceTop(value: unknown): void {
    const before = this.stack.pop()
    this.stack.push(value)
    // The search starts at the end, where the place mostly is. From the start it would take quadratic time for many such
    // dicts.
    const index = this.#memo.lastIndexOf(before)
    if (index >= 0) this.#memo[index] = value
  }
}

function longOf(bytes: Buffer): number | bigint {
  const digits = Buffer.from(bytes).reverse().toString('hex')
  const n = BigInt.asIntN(bytes.length * 8, BigInt(`0x${digits}`))
  const asNumber = Number(n)
  return Number.isSafeInteger(asNumber) ? asNumber : n
}

/**
 * Decodes a text in which half of a surrogate pair, which a `str` may contain, has three bytes as if it were a character.
 */
function textWithSurrogates(bytes: Buffer): string {
  let text = ''
  let from = 0
  for (let at = bytes.indexOf(SURROGATE_LEAD); at >= 0; at = bytes.indexOf(SURROGATE_LEAD, at + 1)) {
    if (bytes[at + 1]! < 0xa0) continue
    const unit = 0xd000 | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f)
    text += bytes.utf8Slice(from, at) + String.fromCharCode(unit)
    from = at + 3
  }
  return text + bytes.utf8Slice(from, bytes.length)
}
