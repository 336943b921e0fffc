import { randomUUID } from 'node:crypto';
import { type Answer, Progressed, QUESTIONS, VsmError } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { type AskOptions, ask, asking, jsonOption, whoAmI } from '../../command.js';
import type { Fleet } from '../../fleet.js';
import { line } from '../../output.js';
import { listen } from '../../stream.js';

interface RunOptions extends AskOptions {
  params: string;
}

/** `vsmcp operations run` */
export function operations(vsmcp: Command): void {
  const group = vsmcp.command('operations').description('single operations');
  asking(
    group
      .command('run')
      .argument('<server.tool>', 'the tool')
      .option('--params <json>', "the tool's arguments", '{}')
      .description('run a tool once, under policy'),
    `vsmcp operations run calc-mcp.math --params '{"expression":"6*7"}'`,
  ).action(async (tool: string, options: RunOptions) => {
    const params = jsonOption('--params', options.params);
    const operation = randomUUID();
    const run = (fleet: Fleet) => fleet.post('/operations', { operation, tool, params, by: whoAmI() });
    await ask(
      options,
      (fleet) => (options.json ? run(fleet) : withProgress(fleet, operation, () => run(fleet))),
      QUESTIONS.operate.answer,
      show,
      mustBeAnswered,
    );
  });
}

/** Says on stderr how far the tool is, while it says so itself. */
async function withProgress<T>(fleet: Fleet, operation: string, run: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const hear = (event: string, data: unknown) => {
    if (event !== 'progress') return;
    const said = Progressed.data.safeParse(data);
    if (!said.success || said.data.event.id !== operation) return;
    const { done, total, message } = said.data;
    const far = total === undefined ? `${done}` : `${done} of ${total}`;
    process.stderr.write(`${[far, message && line(message, 200)].filter(Boolean).join(' · ')}\n`);
  };
  const listening = listen(fleet, over.signal, hear).catch(() => undefined); // the answer does not depend on it
  try {
    return await run();
  } finally {
    over.abort();
    await listening;
  }
}

function mustBeAnswered({ refused, outcome }: Answer<'operate'>): void {
  if (!refused && (!outcome || outcome.outcome === 'answered')) return;
  throw new VsmError('VSM_REFUSED', `there is no answer: ${refused ?? outcome?.reason ?? outcome?.outcome}`);
}

function show({ operation, outcome, refused }: Answer<'operate'>): string {
  if (refused) return `refused: ${line(refused)}`;
  if (!outcome)
    return `accepted as ${operation}; not finished yet. Its outcome goes to vsm.outcome and \`vsmcp held list\`.`;
  const took = outcome.took === undefined ? '' : ` in ${Math.round(outcome.took)} ms`;
  if (outcome.outcome !== 'answered') return `${outcome.outcome}${took}: ${line(outcome.reason ?? 'no reason given')}`;
  return `answered by ${outcome.tool ?? 'the fleet'}${took}\n${textOf(outcome.result)}`;
}

/** The text of MCP content blocks; anything else as JSON. */
export function textOf(result: unknown): string {
  const blocks = Array.isArray(result) ? result : hasContent(result) ? result.content : undefined;
  if (!blocks) return JSON.stringify(result, null, 2) ?? '';
  return blocks.map((block: unknown) => (hasText(block) ? block.text : JSON.stringify(block))).join('\n');
}

function hasContent(value: unknown): value is { content: unknown[] } {
  return typeof value === 'object' && value !== null && 'content' in value && Array.isArray(value.content);
}

function hasText(value: unknown): value is { text: string } {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string';
}
