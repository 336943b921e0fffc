import { PGlite } from '@electric-sql/pglite';
const q=new Map(); const o=PGlite.prototype.query; PGlite.prototype.query=function(sql,...a){const k=sql.trim().split('\n')[0].slice(0,60); const e=q.get(k)??[0,0]; const t=performance.now(); q.set(k,e); e[0]++; const r=o.call(this,sql,...a); return r.finally(()=>{e[1]+=performance.now()-t})};
import { MemoryBroker } from '../nervous-system/dist/memory/broker.js';
const m=new Map(); const r=MemoryBroker.prototype.route; MemoryBroker.prototype.route=function(p,s){const k=s.channel+' '+s.key.replace(/event-\d+/,''); m.set(k,(m.get(k)??0)+1); return r.call(this,p,s)};
process.on('exit',()=>{let tot=0; for(const v of q.values()) tot+=v[1]; console.log('db ms',tot|0); for(const [k,v] of [...q].sort((a,b)=>b[1][0]-a[1][0]).slice(0,16)) console.log(v[0],(v[1]/v[0]).toFixed(2),k); for(const [k,v] of [...m].sort((a,b)=>b[1]-a[1]).slice(0,22)) console.log(v,k)});
await import('/tmp/labrun.mjs');
