/** How the values of a stream are carried between operators. */
export type PayloadType =
  | 'text' // UTF-8 strings
  | 'bytes' // byte strings
  | 'pickle' // Python objects, pickled one by one
  | 'object' // JavaScript values, in this process only
