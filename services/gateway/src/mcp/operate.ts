import { on, type ServiceContext } from '@vsmcp/service';
import { type Answer, Progressed, reasonOf } from '@vsmcp/vsm';
import { put, SLACK } from '../questions.js';
import type { Call } from './tool.js';

/** The tool to run, and ms for which its outcome is waited for. */
interface Wanted {
  tool: string;
  params: Record<string, unknown>;
  wait: number;
}

/**
 * Runs a tool once for a client, by System 3's petition, and tells the client how far it is. Nothing is listened to
 * where the client did not ask for that. Rejects as `put` does.
 */
export async function operate(context: ServiceContext, call: Call, wanted: Wanted): Promise<Answer<'operate'>> {
  const operation = context.ids();
  const run = () => put(context, 'operate', { ...wanted, operation, by: call.by }, wanted.wait + SLACK);
  if (!call.wantsProgress) return run();
  const ear = await context.hear({ channel: 'report', bind: ['s1.*.progress'] }, [
    on(Progressed, async ({ data: { event, done, total, message } }) => {
      if (event.id !== operation) return;
      await call.progress(done, total, message).catch((error: unknown) => {
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
