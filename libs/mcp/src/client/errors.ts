import { reasonOf, VsmError, type VsmErrorCode } from '@vsmcp/vsm';
import { z } from 'zod';

/**
 * A call that failed. `sent`: the request was written to the server. `answered`: the server said no. One that was sent
 * and not answered may have had its effect: it is in doubt.
 */
export class CallError extends VsmError {
  readonly sent: boolean;
  readonly answered: boolean;
  constructor(code: VsmErrorCode, message: string, options: { sent: boolean; answered: boolean; cause?: unknown }) {
    super(code, message, { cause: options.cause });
    this.name = 'CallError';
    this.sent = options.sent;
    this.answered = options.answered;
  }

  /** Repeating the call might do its work twice. */
  get doubt(): boolean {
    return this.sent && !this.answered;
  }
}

const Misfit = z.object({
  issues: z.array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() })).min(1),
});

/** The trouble with an answer, on one line: of a schema's findings the first. */
export function wrongIn(error: unknown): string {
  const misfit = Misfit.safeParse(error);
  if (!misfit.success) return reasonOf(error);
  const [{ path, message } = { path: [], message: '' }] = misfit.data.issues;
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}
