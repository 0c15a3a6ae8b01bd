#!/usr/bin/env node
// What npm links as `shardline`. A Node that is too old cannot even load the engine's file, so the question comes before it.
const MINIMUM_NODE = [20, 12]

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
  process.stderr.write(
    `shardline: this is Node ${process.versions.node}; Node ${MINIMUM_NODE.join('.')} or newer is needed.\n`,
  )
  process.exitCode = 3
} else await import('./shardline.mjs')
