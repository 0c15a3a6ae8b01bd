#!/usr/bin/env node
/** The `shardline` command. It loads only the modules that the given command needs. */
const MINIMUM_NODE = 20

const major = Number(process.versions.node.split('.')[0])
if (major < MINIMUM_NODE) {
  process.stderr.write(`shardline: this is Node ${process.versions.node}; Node ${MINIMUM_NODE} or newer is needed.\n`)
  process.exit(3)
}

const { runCommand } = await import('./command.ts')
await runCommand(process.argv.slice(2))
