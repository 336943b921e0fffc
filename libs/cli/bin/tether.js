/**
 * Loaded before a service that a supervisor started: when the supervisor is gone, however it went, the channel to it
 * closes and the service stops in order instead of running on alone.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
