import { count, line } from '../output.js';
import type { Found, State } from './finding.js';

const MARKS: Record<State, string> = { ok: '✓', broken: '✗', warning: '✗', none: '–' };
const MOST = 300;

/** One line a finding, with the mend below it where one is needed, and what it comes to. */
export function render(found: readonly Found[]): string {
  const width = Math.max(...found.map(({ check }) => check.length));
  const lines = found.map(({ check, state, what, mend }) => {
    const said = state === 'warning' ? `warning: ${what}` : what;
    const head = `${MARKS[state]} ${check.padEnd(width)}  ${line(said, MOST)}`;
    return mend === undefined ? head : `${head}\n  ${' '.repeat(width)}  → ${line(mend, MOST)}`;
  });
  return [...lines, '', summary(found)].join('\n');
}

function summary(found: readonly Found[]): string {
  const of = (state: State) => found.filter((each) => each.state === state).length;
  const parts = [
    ...(of('broken') > 0 ? [`${of('broken')} broken`] : []),
    ...(of('warning') > 0 ? [count(of('warning'), 'warning')] : []),
  ];
  return parts.length === 0 ? 'All is well.' : parts.join(', ');
}
