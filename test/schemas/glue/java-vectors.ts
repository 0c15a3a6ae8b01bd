/** What Amazon's library writes of the cases in test/interop/java-glue/cases.json: vectors.json there, made by Glue.java. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const FOLDER = 'test/interop/java-glue'

export interface GlueVector {
  readonly format: 'AVRO' | 'JSON'
  readonly schema: string
  /** Avro's JSON encoding, or the payload. */
  readonly value: string
  /** That is registered. */
  readonly definition?: string
  /** Records, in base64. */
  readonly NONE?: string
  readonly ZLIB?: string
  /** Why it is refused. */
  readonly error?: string
}

/** The version of every record there. */
export const VERSION = 'b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63'

export function javaGlueFolder(): string {
  let root = import.meta.dirname
  while (!existsSync(path.join(root, FOLDER, 'vectors.json'))) root = path.dirname(root)
  return path.join(root, FOLDER)
}

export function glueVectors(): readonly GlueVector[] {
  return JSON.parse(readFileSync(path.join(javaGlueFolder(), 'vectors.json'), 'utf8')) as GlueVector[]
}
