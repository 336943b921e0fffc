import { type CallResponse, rank, type Tool } from '@vsmcp/vsm';
import { type Binding, bind } from './bind.js';
import { fieldsOf } from './fields.js';
import { groundsOf } from './grounds.js';
import { mentions, type Need, queryOf, telling } from './query.js';
import { parametersOf } from './schema.js';
import { isCode } from './shape.js';

/** A tool that could answer what waits, and how it would be called. */
export interface Match {
  tool: string;
  readOnly: boolean;
  /** Orders the tools of one server. */
  score: number;
  /** Compares tools of different servers, see `groundsOf`. */
  grounds: number;
  /** Names of the arguments that it would be given. */
  arguments: readonly string[];
  bindings: readonly Binding[];
}

/** Tools of one server that are tried in turn. */
export const MOST_TOOLS = 3;

/**
 * The tools that could answer what waits, the best first: read-only ones before others. A tool is one only when its
 * text or its parameters speak of what waits, when every required argument can be filled, and when it is given what the
 * event is about (or, where no field is plainly that, something of it).
 */
export function matchTools(need: Need, tools: readonly Tool[]): Match[] {
  const query = queryOf(need);
  const wanted = telling(query, 1.5);
  const fields = fieldsOf(need.samples);
  const code = isCode(need.type);
  const content = fields.some((field) => field.content);
  const matches: Match[] = [];
  for (const { item: tool, score } of rank(tools, toolText, query)) {
    if (!mentions(toolText(tool), wanted)) continue;
    const parameters = parametersOf(tool.inputSchema);
    if (parameters === undefined) continue;
    const bindings: Binding[] = [];
    let whole = true;
    for (const parameter of parameters) {
      const free = fields.filter((field) => !bindings.some((binding) => binding.field === field));
      const binding = bind(parameter, free, query, code);
      if (binding !== undefined && (parameter.required || binding.field !== undefined)) bindings.push(binding);
      else if (parameter.required) whole = false;
    }
    const uses = bindings.flatMap((binding) => binding.field ?? []);
    if (!whole || uses.length === 0 || (content && !uses.some((field) => field.content))) continue;
    const required = new Set(parameters.filter((parameter) => parameter.required).map(({ name }) => name));
    const necessary = bindings.filter(({ parameter }) => required.has(parameter));
    const arguing = bindings.reduce(
      (sum, one) => sum + (required.has(one.parameter) ? one.score + 1 : one.score / 4),
      0,
    );
    matches.push({
      tool: tool.name,
      readOnly: tool.annotations?.readOnlyHint === true,
      score: score + arguing,
      grounds: groundsOf(query, toolText(tool), necessary.length > 0 ? necessary : bindings),
      arguments: bindings.map(({ parameter }) => parameter),
      bindings,
    });
  }
  const risk = riskIn(tools);
  const safest = Math.min(...matches.map(risk));
  // A tool that says it writes is not tried while one that only reads would do.
  return matches
    .filter((match) => safest > 0 || risk(match) < 2)
    .sort((a, b) => risk(a) - risk(b) || b.score - a.score)
    .slice(0, MOST_TOOLS);
}

/** How much harm a tool of these may do, by its own word: 0 it only reads, 1 it does not say, 2 it writes. */
export function riskIn(tools: readonly Tool[]): (match: Match) => 0 | 1 | 2 {
  const declared = new Map(tools.map((tool) => [tool.name, tool.annotations?.readOnlyHint]));
  return ({ tool }) => {
    const reads = declared.get(tool);
    return reads === undefined ? 1 : reads ? 0 : 2;
  };
}

/** All that describes a tool and its parameters. */
export function toolText(tool: Tool): string {
  const properties = tool.inputSchema.properties;
  const names = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  const words = (parametersOf(tool.inputSchema) ?? []).filter(({ required }) => required).map((one) => one.words);
  return [tool.name, tool.name, tool.title ?? '', tool.description ?? '', ...names, ...words].join(' ');
}

/** The match as a response of a unit. */
export function responseOf(match: Match, server: string, guard?: string): CallResponse {
  const response: CallResponse = {
    call: `${server}.${match.tool}`,
    with: Object.fromEntries(match.bindings.map((binding) => [binding.parameter, binding.cel])),
  };
  return guard === undefined ? response : { ...response, guard };
}

/** The literal arguments for one sample. */
export function argumentsOf(match: Match, sample: number): Record<string, unknown> {
  return Object.fromEntries(match.bindings.map((binding) => [binding.parameter, binding.values[sample]]));
}
