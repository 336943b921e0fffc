import { duration } from '@vsmcp/vsm';
import { type Series, thinned, topOf } from './series.js';

/** The same day with and without something. */
export interface Plotted {
  label: string;
  series: readonly Series[];
}

const WIDTH = 900;
const PANEL = 110;
const LEFT = 60;
const RIGHT = 20;
const GAP = 34;
const TOP = 60;
const INK = '#333';
const COLOURS = ['#1b6ca8', '#c8553d'];
/** More points than this no screen shows. */
const MOST = 800;

/**
 * A day as an SVG: a panel for each figure over the time of the day, a line for each run; where nothing is known the
 * line breaks.
 * @param lasted ms
 */
export function plot(title: string, lasted: number, runs: readonly Plotted[]): string {
  const names = runs[0]?.series.map(({ name }) => name) ?? [];
  const height = TOP + names.length * (PANEL + GAP);
  const legend = runs.map(
    ({ label }, i) =>
      `<text x="${LEFT + i * 220}" y="44" fill="${colour(i)}">${i === 0 ? '━' : '╍'} ${escaped(label)}</text>`,
  );
  const panels = names.map((name, i) => panel(name, TOP + i * (PANEL + GAP), lasted, runs));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${LEFT}" y="24" font-size="16" fill="${INK}">${escaped(title)}</text>`,
    ...legend,
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

function panel(name: string, y: number, lasted: number, runs: readonly Plotted[]): string {
  const all = runs.map(({ series }) => series.find((one) => one.name === name));
  const top = topOf(...all.map((one) => one?.values ?? [])) || 1;
  const width = WIDTH - LEFT - RIGHT;
  const lines = all.map((one, i) => {
    const values = thinned(one?.values ?? [], MOST);
    const dash = i === 0 ? '' : ' stroke-dasharray="5 3"';
    const d = path(
      values,
      (n) => LEFT + ((n + 1) / values.length) * width,
      (v) => y + PANEL - (v / top) * PANEL,
    );
    return `<path d="${d}" fill="none" stroke="${colour(i)}" stroke-width="1.5"${dash}/>`;
  });
  const label = (x: number, at: number, anchor: string, text: string) =>
    `<text x="${x}" y="${at}" text-anchor="${anchor}" fill="${INK}">${escaped(text)}</text>`;
  return [
    `<g><rect x="${LEFT}" y="${y}" width="${width}" height="${PANEL}" fill="none" stroke="#ccc"/>`,
    label(LEFT + 4, y + 14, 'start', `${name} (${all[0]?.unit ?? ''})`),
    label(LEFT - 6, y + 10, 'end', short(top)),
    label(LEFT - 6, y + PANEL, 'end', '0'),
    label(LEFT, y + PANEL + 14, 'start', '0'),
    label(WIDTH - RIGHT, y + PANEL + 14, 'end', duration(lasted)),
    ...lines,
    '</g>',
  ].join('\n');
}

/** A line through what is known. */
function path(values: readonly (number | null)[], x: (n: number) => number, y: (value: number) => number): string {
  let pen = 'M';
  let d = '';
  for (const [n, value] of values.entries()) {
    if (value === null) pen = 'M';
    else {
      d += `${pen}${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = 'L';
    }
  }
  return d;
}

const colour = (i: number): string => COLOURS[i % COLOURS.length] ?? INK;
const short = (n: number): string => (n >= 10 ? String(Math.round(n)) : String(Math.round(n * 10) / 10));

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
