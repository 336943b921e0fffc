import { createContext, Script } from 'node:vm';

const box: { task?: () => void } = {};
const context = createContext(box);
const script = new Script('task()');

/**
 * Runs a task in this thread for at most `most` ms; undefined when it takes longer, and is ended. What it throws is
 * thrown.
 */
export function within<T>(most: number, task: () => T): { value: T } | undefined {
  let done: { value: T } | undefined;
  box.task = () => {
    done = { value: task() };
  };
  try {
    script.runInContext(context, { timeout: most });
  } catch (error) {
    if (!isLate(error)) throw error;
  } finally {
    delete box.task;
  }
  return done;
}

/** The error is one of the context's, not of ours. */
function isLate(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}

/** True when a JSON value has at most so many values, names and characters in all. */
export function isLight(value: unknown, most: number): boolean {
  const left = [value];
  let weight = 0;
  while (left.length > 0 && weight <= most) {
    const inner = left.pop();
    weight++;
    if (typeof inner === 'string') weight += inner.length;
    if (typeof inner !== 'object' || inner === null) continue;
    if (Array.isArray(inner) && inner.length > most) return false;
    for (const [name, each] of Object.entries(inner)) {
      weight += name.length;
      left.push(each);
    }
  }
  return weight <= most;
}
