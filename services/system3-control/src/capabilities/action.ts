import type { Capability, DataOf, Settle, Try } from '@vsmcp/vsm';

/** A deed of System 3 that follows from a verdict (`verdicts.ts`). */
export type Action =
  | { do: 'try'; command: DataOf<typeof Try> }
  | { do: 'write'; row: Capability }
  | { do: 'settle'; command: DataOf<typeof Settle> }
  /** Not possible; `because` says why. */
  | { do: 'nothing'; because: string };

export const nothing = (because: string): Action => ({ do: 'nothing', because });
