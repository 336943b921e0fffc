import { runService } from '../../src/index.js';

// The smallest service there is, as a process of its own.
await runService({
  system: 's3',
  async start(context) {
    context.check('own', () => ({ ok: true }));
    return async () => context.log.info({}, 'finished what was in flight');
  },
});
