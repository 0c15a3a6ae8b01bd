/** Which schema turns bytes into values or back; part of the job graph. */
export type SchemaSpec = { readonly type: 'simple-string'; readonly charset: string } | { readonly type: 'byte-array' }
