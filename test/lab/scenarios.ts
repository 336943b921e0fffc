import { fileURLToPath } from 'node:url';
import { readDay } from '../../libs/cli/src/lab/day/read.js';
import { type Run, runDay } from '../../libs/cli/src/lab/run.js';
import { embeddedTemplate } from '../support/embedded.js';

/** Runs a day of this folder. */
export async function runScenario(name: string, seed = 1): Promise<Run> {
  const day = await readDay(fileURLToPath(new URL(`${name}.yaml`, import.meta.url)));
  return runDay(day, { seed, template: await embeddedTemplate() });
}
