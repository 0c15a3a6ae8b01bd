/** Folders whose paths are short enough for a socket in them, which those of the test runner need not be. */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export function shortFolder(t: { teardown(end: () => unknown): void }): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sl-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
