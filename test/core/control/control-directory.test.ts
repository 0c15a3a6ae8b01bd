import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import t from 'tap'

import {
  checkDirectory,
  socketDirectories,
  controlEnvironment,
  prepareSocketPath,
  socketsIn,
} from '../../../core/control/control-directory.ts'
import { shortFolder } from '../fakes/folders.ts'

const { uid } = controlEnvironment()
const modeOf = (file: string): number => statSync(file).mode & 0o777

t.test('below the runtime folder if that is ours, else below the temporary one', async t => {
  const runtimeDirectory = t.testdir()
  const environment = { runtimeDirectory, tmpDirectory: '/tmp', uid }
  t.same(socketDirectories(environment), [path.join(runtimeDirectory, 'shardline'), `/tmp/shardline-${uid}`])
  for (const other of [undefined, '', 'relative', '/no/such/folder'])
    t.same(socketDirectories({ ...environment, runtimeDirectory: other }), [`/tmp/shardline-${uid}`], String(other))
  t.same(socketDirectories({ ...environment, uid: uid + 1 }), [`/tmp/shardline-${uid + 1}`], 'somebody else’s')
})

t.test('the folder is made for its user alone', async t => {
  const directory = path.join(shortFolder(t), 'sockets')
  t.equal(prepareSocketPath(directory, 17, uid), path.join(directory, '17.sock'))
  t.equal(modeOf(directory), 0o700)
  chmodSync(directory, 0o755)
  prepareSocketPath(directory, 17, uid)
  t.equal(modeOf(directory), 0o700, 'one that others may read is closed to them')
})

t.test('a directory that another user owns or can write to is refused', async t => {
  const directory = path.join(shortFolder(t), 'sockets')
  mkdirSync(directory)
  chmodSync(directory, 0o777)
  t.throws(() => checkDirectory(directory, uid), {
    message: /other users can write to .*sockets: change its mode to 0700/,
  })
  chmodSync(directory, 0o700)
  t.throws(() => checkDirectory(directory, uid + 1), { message: /belongs to the user/ })
  symlinkSync(directory, `${directory}-link`)
  t.throws(() => checkDirectory(`${directory}-link`, uid), { message: /is not a directory/ })
  writeFileSync(path.join(directory, '1.sock'), '')
  chmodSync(directory, 0o720)
  t.throws(() => socketsIn(directory, uid), { message: /other users can write/ })
})

t.test('sockets are told by their names', async t => {
  const directory = t.testdir({ '17.sock': '', 'x.sock': '', '18.txt': '' })
  chmodSync(directory, 0o700)
  t.same(socketsIn(directory, uid), [{ pid: 17, socketPath: path.join(directory, '17.sock') }])
  t.same(socketsIn('/no/such/folder', uid), [])
})

t.test('a path that is too long for a socket is an error', async t => {
  t.throws(() => prepareSocketPath(`/tmp/${'x'.repeat(100)}`, 17, uid), { message: /too long for a socket/ })
})
