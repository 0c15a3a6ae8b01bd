/** What Avro's Java library makes of java/cases.json: vectors/java.json, made by java/Vectors.java. Numbers keep their digits. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { parseJsonText } from '../../../schemas/avro/json-text.ts'
import type { JsonObject } from '../../../schemas/avro/json-text.ts'

const FILE = 'test/schemas/avro/vectors/java.json'

export function vectors(): JsonObject {
  let root = import.meta.dirname
  while (!existsSync(path.join(root, FILE))) root = path.dirname(root)
  return parseJsonText(readFileSync(path.join(root, FILE), 'utf8')) as JsonObject
}
