import { reasonOf } from '@vsmcp/vsm';
import { type Document, isScalar, visit, type YAMLError } from 'yaml';

/** What is wrong with a text as YAML; offsets from its beginning. */
export interface SyntaxProblem {
  offset: number;
  message: string;
}

/** What no fleet can be read from: broken YAML, tags that are not YAML's own, names that would be lost on the way. */
export function syntaxProblems(document: Document.Parsed, text: string): SyntaxProblem[] {
  const tags = document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED');
  const problems = [...document.errors, ...tags].map((error) => ({
    offset: error.pos[0],
    message: inWords(error, text),
  }));
  return problems.length > 0 ? problems : lostNames(document);
}

/** The document as plain values. */
export function valuesOf(document: Document.Parsed): { input: unknown } | SyntaxProblem {
  try {
    return { input: document.toJS() };
  } catch (error) {
    // aliases that lead nowhere, or that would unfold into more than a machine holds
    return {
      offset: 0,
      message: `${reasonOf(error)}; expected aliases (*name) of anchors (&name) before them, and few`,
    };
  }
}

function inWords({ code, message, pos }: YAMLError, text: string): string {
  if (code === 'DUPLICATE_KEY') return `got '${wordAt(text, pos[0])}' a second time, expected each key once`;
  const [said = ''] = message.split('\n');
  if (said.includes('call stack')) return 'it is nested too deeply';
  return `${said.replace(/ at line \d+, column \d+:?$/, '')}: got '${lineAt(text, pos[0])}', expected YAML`;
}

/** JavaScript keeps `__proto__` for itself: such a key would be passed over without a word. */
function lostNames(document: Document.Parsed): SyntaxProblem[] {
  const problems: SyntaxProblem[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== '__proto__') return;
      problems.push({ offset: key.range?.[0] ?? 0, message: "got '__proto__' as a name, expected another" });
    },
  });
  return problems;
}

function wordAt(text: string, offset: number): string {
  return shortened(/^[^:\n]*/.exec(text.slice(offset))?.[0] ?? '');
}

function lineAt(text: string, offset: number): string {
  const begin = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  return shortened(text.slice(begin).split('\n', 1)[0] ?? '');
}

/** Without what would do something to a terminal. */
function shortened(text: string): string {
  const clean = text.trim().replaceAll(/\p{C}/gu, '�');
  return clean.length > 60 ? `${clean.slice(0, 57)}…` : clean;
}
