import { Frames } from '../../src/http/frames';

/** A frame of a server's, with a payload of so many bytes. */
function frame(length: number, mask: number[] = []): Buffer {
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x82;
  header[1] = (length < 126 ? length : length < 65_536 ? 126 : 127) | (mask.length > 0 ? 0x80 : 0);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, Buffer.from(mask), Buffer.alloc(length)]);
}

const head = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');

test.each([0, 1, 125, 126, 65_535, 65_536, 100_000])('a frame of %i bytes ends where it does', (length) => {
  for (const one of [frame(length), frame(length, [1, 2, 3, 4])]) {
    const frames = new Frames();
    frames.push(Buffer.concat([head, one]));
    expect(frames.isWhole()).toBe(true);
    frames.push(one.subarray(0, -1));
    expect(frames.isWhole()).toBe(false);
    frames.push(one.subarray(-1));
    expect(frames.isWhole()).toBe(true);
  }
});

test('it does not matter how they are written', () => {
  const bytes = Buffer.concat([head, frame(3), frame(200), frame(70_000), frame(0)]);
  for (const step of [1, 2, 7, 1000, bytes.length]) {
    const frames = new Frames();
    let ends = 0;
    for (let at = 0; at < bytes.length; at += step) {
      const part = bytes.subarray(at, at + step);
      if (at % 2 === 0) frames.push(part);
      else frames.push(part.toString('latin1'), 'latin1');
      if (frames.isWhole()) ends += 1;
    }
    expect(frames.isWhole()).toBe(true);
    if (step === 1) expect(ends).toBe(5);
  }
});

test('what is no data, and what never becomes a WebSocket, is passed over', () => {
  const frames = new Frames();
  for (const chunk of [undefined, null, () => undefined, 5, 'HTTP/1.1 200 OK\r\n']) frames.push(chunk, 'none');
  expect(frames.isWhole()).toBe(false);
  frames.push('x'.repeat(100_000));
  expect(frames.isWhole()).toBe(false);
});
