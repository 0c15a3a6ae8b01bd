/** Converts errors to JSON-RPC error objects. */
import { asShardlineError, toWireError } from '../foundation/errors.ts'
import type { WireError } from '../foundation/errors.ts'
import { ENGINE_ERROR, INVALID_PARAMS } from './control-protocol.ts'

export interface RpcError {
  readonly code: number
  readonly message: string
  readonly data: WireError
}

export function toRpcError(error: unknown): RpcError {
  const own = asShardlineError(error)
  const data = toWireError(own.code === 'INTERNAL' && error instanceof Error ? error : own)
  return { code: own.code === 'PROTOCOL_VIOLATED' ? INVALID_PARAMS : ENGINE_ERROR, message: data.message, data }
}
