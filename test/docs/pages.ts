/** The pages of the documentation, for the tests that read them. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../..', import.meta.url))

export interface Page {
  /** Relative to the root: `docs/how-to/deploy.md`. */
  readonly name: string
  readonly text: string
}

export const page = (name: string): Page => ({ name, text: readFileSync(path.join(root, name), 'utf8') })

/** Every page of a folder and the folders in it. */
export function pages(folder: string): Page[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const name = path.posix.join(folder, entry.name)
    if (entry.isDirectory()) return pages(name)
    return name.endsWith('.md') ? [page(name)] : []
  })
}

/** The code blocks of a page in a language, by the word after the fence; empty for those that have none. */
export const blocks = ({ text }: Page, language: string): string[] =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter(match => match[1] === language).map(match => match[2]!)

/** What stands under a heading, up to the next one of the same level or a higher one. */
export function section({ name, text }: Page, heading: string): string {
  const level = /^#+/.exec(heading)![0].length
  const from = text.indexOf(`\n${heading}\n`)
  if (from < 0) throw new Error(`${name} has no heading '${heading}'`)
  const rest = text.slice(from + heading.length + 2)
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** Without code blocks, in which `#` and brackets mean other things. */
export const prose = (text: string): string => text.replace(/^ *```[\s\S]*?^ *```$/gm, '')
