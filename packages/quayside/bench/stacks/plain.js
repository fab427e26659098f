// The same Express app without identidock's server, in one process or under pm2.
const { createApp } = require('/srv/dist/identidock.js');

createApp().listen(9090);
// Without this, it would not stop as PID 1's child.
process.on('SIGTERM', () => process.exit());
