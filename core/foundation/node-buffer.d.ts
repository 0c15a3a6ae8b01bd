// Node's Buffer has these since version 5 without declaring them: the decoders behind `toString`, minus its argument checks.
declare global {
  interface Buffer {
    latin1Slice(start: number, end: number): string
    utf8Slice(start: number, end: number): string
    base64Slice(start: number, end: number): string
    latin1Write(text: string, offset: number, length: number): number
  }
}
export {}
