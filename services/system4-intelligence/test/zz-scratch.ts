import { matchTools } from '../src/matching/match.js';
import { files, toolsOf } from './matching/needs.js';
for (const text of ["console.log('run me')","console.log('run me')\n", "x = 1", "1+1"]) {
  const need = files('js', text);
  for (const path of ['inbox/hello.js','desk/inbox/hello.js','/tmp/x/desk/inbox/hello.js']) {
   const n = { type: need.type, samples: need.samples.map((s:any)=>({...s, name:'hello.js', path, bytes: 22})) };
  for (const s of ['calc-mcp','time-mcp','mcp-server-code-runner','git-mcp-server'] as const)
    console.log(JSON.stringify(text), path, s, matchTools(n, toolsOf(s)).map(m=>`${m.tool} ${m.score.toFixed(2)} [${m.bindings.map(b=>`${b.parameter}=${b.cel}:${b.score.toFixed(1)}`)}] ro=${m.readOnly}`).join(' | '));
  }
}
