/** Where stdout belongs to a protocol or to somebody's script, stray prints of this process must not land there. */
import { Console } from 'node:console'

export function keepStdoutClean(): void {
  globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr })
}
