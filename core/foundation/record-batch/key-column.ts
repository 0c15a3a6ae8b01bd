/**
 * The keys of a batch's records: canonical bytes (`schemas/contracts/key-codec.ts`) in one buffer, and, once the records are on their
 * way to whom they belong, the key group of each.
 */
export class KeyColumn {
  readonly bytes: Buffer
  readonly offset: Uint32Array
  readonly length: Uint32Array
  /** `null` while it is not known. */
  readonly group: Uint16Array | null

  constructor(bytes: Buffer, offset: Uint32Array, length: Uint32Array, group: Uint16Array | null = null) {
    this.bytes = bytes
    this.offset = offset
    this.length = length
    this.group = group
  }

  /** The canonical bytes as a string of as many characters: as a key of maps. */
  text(i: number): string {
    const offset = this.offset[i]!
    return this.bytes.latin1Slice(offset, offset + this.length[i]!)
  }

  withGroups(group: Uint16Array): KeyColumn {
    return new KeyColumn(this.bytes, this.offset, this.length, group)
  }

  slice(from: number, to: number): KeyColumn {
    const { bytes, offset, length, group } = this
    return new KeyColumn(bytes, offset.subarray(from, to), length.subarray(from, to), group?.subarray(from, to) ?? null)
  }

  select(indices: Uint32Array): KeyColumn {
    const n = indices.length
    const [offset, length] = [new Uint32Array(n), new Uint32Array(n)]
    const group = this.group === null ? null : new Uint16Array(n)
    for (let i = 0; i < n; i++) {
      const at = indices[i]!
      offset[i] = this.offset[at]!
      length[i] = this.length[at]!
      if (group !== null) group[i] = this.group![at]!
    }
    return new KeyColumn(this.bytes, offset, length, group)
  }
}
