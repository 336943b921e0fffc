/**
 * Runs what a schedule gives out, as many at a time as it lets. Output is shown a file at a time: of one as it comes,
 * of the others when theirs is the turn, in the order they began.
 * @param {{ next(): string | undefined, ended(file: string): void }} schedule
 * @param {(file: string, print: (text: string) => void) => Promise<T>} run
 * @param {(text: string) => void} write
 * @returns {Promise<T[]>}
 * @template T
 */
export async function runAll(schedule, run, write) {
  const results = [];
  /** Files in the order they began, from the one that is shown now. */
  const turns = [];
  const running = new Set();
  const begin = (file) => {
    const turn = { text: '', done: false };
    turns.push(turn);
    const print = (text) => {
      if (turns[0] === turn) write(text);
      else turn.text += text;
    };
    print(`\n── ${file}\n`);
    const whole = run(file, print).then((result) => {
      results.push(result);
      turn.done = true;
      schedule.ended(file);
      running.delete(whole);
      while (turns[0]?.done) {
        turns.shift();
        if (turns[0]) write(turns[0].text);
      }
    });
    running.add(whole);
  };
  for (;;) {
    for (let file = schedule.next(); file !== undefined; file = schedule.next()) begin(file);
    if (running.size === 0) return results;
    await Promise.race(running);
  }
}
