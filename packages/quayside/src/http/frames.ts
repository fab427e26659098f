// Finds the boundaries of WebSocket frames in what the service writes. RFC 6455, section 5.2.

/** Maximum length of the 101 response, in bytes: a longer one does not count as a WebSocket's. */
const MAX_HEAD = 64 * 1024;

/** The bytes of one connection, from the 101 response on. */
export class Frames {
  private head: string | undefined = '';
  /** The part of a frame's header seen so far. */
  private header: number[] = [];
  /** How much of a frame's payload is still to come, in bytes. */
  private left = 0;

  /** @returns whether a frame is complete, so another one may be inserted */
  isWhole(): boolean {
    return this.head === undefined && this.header.length === 0 && this.left === 0;
  }

  /** Takes written data, with its encoding if it is text. Never throws. */
  push(chunk: unknown, encoding?: unknown): void {
    const bytes = bytesOf(chunk, encoding);
    let at = this.head === undefined ? 0 : this.passHead(bytes);
    while (at < bytes.length) {
      const skipped = Math.min(this.left, bytes.length - at);
      this.left -= skipped;
      at += skipped;
      if (at === bytes.length) return;
      this.header.push(bytes[at] ?? 0);
      at += 1;
      this.endHeader();
    }
  }

  /** @returns where the first frame begins */
  private passHead(bytes: Uint8Array): number {
    const before = this.head ?? '';
    const text = before + Buffer.from(bytes).toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    this.head = end < 0 ? text.slice(0, MAX_HEAD) : undefined;
    return end < 0 ? bytes.length : end + 4 - before.length;
  }

  /** Reads the header once it is complete. */
  private endHeader(): void {
    const [, second = 0, ...length] = this.header;
    const short = second & 0x7f;
    const more = short === 127 ? 8 : short === 126 ? 2 : 0;
    const mask = second >= 0x80 ? 4 : 0;
    if (this.header.length < 2 + more + mask) return;
    this.left = more === 0 ? short : length.slice(0, more).reduce((sum, byte) => sum * 256 + byte, 0);
    this.header = [];
  }
}

/** @returns the bytes of the first argument of a socket's write() or end(); empty if it is not data */
function bytesOf(chunk: unknown, encoding: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk !== 'string') return new Uint8Array();
  return Buffer.from(chunk, Buffer.isEncoding(encoding as string) ? (encoding as BufferEncoding) : 'utf8');
}
