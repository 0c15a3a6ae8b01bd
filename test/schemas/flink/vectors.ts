/** What real Flink and Java wrote and read: vectors/, made by the programs in java/. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const FOLDER = 'test/schemas/flink/vectors'

export function vectorsOf(name: string): unknown {
  let root = import.meta.dirname
  while (!existsSync(path.join(root, FOLDER))) root = path.dirname(root)
  return JSON.parse(readFileSync(path.join(root, FOLDER, name), 'utf8')) as unknown
}
