// For each number on its input, opens that many more connections, sends a request on each, keeps all, and prints "open".
const { connect } = require('node:net');
const { createInterface } = require('node:readline');

/** Connections opened at a time: more would wait in the server's queue. */
const AT_ONCE = 100;

const open = () =>
  new Promise((resolve) => {
    const socket = connect(9090, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'));
    // The response is shorter than a packet.
    socket.once('data', resolve);
    // This ends the script.
    socket.once('close', () => {
      throw new Error('a connection was closed');
    });
  });

createInterface({ input: process.stdin })
  .on('line', (line) => {
    let left = Number(line);
    const openSome = async () => {
      while (left > 0) {
        left -= 1;
        await open();
      }
    };
    void Promise.all(Array.from({ length: AT_ONCE }, openSome)).then(() => console.log('open'));
  })
  .on('close', () => process.exit());
