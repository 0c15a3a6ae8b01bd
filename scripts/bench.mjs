// `npm run bench`: sets everything up, then measures; see bench/main.ts.
import { spawn } from 'node:child_process'
import path from 'node:path'

import { setup } from './setup.mjs'
import { main, root, say } from './steps.mjs'

await main(async () => {
  await setup()
  say('Measuring: leave the machine alone for some minutes.')
  const child = spawn(process.execPath, [path.join(root, 'dist/bench/main.js'), ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  })
  return new Promise(resolve => child.on('exit', code => resolve(code ?? 1)))
})
