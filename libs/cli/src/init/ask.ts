import { createInterface } from 'node:readline';
import { VsmError } from '@vsmcp/vsm';
import { type Beginning, WRONG } from './template.js';

const QUESTIONS: { [K in keyof Beginning]: string } = {
  name: 'Name of the fleet',
  purpose: 'What is it for',
  folder: 'Folder where things are dropped and answered',
};

/**
 * Asks on a terminal for what was not given; an empty line takes the default, a wrong answer is asked for again.
 * @param given what is not asked for
 * @throws VSM_USAGE when the input ends before all is answered
 */
export async function askBeginning(
  given: Partial<Beginning>,
  defaults: Beginning,
  { input, output }: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
): Promise<Beginning> {
  const terminal = createInterface({ input, output });
  // lines that come faster than the questions are kept by it
  const lines = terminal[Symbol.asyncIterator]();
  const answers: Beginning = { ...defaults, ...given };
  try {
    for (const key of ['name', 'purpose', 'folder'] as const) {
      if (given[key] !== undefined) continue;
      for (let wrong: string | undefined = ''; wrong !== undefined; ) {
        terminal.setPrompt(`${QUESTIONS[key]} (${defaults[key]}): `);
        terminal.prompt();
        const line = await lines.next();
        if (line.done) throw new VsmError('VSM_USAGE', 'the questions were not answered: nothing is written');
        answers[key] = line.value.trim() || defaults[key];
        wrong = WRONG[key](answers[key]);
        if (wrong !== undefined) output.write(`  ${wrong}\n`);
      }
    }
  } finally {
    terminal.close();
  }
  return answers;
}
