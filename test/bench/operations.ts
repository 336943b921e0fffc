import { notedEvents } from './operations/events.js';
import { framesIntoAccounting } from './operations/frames.js';
import { toolCalls } from './operations/tools.js';
import type { Figure } from './support/report.js';
import { units } from './units.js';

/** System 1: tool calls, many units, events end to end, frames; each beside what it is compared with in the same run. */
export async function operations(): Promise<Figure[]> {
  return [...(await units()), ...(await toolCalls()), ...(await notedEvents()), ...(await framesIntoAccounting())];
}
