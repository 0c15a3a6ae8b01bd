#!/usr/bin/env node
// What npm links as `shardline`. A Node that is too old cannot even load the engine's file, so the question comes before it.
const MINIMUM_NODE = 20

if (Number(process.versions.node.split('.')[0]) < MINIMUM_NODE) {
  process.stderr.write(`shardline: this is Node ${process.versions.node}; Node ${MINIMUM_NODE} or newer is needed.\n`)
  process.exitCode = 3
} else await import('./shardline.mjs')
