#!/usr/bin/env node
/**
 * `npm run bench -- part … [--json]`: measures parts of the fleet.
 * `npm run bench -- --compare <ref> part … [--rounds N]`: measures them at that commit and as they are here, in turns,
 * and prints the medians and their ratio.
 */
import { nodeTrouble } from './support/node.mjs';

const trouble = nodeTrouble();
if (trouble) {
  process.stderr.write(`${trouble}\n`);
  process.exit(1);
}

const { compareText, parseCompare } = await import('./support/compare.mjs');
const { compare, measure } = await import('./support/measure.mjs');
const { build, install, ROOT } = await import('./support/setup.mjs');

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

const words = process.argv.slice(2);
try {
  const asked = words.includes('--compare') ? parseCompare(words) : undefined;
  await install();
  await build();
  if (asked === undefined) {
    process.exitCode = (await measure(ROOT, 'test', words, { shown: true, signal: stop.signal })).code;
  } else {
    const compared = await compare(ROOT, asked, stop.signal);
    process.stdout.write(compareText(compared));
  }
} catch (error) {
  if (stop.signal.aborted) process.exitCode = 130;
  else {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.usage ? 64 : 1;
  }
}
