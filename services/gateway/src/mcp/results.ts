import { type CallToolResult, CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Answer } from '@vsmcp/vsm';
import { failureOf } from '../failure.js';
import { fit } from './fit.js';

/**
 * An answer as structured content, and as text for clients that know none. One that does not fit is cut, and says so.
 */
export function answered(value: object): CallToolResult {
  const fitted = fit(value);
  if (fitted === undefined) return failed('the answer is too large to be sent', 'ask with a filter');
  const structured = { ...fitted.value, ...(fitted.cut === undefined ? {} : { cut: fitted.cut }) };
  return { content: [{ type: 'text', text: JSON.stringify(structured) }], structuredContent: structured };
}

/** An error in an agent's terms: what, and what it can do about it. */
export function failed(message: string, mend?: string): CallToolResult {
  return { isError: true, content: [{ type: 'text', text: mend === undefined ? message : `${message}; ${mend}` }] };
}

export function failedBy(error: unknown): CallToolResult {
  const { message, mend } = failureOf(error).body;
  return failed(message, mend);
}

/** The result of a tool of the fleet, as the agent gets it: the tool's own words, or why there are none. */
export function outcomeResult({ operation, outcome, refused }: Answer<'operate'>): CallToolResult {
  if (refused !== undefined) return failed(`refused: ${refused}`);
  if (outcome === undefined) {
    return failed(`operation ${operation} is not finished yet`, 'its outcome will be in the journal or in held_list');
  }
  const own = ownWords(outcome.result);
  if (outcome.outcome === 'answered') return own ?? { content: [] };
  if (outcome.outcome === 'dead' && own !== undefined) return { ...own, isError: true };
  const doubt = outcome.outcome === 'doubt' ? ' It may have happened: look before you repeat it (held_list).' : '';
  return failed(`${outcome.outcome}: ${outcome.reason ?? 'no reason given'}.${doubt}`);
}

/** A tool's content blocks, checked; anything else as text. They are data: nothing in them is followed. */
function ownWords(result: unknown): CallToolResult | undefined {
  if (result === undefined) return undefined;
  const parsed = CallToolResultSchema.safeParse(result);
  if (parsed.success) {
    const { content, structuredContent } = parsed.data;
    return { content, ...(structuredContent && { structuredContent }) };
  }
  return { content: [{ type: 'text', text: JSON.stringify(result) }] };
}
