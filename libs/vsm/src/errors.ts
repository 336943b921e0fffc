/** The closed list of what can go wrong on purpose. Every message says what to do next. */
export type VsmErrorCode =
  | 'VSM_CONFIG' // a setting is wrong: the message names file, key, value and expectation
  | 'VSM_EVENT' // an event or message is malformed
  | 'VSM_CHANNEL' // a publish or subscription that the channel table does not allow
  | 'VSM_BROKER' // the broker refused or cannot be reached
  | 'VSM_TIMEOUT' // nobody answered in time
  | 'VSM_REFUSED' // the other side answered with a refusal
  | 'VSM_DATABASE' // state could not be read or written
  | 'VSM_EPOCH' // a command or journal append from a deposed leader
  | 'VSM_MCP' // an MCP server could not be started, reached, or answered wrongly
  | 'VSM_INSTALL' // a server could not be installed or its integrity does not hold
  | 'VSM_SANDBOX' // the wanted confinement cannot be had on this machine
  | 'VSM_POLICY' // policy forbids it
  | 'VSM_NOT_FOUND'
  | 'VSM_USAGE';

export class VsmError extends Error {
  readonly code: VsmErrorCode;
  /** A class within the code, for whatever decides by it; the message is for people alone. */
  readonly trouble: string | undefined;
  constructor(code: VsmErrorCode, message: string, options?: { cause?: unknown; trouble?: string }) {
    super(message, options);
    this.name = 'VsmError';
    this.code = code;
    this.trouble = options?.trouble;
  }
}

/** The text of anything thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
