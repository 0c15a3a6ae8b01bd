/** What build this is. The bundler fills in the hash over all sources; a build of loose files has none. */
declare const SHARDLINE_BUILD_HASH: string
declare const SHARDLINE_VERSION: string

export const buildHash: string | null = typeof SHARDLINE_BUILD_HASH === 'string' ? SHARDLINE_BUILD_HASH : null
export const engineVersion: string = typeof SHARDLINE_VERSION === 'string' ? SHARDLINE_VERSION : '0.0.0'
