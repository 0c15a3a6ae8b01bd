/**
 * Lines at the bottom of a terminal that stay there, while everything else that is printed, by whichever process, scrolls above
 * them: the terminal's scroll region (DECSTBM) leaves them out.
 */

/** The part of a terminal's stream that is used here. */
export interface Terminal {
  readonly columns: number
  readonly rows: number
  write(text: string): void
}

const SAVE_CURSOR = '\x1b7'
const RESTORE_CURSOR = '\x1b8'
const CLEAR_LINE = '\x1b[2K'
const WHOLE_SCREEN = '\x1b[r'
const region = (last: number): string => `\x1b[1;${last}r`
const at = (row: number): string => `\x1b[${row};1H`
const up = (lines: number): string => (lines > 0 ? `\x1b[${lines}A` : '')

export class StatusLines {
  readonly #terminal: Terminal
  /** Lines that the scroll region leaves out, and the height for which it was set. */
  #reserved = 0
  #rows = 0

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  draw(lines: readonly string[]): void {
    const { columns, rows } = this.#terminal
    // A terminal that is too low keeps half of its rows for what scrolls.
    const shown = lines.slice(0, Math.max(1, Math.floor(rows / 2))).map(line => line.slice(0, columns - 1))
    if (shown.length !== this.#reserved || rows !== this.#rows) this.#reserve(shown.length, rows)
    const first = rows - shown.length + 1
    const drawn = shown.map((line, i) => `${at(first + i)}${CLEAR_LINE}${line}`)
    this.#terminal.write(`${SAVE_CURSOR}${drawn.join('')}${RESTORE_CURSOR}`)
  }

  /** The terminal is as it was; `last` lines are printed like any others. */
  close(last: readonly string[]): void {
    this.#clear()
    this.#terminal.write(last.map(line => `${line}\n`).join(''))
    this.#reserved = 0
  }

  #reserve(lines: number, rows: number): void {
    this.#clear()
    // What is on the last rows scrolls up, and the cursor stays on its line.
    this.#terminal.write(`${'\n'.repeat(lines)}${up(lines)}${SAVE_CURSOR}${region(rows - lines)}${RESTORE_CURSOR}`)
    this.#reserved = lines
    this.#rows = rows
  }

  #clear(): void {
    if (this.#reserved === 0) return
    const first = this.#rows - this.#reserved + 1
    const cleared = Array.from({ length: this.#reserved }, (_, i) => `${at(first + i)}${CLEAR_LINE}`).join('')
    this.#terminal.write(`${SAVE_CURSOR}${WHOLE_SCREEN}${cleared}${RESTORE_CURSOR}`)
  }
}
