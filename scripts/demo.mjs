// `npm run demo`: sets everything up, then runs the main job on real data and checks what it wrote.
import { main, root, say } from './steps.mjs'
import { setup } from './setup.mjs'
import path from 'node:path'
import { spawn } from 'node:child_process'

await main(async () => {
  await setup()
  say('Starting the demo.')
  const child = spawn(process.execPath, [path.join(root, 'dist/scripts/demo/main.js')], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  })
  process.on('SIGINT', () => undefined) // the demo has it too, and ends in order
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise(resolve => child.on('exit', code => resolve(code ?? 1)))
})
