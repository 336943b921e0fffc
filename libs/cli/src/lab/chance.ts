import { createHash } from 'node:crypto';
import type { Random } from '@vsmcp/vsm';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of chance for each name. */
export type Chance = (name: string) => Random;

/**
 * Chance that can be repeated: one seed gives one stream for each name. Who draws more does not change what others
 * draw, so that the day with a system left out has the same arrivals and the same luck of each tool as the day with it
 * (common random numbers: Law, Simulation Modeling and Analysis, 5th ed., ch. 11.2), and what differs is what was left
 * out.
 */
export function chanceOf(seed: number): Chance {
  return (name) => {
    const digest = createHash('sha256').update(`${seed} ${name}`).digest();
    const generator = xoroshiro128plus(digest.readInt32BE(0));
    return () => uniformFloat64(generator);
  };
}

/** 99th percentile of the standard normal distribution. */
const Z99 = 2.326348;

/** How long something takes: always the same, or log-normal, by its median and 99th percentile. ms */
export type Takes = number | { median: number; p99: number };

/** Draws a time (ms). A log-normal one by Box and Muller: exp(ln median + z · ln(p99 / median) / z99). */
export function draw(takes: Takes, random: Random): number {
  if (typeof takes === 'number') return takes;
  const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return takes.median * (takes.p99 / takes.median) ** (z / Z99);
}
