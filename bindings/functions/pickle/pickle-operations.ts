// What each operation of a pickle does. A pickle with any other operation is refused.
import { BridgeError } from '../../../core/foundation/errors.ts'
import * as op from './opcodes.ts'
import { PickleMachine } from './pickle-machine.ts'
import { callResult, Global, pathOf, PythonObject, unknownClass } from './python-classes.ts'

type Operation = (machine: PickleMachine) => void

/**
 * Runs a pickle and returns its value. The operations of which most pickles consist are a switch over literals in the loop
 * itself, for which V8 makes a jump table. With a call for each of them, a bundle of dicts takes a fifth longer to read.
 *
 * @throws BridgeError naming what the engine does not know
 */
export function runPickle(pickle: Buffer): unknown {
  const machine = new PickleMachine(pickle)
  const { stack } = machine
  for (;;) {
    const code = pickle[machine.at++]!
    switch (code) {
      case 0x94: // MEMOIZE
        machine.memoize()
        break
      case 0x68: // BINGET
        machine.pushMemo(pickle[machine.at++]!)
        break
      case 0x28: // MARK
        machine.mark()
        break
      case 0x4e: // NONE
        stack.push(null)
        break
      case 0x88: // NEWTRUE
        stack.push(true)
        break
      case 0x89: // NEWFALSE
        stack.push(false)
        break
      case 0x4b: // BININT1
        stack.push(pickle[machine.at++])
        break
      case 0x4d: // BININT2
        stack.push(pickle.readUInt16LE(machine.skip(2)))
        break
      case 0x4a: // BININT
        stack.push(pickle.readInt32LE(machine.skip(4)))
        break
      case 0x47: // BINFLOAT
        stack.push(pickle.readDoubleBE(machine.skip(8)))
        break
      case 0x8c: // SHORT_BINUNICODE
        machine.pushText(pickle[machine.at++]!)
        break
      case 0x43: // SHORT_BINBYTES
        machine.pushBytes(pickle[machine.at++]!)
        break
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        stack.push([])
        break
      case 0x74: // TUPLE
        stack.push(machine.popMark())
        break
      case 0x65: // APPENDS
        machine.appendItems(machine.popMark())
        break
      case 0x7d: // EMPTY_DICT
        stack.push({})
        break
      case 0x75: // SETITEMS
        machine.putItems(machine.popMark())
        break
      case 0x2e: // STOP
        return machine.result()
      default: {
        const operation = OPERATIONS[code]
        if (operation === undefined) throw unknownOperation(code)
        operation(machine)
      }
    }
  }
}

function unknownOperation(code: number | undefined): BridgeError {
  return new BridgeError(
    'PROTOCOL_VIOLATED',
    code === undefined
      ? 'A pickle of values ends too early.'
      : `A pickle of values has the operation 0x${code.toString(16)}, which is not known here.`,
  )
}

const popTuple =
  (length: number): Operation =>
  ({ stack }) =>
    stack.push(stack.splice(stack.length - length))

const scalars: readonly (readonly [number, Operation])[] = [
  [op.PROTO, machine => machine.skip(1)],
  [op.FRAME, machine => machine.skip(8)],
  [op.POP, ({ stack }) => stack.pop()],
  [op.LONG_BINGET, machine => machine.pushMemo(machine.uint32())],
  [op.LONG1, machine => machine.pushLong(machine.bytes[machine.at++]!)],
  [op.LONG4, machine => machine.pushLong(machine.uint32())],
  [op.BINUNICODE, machine => machine.pushText(machine.uint32())],
  [op.BINUNICODE8, machine => machine.pushText(machine.uint64())],
  [op.BINBYTES, machine => machine.pushBytes(machine.uint32())],
  [op.BINBYTES8, machine => machine.pushBytes(machine.uint64())],
  [op.BYTEARRAY8, machine => machine.pushBytes(machine.uint64())],
]

const containers: readonly (readonly [number, Operation])[] = [
  [op.TUPLE1, popTuple(1)],
  [op.TUPLE2, popTuple(2)],
  [op.TUPLE3, popTuple(3)],
  [op.APPEND, machine => machine.appendItems([machine.stack.pop()])],
  [op.EMPTY_SET, ({ stack }) => stack.push([])],
  [op.ADDITEMS, machine => machine.appendItems(machine.popMark())],
  [op.FROZENSET, machine => machine.stack.push(machine.popMark())],
  [op.SETITEM, machine => machine.putItems(machine.stack.splice(-2))],
]

const objects: readonly (readonly [number, Operation])[] = [
  [
    op.STACK_GLOBAL,
    machine => {
      const name = machine.stack.pop() as string
      machine.push(new Global(machine.stack.pop() as string, name))
    },
  ],
  [
    op.REDUCE,
    machine => {
      const args = machine.popArguments()
      machine.push(callResult((machine.pop() as Global).path, args))
    },
  ],
  [
    op.NEWOBJ,
    machine => {
      const args = machine.stack.pop() as unknown[]
      const { path } = machine.pop() as Global
      if (args.length > 0) throw unknownClass(`a value of class ${path}`)
      machine.push(new PythonObject(path))
    },
  ],
  [
    op.NEWOBJ_EX,
    ({ stack }) => {
      throw unknownClass(`a value of class ${pathOf(stack.at(-3))}`)
    },
  ],
  [
    op.BUILD,
    machine => {
      const state = machine.stack.pop()
      machine.build(machine.pop(), state)
    },
  ],
]

/** Every other operation, by opcode. */
const OPERATIONS: (Operation | undefined)[] = Array.from({ length: 256 }, () => undefined)
for (const [code, operation] of [...scalars, ...containers, ...objects]) OPERATIONS[code] = operation
