// Prints the response to GET of a port and a path, as JSON; waits until the port is open.
const http = require('node:http');

const [port, path] = process.argv.slice(2);
const late = Date.now() + 30_000;

function get() {
  http
    .get({ port, path }, (res) => {
      const { socket } = res;
      res.setEncoding('utf8');
      let body = '';
      res.on('data', (text) => (body += text));
      res.on('end', () => {
        const { statusCode: status, rawHeaders: headers } = res;
        console.log(JSON.stringify({ status, headers, body, bytes: socket.bytesRead }));
      });
    })
    .on('error', (error) => {
      if (Date.now() > late) throw error;
      setTimeout(get, 50);
    });
}

get();
