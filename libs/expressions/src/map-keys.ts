import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { VsmError } from '@vsmcp/vsm';
import { Failure } from './functions/failure.js';
import { isUnsigned } from './functions/unsigned.js';
import { OWN } from './rewrite.js';

/** Keys that the library leaves out of a map without a word. */
const LOST = new Set(['__proto__', 'constructor', 'prototype']);
/** The function around keys that are computed. */
export const KEY = `${OWN}key`;

/** Keys of map literals: of a kind that CEL allows, each once, and none that would be lost. */
export function registerKeys(environment: Environment): void {
  environment.registerFunction(`${KEY}(dyn): dyn`, (key: unknown) => {
    const trouble = troubleOf(key);
    if (trouble !== undefined) throw new Failure(trouble);
    return key;
  });
}

/** @throws VSM_CONFIG when the constant keys of a map literal cannot be */
export function checkKeys(map: ASTNode & { op: 'map' }): void {
  const seen = new Set<string>();
  for (const [key] of map.args) {
    if (key.op !== 'value') continue;
    const trouble = troubleOf(key.args);
    if (trouble !== undefined) throw new VsmError('VSM_CONFIG', trouble);
    const name = `${typeof key.args === 'string' ? 'text' : typeof key.args === 'boolean' ? 'bool' : 'number'} ${String(key.args)}`;
    if (seen.has(name)) throw new VsmError('VSM_CONFIG', `the key ${String(key.args)} stands twice in one map`);
    seen.add(name);
  }
}

function troubleOf(key: unknown): string | undefined {
  if (typeof key === 'string')
    return LOST.has(key)
      ? `a map made by an expression cannot have the key ${key}: pass the whole object on, or leave it to the tool`
      : undefined;
  if (typeof key === 'boolean' || typeof key === 'bigint' || isUnsigned(key)) return undefined;
  return 'a key of a map is text, an integer or a bool';
}
