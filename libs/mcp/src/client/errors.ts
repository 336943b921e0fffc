import { VsmError, type VsmErrorCode } from '@vsmcp/vsm';

/**
 * A call that failed. `sent`: the request was written to the server. `answered`: the server said no. One that was sent and not
 * answered may have had its effect: it is in doubt.
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
