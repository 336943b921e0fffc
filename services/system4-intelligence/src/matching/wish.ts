import { rank, type Tool, terms } from '@vsmcp/vsm';
import { SURE } from './grounds.js';
import { type Match, MOST_TOOLS, riskIn, toolText } from './match.js';
import { type Need, queryOf } from './query.js';
import { parametersOf } from './schema.js';

/** Share of a wish's words that a tool must speak of. */
const HALF = 0.5;

/**
 * The tools that somebody's words mean, the best first, by what they say about themselves alone: there are no events
 * whose values could fill their arguments.
 */
export function matchWish(need: Need, tools: readonly Tool[]): Match[] {
  const query = queryOf(need);
  const whole = [...query.values()].reduce((sum, weight) => sum + weight, 0);
  const matches: Match[] = [];
  for (const { item: tool, score } of rank(tools, toolText, query)) {
    const spoken = new Set(terms(toolText(tool)));
    let grounds = 0;
    for (const [term, weight] of query) if (spoken.has(term)) grounds += weight;
    if (grounds < HALF * whole) continue;
    matches.push({ ...named(tool), score, grounds });
  }
  const risk = riskIn(tools);
  // Somebody who wishes for a commit is not served by the log: here what was said comes before what is safe.
  return matches.sort((a, b) => b.grounds - a.grounds || risk(a) - risk(b) || b.score - a.score).slice(0, MOST_TOOLS);
}

/** A tool that was asked for by its name: that is all the grounds there can be. */
export function named(tool: Tool): Match {
  const { properties } = tool.inputSchema;
  return {
    tool: tool.name,
    readOnly: tool.annotations?.readOnlyHint === true,
    score: 0,
    grounds: SURE,
    arguments: typeof properties === 'object' && properties !== null ? Object.keys(properties) : [],
    bindings: [],
  };
}

/**
 * True when calling it without arguments shows something and can do no harm: it says that it only reads, and needs
 * none.
 */
export function isCallable({ inputSchema, annotations }: Tool): boolean {
  const parameters = parametersOf(inputSchema);
  return (
    annotations?.readOnlyHint === true && parameters !== undefined && parameters.every(({ required }) => !required)
  );
}
