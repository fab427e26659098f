// The same Express app for wattpm, which listens itself.
exports.create = () => require('/srv/dist/identidock.js').createApp();
