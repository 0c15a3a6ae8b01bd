/** Redirects the console to stderr in processes whose stdout belongs to a protocol or to a script. */
import { Console } from 'node:console'

export function keepStdoutClean(): void {
  globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr })
}
