/**
 * Words as search terms: lower case, without filler, lightly stemmed, so that `dates` finds `date` and `parsing` finds
 * `parse`.
 */

/** Filler of English and of how MCP servers describe themselves: words that tell nothing apart. */
const STOP = new Set(
  (
    'a an and any are as at be by can default do e for from g get given if in into is it its let lets make new no not of on or ' +
    'our set so than that the their them these this to use used uses using via was what when where which will with you your ' +
    'ai agent api app assistant capability claude client com context enable example feature github io json-rpc llm mcp model ' +
    'offer official org protocol provide providing server service support system tool various'
  ).split(' '),
);

/** Abbreviations, and what they are short for. General English of computing; knows no server. */
const SHORT: Record<string, string> = {
  calc: 'calculate',
  config: 'configuration',
  cmd: 'command',
  cs: 'csharp',
  dir: 'directory',
  folder: 'directory',
  go: 'golang',
  img: 'image',
  js: 'javascript',
  lang: 'language',
  md: 'markdown',
  mjs: 'javascript',
  msg: 'message',
  py: 'python',
  rb: 'ruby',
  regexp: 'regex',
  repo: 'repository',
  sh: 'shellscript',
  ts: 'typescript',
  txt: 'text',
  uri: 'url',
  xls: 'excel',
  xlsx: 'excel',
  yml: 'yaml',
};

/** Longer input than this says nothing more about what a text is about. */
const MOST = 20_000;

export function stem(token: string): string {
  let word = token;
  if (word.length > 4 && word.endsWith('ies')) word = `${word.slice(0, -3)}y`;
  else if (word.length > 3 && word.endsWith('s') && !/(ss|us|is)$/.test(word)) word = word.slice(0, -1);
  if (word.length > 5 && word.endsWith('ing')) word = word.slice(0, -3);
  else if (word.length > 4 && word.endsWith('ed')) word = word.slice(0, -2);
  return word.length > 3 && word.endsWith('e') ? word.slice(0, -1) : word;
}

/** The search terms of a text, in order, with repeats. `cronParse`, `cron_parse` and `cron parse` are alike. */
export function terms(text: string): string[] {
  const found: string[] = [];
  // `cronParse` is two words, `JavaScript` is one.
  const spaced = text
    .slice(0, MOST)
    .replaceAll(/(?<![A-Za-z0-9])[a-z][A-Za-z0-9]*/g, (word) => word.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2'));
  for (const token of spaced.toLowerCase().split(/[^\p{L}\p{N}]+/u)) {
    if (token === '' || STOP.has(token)) continue;
    const long = Object.hasOwn(SHORT, token) ? SHORT[token] : undefined;
    const term = stem(long ?? token);
    if (term !== '' && !STOP.has(term)) found.push(term);
  }
  return found;
}

/** Terms with weights: what is searched for. */
export type WeightedTerms = Map<string, number>;

/** Adds the terms of `text` to the query; a term that is there already keeps its greater weight. */
export function weigh(query: WeightedTerms, text: string, weight: number): void {
  for (const term of terms(text)) query.set(term, Math.max(query.get(term) ?? 0, weight));
}
