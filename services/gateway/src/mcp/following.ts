import { on, type ServiceContext } from '@vsmcp/service';
import { Progressed, reasonOf } from '@vsmcp/vsm';
import type { Call } from './tool.js';

/** Runs an operation while its client hears how far it is. Nothing is listened to where the client did not ask for that. */
export async function following<T>(
  context: ServiceContext,
  operation: string,
  { progress, wantsProgress }: Call,
  run: () => Promise<T>,
): Promise<T> {
  if (!wantsProgress) return run();
  const ear = await context.hear({ channel: 'report', bind: ['s1.*.progress'] }, [
    on(Progressed, async ({ data: { event, done, total, message } }) => {
      if (event.id !== operation) return;
      await progress(done, total, message).catch((error: unknown) => {
        context.log.debug({ operation }, `the client was not told how far it is: ${reasonOf(error)}`);
      });
    }),
  ]);
  try {
    return await run();
  } finally {
    await ear.stop();
  }
}
