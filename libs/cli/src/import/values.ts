import { basename, sep } from 'node:path';
import type { ServerValue } from '@vsmcp/vsm';
import { isSecret } from './secrets.js';

/** A value that is taken from the environment, and what is known of it. */
export interface Variable {
  name: string;
  /** The value to set, in words. */
  hint: string;
}

/** `--api-key`, `brave-search` → `BRAVE_SEARCH_API_KEY` */
export function variableName(...parts: string[]): string {
  const name = parts
    .join('_')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return /^[0-9]|^$/.test(name) ? `_${name}` : name;
}

/**
 * References to what a client knows: `${env:X}`, `${X}`, `${X:-default}`, `${input:x}` (VS Code, Cursor, Claude),
 * `{env:X}` (opencode), `%X%` (Windows), `$env:X` and `$X` alone.
 */
const REFERENCES = [
  /\$\{(?:(env|input|secret):)?([A-Za-z_][\w.-]*)(?::-([^}]*))?\}/,
  /\{(env):([A-Za-z_]\w*)\}/,
  /%()([A-Za-z_]\w*)%/,
  /^\$()(?:env:)?([A-Za-z_]\w*)$/,
];
/**
 * A reference to what only running something, or the client's own state, would tell: `${command:…}`, `${file}` of an
 * editor.
 */
const UNKNOWN = /\$\{[a-z]+:[^}]*\}|\{file:[^}]*\}|\$\{(?:file|lineNumber|selectedText)\w*\}|\$\([^)]*\)|`[^`]+`/i;

/** Folders that clients know by name. */
export interface Places {
  workspace: string;
  home: string;
}

export function withPlaces(text: string, { workspace, home }: Places): string {
  return text
    .replaceAll(/\$\{workspaceFolder\}|\$\{workspaceRoot\}/g, () => workspace)
    .replaceAll(/\$\{workspaceFolderBasename\}/g, () => basename(workspace))
    .replaceAll(/\$\{(?:env:)?(?:userHome|HOME)\}|%USERPROFILE%/gi, () => home)
    .replaceAll(/\$\{(?:pathSeparator|\/)\}/g, sep)
    .replace(/^(--?[\w-]+=)?~(?=$|\/)/, (_, option: string | undefined) => `${option ?? ''}${home}`);
}

/** The part of a text that nobody but its client can tell, if there is one: it is left out, never run. */
export function unknownIn(text: string): string | undefined {
  return REFERENCES.some((reference) => reference.exec(text)?.[0] === text) ? undefined : UNKNOWN.exec(text)?.[0];
}

/**
 * A value as vsmcp.yaml has it: text as it is; a reference, and what looks like a secret, `from` the environment.
 * @param as the variable that a secret gets, or text that is mixed with a reference: a value is one or the other
 */
export function readValue(
  name: string,
  text: string,
  as: (value: string) => string,
): { value: ServerValue; variable?: Variable } {
  const from = (variable: string, hint: string) => ({ value: { from: variable }, variable: { name: variable, hint } });
  const reference = REFERENCES.map((form) => form.exec(text)).find((found) => found !== null);
  if (reference) {
    const [whole, kind, key = '', otherwise] = reference;
    if (whole !== text) return from(as(text), `all of its ${name}, in which ${whole.replace(/:-[^}]*/, '')} stands`);
    const variable = kind === 'input' || kind === 'secret' ? variableName(key) : key.replaceAll(/[^\w]/g, '_');
    const usual = otherwise === undefined || isSecret(name, otherwise) ? '' : ` (${otherwise}, unless it is set)`;
    return from(variable, `the value that ${whole.replace(/:-[^}]*/, '')} stands for${usual}`);
  }
  return isSecret(name, text) ? from(as(text), `its ${name}`) : { value: text };
}
