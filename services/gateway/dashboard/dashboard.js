// The page of one fleet. All that comes from the fleet is shown by textContent, never as markup.
const SYSTEMS = { 1: 'Operations', 2: 'Coordination', 3: 'Control', 4: 'Intelligence', 5: 'Policy' };
const MOST_LINES = 200;
const $ = (id) => document.getElementById(id);

/** An element with a class, and texts or elements inside. */
function el(tag, className, ...inside) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...inside.filter((item) => item !== undefined && item !== ''));
  return element;
}
const figure = (n) => (n === null || n === undefined ? 'unknown' : String(Math.round(n * 10) / 10));
const count = (n, one) => `${n} ${one}${n === 1 ? '' : 's'}`;
const percent = (n) => (n === null || n === undefined ? 'nothing yet' : `${Math.floor(n * 100)} %`);

async function get(path) {
  const response = await fetch(path);
  const body = await response.json();
  if (!response.ok) throw new Error(body.message);
  return body;
}

async function post(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-vsmcp-by': 'dashboard' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) line('bad', 'refused', answer.message);
  void refresh();
}

function button(label, path, body) {
  const element = el('button', '', label);
  element.addEventListener('click', async () => {
    element.disabled = true;
    await post(path, body).catch((error) => line('bad', 'failed', error.message));
  });
  return element;
}

function showStatus(status) {
  document.title = `${status.viable ? '●' : '○'} ${status.name}`;
  $('name').textContent = status.name;
  $('purpose').textContent = status.purpose;
  $('viable').textContent = status.viable ? 'viable' : 'not viable';
  $('viable').className = `badge ${status.viable ? 'good' : 'bad'}`;
  $('reasons').replaceChildren(...status.reasons.map((reason) => el('li', status.viable ? 'warn' : 'bad', reason)));
  const { required, available, gap, answered, waiting, window } = status.variety;
  const figures = {
    required: figure(required),
    available: figure(available),
    gap: figure(gap),
    waiting: `${count(waiting.types, 'kind')}, ${count(waiting.events, 'event')}`,
    [`answered, last ${Math.round(window / 1000)} s`]: percent(answered),
    'events in all': String(status.account.received),
  };
  const shown = Object.entries(figures).map(([name, value]) => el('div', '', el('dt', '', name), el('dd', '', value)));
  $('variety').replaceChildren(...shown);
  $('systems').replaceChildren(...Object.entries(SYSTEMS).map(([n, name]) => system(n, name, status.systems[n])));
}

function system(n, name, { present, instances }) {
  const lines = instances.map(({ instance, state, ready, trouble }) => {
    const wrong = Object.values(trouble).join('; ');
    return el('small', ready ? '' : 'warn', `${instance} · ${state}${wrong ? ` · ${wrong}` : ''}`, el('br'));
  });
  return el('li', '', el('strong', present ? 'good' : 'bad', `${n} ${name}${present ? '' : ': missing'}`), ...lines);
}

function showGaps({ gaps }) {
  const items = gaps.map(({ system: where, type, events, recommendation }) =>
    el('li', '', el('strong', '', `${type ?? where}${events > 0 ? ` · ${events}` : ''}`), ` · ${recommendation}`),
  );
  $('gaps').replaceChildren(
    ...(items.length > 0 ? items : [el('li', 'good', 'No gap: no kind of event waits in this fleet itself.')]),
  );
}

function showCapabilities({ capabilities }) {
  const items = capabilities.map(({ server, version, state, reason, origin, confinement, tools, only }) => {
    const names = only ?? tools.map(({ name }) => name);
    const what = [origin, state, confinement, reason].filter(Boolean).join(' · ');
    const offers = `${names.slice(0, 6).join(', ')}${names.length > 6 ? ` and ${names.length - 6} more` : ''}`;
    return el(
      'li',
      '',
      el('strong', state === 'ready' ? 'good' : 'warn', `${server} ${version}`),
      ` · ${what}`,
      el('br'),
      el('small', '', offers),
    );
  });
  $('capabilities').replaceChildren(...(items.length > 0 ? items : [el('li', '', 'None yet.')]));
}

/** The text of a tool's answer, or the reason why there is none. */
function gave({ reason, result }) {
  const blocks = Array.isArray(result) ? result : (result?.content ?? []);
  return (reason ?? blocks.map(({ text }) => text ?? '').join(' ')).slice(0, 300);
}

