import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startRabbit } from './rabbit-node.js';

/** Keeps one broker for a test run: says its URL in a file, and ends with the process it is told of. */
const [folder = '', run = ''] = process.argv.slice(2);

async function say(text: string): Promise<void> {
  await writeFile(join(folder, 'part'), text);
  await rename(join(folder, 'part'), join(folder, 'url'));
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

try {
  const rabbit = await startRabbit();
  await say(rabbit.url);
  while (runs(Number(run))) await new Promise((resolve) => setTimeout(resolve, 500));
  await rabbit.remove();
} catch (error) {
  await say(`failed: ${error instanceof Error ? error.message : error}`);
  while (runs(Number(run))) await new Promise((resolve) => setTimeout(resolve, 500));
}
await rm(folder, { recursive: true, force: true });
