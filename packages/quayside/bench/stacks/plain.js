// The same Express app without identidock's server: one process, or what pm2 makes of it.
const { createApp } = require('/srv/dist/identidock.js');

createApp().listen(9090);
// As PID 1's child it would stay.
process.on('SIGTERM', () => process.exit());