function showOutcomes({ outcomes }) {
  const items = outcomes.map((each) => {
    const { event, outcome, tool } = each;
    const head = `${event.type} ${outcome}${tool ? ` by ${tool}` : ''}`;
    return el(
      'li',
      '',
      el('strong', GOOD.includes(outcome) ? 'good' : BAD.includes(outcome) ? 'bad' : '', head),
      ` · ${gave(each)}`,
    );
  });
  $('outcomes').replaceChildren(...(items.length > 0 ? items : [el('li', '', 'None yet.')]));
}

function showNeeds(pending, alerts) {
  const open = alerts.filter(({ level }) => level === 'owner' || level === 'system5');
  const asks = pending.map(({ proposal, because }) => {
    const path = `/decisions/${encodeURIComponent(proposal.proposal)}`;
    const title = `${proposal.candidate.name} ${proposal.candidate.version} for ${proposal.type}`;
    const buttons = [button('Approve', path, { verdict: 'allow' }), button('Deny', path, { verdict: 'deny' })];
    return el('li', '', el('strong', '', title), el('br'), because, el('br'), ...buttons);
  });
  const pains = open.map(({ alert, unit, what, level, told }) => {
    const who = level === 'system5' ? 'System 5 was told' : `told: ${told.join(', ') || 'nobody'}`;
    const acknowledge = button('Acknowledge', '/alerts/acknowledge', { alert });
    return el('li', '', el('strong', 'bad', `${unit}: ${what}`), el('br'), who, el('br'), acknowledge);
  });
  $('asks').replaceChildren(...asks, ...pains);
  $('needs').hidden = asks.length + pains.length === 0;
}

const busy = new Set();
/** Shows one part; while its answer is on the way it is not asked again. */
async function part(name, task) {
  if (busy.has(name)) return;
  busy.add(name);
  try {
    await task();
  } catch (error) {
    $(name).replaceChildren(el('li', 'bad', error.message));
  } finally {
    busy.delete(name);
  }
}

/** Each part stands alone: one system that does not answer leaves the others shown. */
async function refresh() {
  await Promise.all([
    part('reasons', async () => showStatus(await get('/status'))),
    part('gaps', async () => showGaps(await get('/variety'))),
    part('outcomes', async () => showOutcomes(await get('/outcomes?limit=12'))),
    part('capabilities', async () => showCapabilities(await get('/capabilities'))),
    part('asks', async () => {
      const [{ pending }, { alerts }] = await Promise.all([get('/decisions'), get('/alerts')]);
      showNeeds(pending, alerts);
    }),
  ]);
}

function line(className, what, text) {
  const time = el('time', '', new Date().toLocaleTimeString());
  $('stream').prepend(el('li', className, time, ` ${what.padEnd(12)} ${text}`));
  while ($('stream').childElementCount > MOST_LINES) $('stream').lastElementChild.remove();
}

const TOLD = {
  outcome: (o) => `${o.event.type} ${o.outcome}${o.tool ? ` by ${o.tool}` : ''}${o.reason ? ` · ${o.reason}` : ''}`,
  acquisition: (a) => `${a.type} ${a.step}${a.candidate ? ` ${a.candidate}` : ''} · ${a.because}`,
  verdict: (v) => `${v.candidate} ${v.stage}: ${v.verdict} · ${v.rule} · ${v.because}`,
  alert: (a) => `${a.unit} ${a.level}: ${a.what}`,
  loop: (l) => `${l.units.join(' and ')} on ${l.resource}: ${l.state}`,
  capability: (c) => `${c.server} ${c.state}${c.reason ? ` · ${c.reason}` : ''}`,
  instance: (i) => `${i.instance} ${i.state}${i.ready ? '' : ', not ready'}`,
  dropped: (d) => `${d.dropped} lines did not fit`,
};
const GOOD = ['answered', 'allow', 'ready', 'closed'];
const BAD = ['dead', 'doubt', 'deny', 'failed', 'system5', 'shed'];

const stream = new EventSource('/stream');
stream.onopen = () => {
  $('live').textContent = 'live';
};
stream.onerror = () => {
  $('live').textContent = 'no connection, trying again …';
};
for (const [name, tell] of Object.entries(TOLD)) {
  stream.addEventListener(name, ({ data }) => {
    const told = JSON.parse(data);
    const state = told.outcome ?? told.verdict ?? told.state ?? told.level ?? told.step;
    line(GOOD.includes(state) ? 'good' : BAD.includes(state) ? 'bad' : '', name, tell(told));
    if (name !== 'outcome' && name !== 'instance') soon();
  });
}
let waiting;
/** Many news at once are one refresh. */
function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 300);
}
setInterval(refresh, 2000);
void refresh();
