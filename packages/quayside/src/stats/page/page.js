// @ts-check
// Shows /page/data.json. It is polled, and each response replaces everything shown.

/**
 * @typedef {{ at: number, requests: number, p50: number | null, p95: number | null, p99: number | null,
 *   clientErrors: number, serverErrors: number, rss: number[] }} Sample
 * @typedef {{ id: number, pid: number, status: string, inFlight: number, requests: number, exceptions: number,
 *   harakiris: number, spawns: number, spawnedAt: number, rss: number, heapUsed: number, lag: number }} Row
 * @typedef {{ key: string, label: string, of: (sample: Sample) => number | null | undefined }} Line
 */

/** How much time the charts span, in s. */
const SPAN = 300;
/** How long a response may take, in ms; a slower server counts as lost. */
const PATIENCE = 4000;
const COLOURS = 6;
/** Lines differ by dashes as well as by colour. */
const DASHES = [[], [7, 4], [2, 3]];
const BORDERS = ['solid', 'dashed', 'dotted'];

const dates = (options) => new Intl.DateTimeFormat('en-GB', options);
const clock = dates({ timeStyle: 'medium' });
const minute = dates({ timeStyle: 'short' });
const day = dates({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const short = new Intl.NumberFormat('en', {
  notation: 'compact',
  maximumSignificantDigits: 3,
  maximumFractionDigits: 2,
  roundingPriority: 'lessPrecision',
});
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

const measure = (value, unit) =>
  typeof value !== 'number' ? 'none' : `${(value < 100 ? short : whole).format(value)}${unit}`;
const megabytes = (bytes) => (bytes ? bytes / 1e6 : null);

/** Column heads, names for data-value, and texts. @type {[string, string, (row: Row) => string][]} */
const COLUMNS = [
  ['Worker', 'id', ({ id }) => String(id)],
  ['State', 'status', ({ status }) => status],
  ['PID', 'pid', ({ pid }) => String(pid || 'none')],
  ['Requests', 'requests', ({ requests }) => whole.format(requests)],
  ['In flight', 'inFlight', ({ inFlight }) => whole.format(inFlight)],
  ['Exceptions', 'exceptions', ({ exceptions }) => whole.format(exceptions)],
  ['Killed', 'harakiris', ({ harakiris }) => whole.format(harakiris)],
  ['Restarts', 'restarts', ({ spawns }) => whole.format(Math.max(0, spawns - 1))],
  ['Memory', 'rss', ({ rss }) => measure(megabytes(rss), ' MB')],
  ['Heap', 'heapUsed', ({ heapUsed }) => measure(megabytes(heapUsed), ' MB')],
  ['Loop lag', 'lag', ({ pid, lag }) => measure(pid ? lag : null, ' ms')],
  ['Since', 'since', ({ spawnedAt }) => (spawnedAt ? day.format(spawnedAt) : 'none')],
];

/** @type {Sample[]} */
let samples = [];
/** The time that the user has selected; null is now. @type {number | null} */
let cursor = null;
/** @type {boolean | undefined} */
let lost;

/** @returns {any} */
const find = (selector, within = document) => within.querySelector(selector);
const colour = (name) => getComputedStyle(document.body).getPropertyValue(`--${name}`);
const current = () => samples.find(({ at }) => at === cursor) ?? samples.at(-1);

/** Sets a text only if it differs, which keeps the user's selection. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function create(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Gives a list the required number of elements. */
function fill(list, count, make) {
  while (list.children.length > count) list.lastElementChild.remove();
  while (list.children.length < count) list.append(make(list.children.length));
  return list.children;
}

class Chart {
  /** @type {Line[]} */
  lines = [];
  /** @type {any} */
  plot;

  /**
   * @param {string} id - of its figure
   * @param {string} unit
   * @param {number} least - minimum extent of the scale, so that tiny values look tiny
   * @param {() => Line[]} linesOf
   */
  constructor(id, unit, least, linesOf) {
    this.unit = unit;
    this.least = least;
    this.linesOf = linesOf;
    this.figure = find(`#${id}`);
    this.area = find('.plot', this.figure);
    this.area.addEventListener('keydown', (event) => this.onKey(event));
    this.area.addEventListener('pointermove', ({ clientX }) => {
      if (!this.plot) return;
      const { left } = this.plot.over.getBoundingClientRect();
      moveTo(samples[this.plot.posToIdx(clientX - left)]?.at ?? null);
    });
    this.area.addEventListener('pointerleave', () => moveTo(null));
    this.area.addEventListener('blur', () => {
      moveTo(null);
      say(find('.said', this.figure), '');
    });
    new ResizeObserver(() => {
      this.plot?.batch(() => this.plot.setSize(this.size()));
      this.point();
    }).observe(this.area);
  }

  size() {
    return { width: this.area.clientWidth, height: this.area.clientHeight };
  }

  show() {
    const count = this.lines.length;
    this.lines = this.linesOf();
    if (!this.plot || this.lines.length !== count) {
      this.plot?.destroy();
      this.plot = this.draw();
    }
    const values = this.lines.map(({ of }) => samples.map((sample) => of(sample) ?? null));
    this.plot.batch(() => this.plot.setData([samples.map(({ at }) => at / 1000), ...values]));
    this.point();
  }

  /** Moves the cursor to the selected time, and shows the values there as text. */
  point() {
    const sample = current();
    const chosen = sample !== undefined && sample.at === cursor;
    this.plot?.setCursor(
      chosen ? { left: this.plot.valToPos(sample.at / 1000, 'x'), top: 0 } : { left: -10, top: -10 },
    );
    say(find('.when', this.figure), chosen ? clock.format(sample.at) : lost ? 'last known' : 'now');
    const items = fill(find('.values', this.figure), this.lines.length, (i) => {
      const mark = create('i');
      mark.style.borderTop = `2px ${BORDERS[dashOf(i)]} var(--line-${String(i % COLOURS)})`;
      return create('li', {}, mark, create('span'), ' ', create('b'));
    });
    this.lines.forEach(({ key, label }, i) => {
      const value = find('b', items[i]);
      value.dataset.value = key;
      say(value, this.textOf(sample, i));
      say(find('span', items[i]), label);
    });
  }

  textOf(sample, i) {
    return measure(sample && this.lines[i]?.of(sample), this.unit);
  }

  onKey(event) {
    const last = samples.length - 1;
    const found = samples.findIndex(({ at }) => at === cursor);
    const from = found < 0 ? last : found;
    const to = {
      ArrowLeft: Math.max(from - 1, 0),
      ArrowRight: Math.min(from + 1, last),
      Home: 0,
      End: last,
      Escape: -1,
    };
    const index = to[event.key];
    if (index === undefined || last < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    moveTo(samples[index]?.at ?? null);
    const texts = this.lines.map(({ label }, i) => `${label} ${this.textOf(current(), i)}`);
    say(find('.said', this.figure), `${cursor === null ? 'now' : clock.format(cursor)}: ${texts.join(', ')}`);
  }

  draw() {
    const grid = { stroke: () => colour('grid'), width: 1 };
    const axis = { grid, stroke: () => colour('muted'), ticks: { show: false }, font: '12px system-ui, sans-serif' };
    const series = this.lines.map((_, i) => ({
      stroke: () => colour(`line-${String(i % COLOURS)}`),
      width: 1.75,
      dash: DASHES[dashOf(i)],
      points: { show: false, filter: alone },
      ...(this.lines.length === 1 && { fill: () => colour('area') }),
    }));
    const options = {
      ...this.size(),
      padding: [10, 12, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { range: () => [-SPAN, 0].map((s) => s + (samples.at(-1)?.at ?? Date.now()) / 1000) },
        y: { range: (_, _min, max) => uPlot.rangeNum(0, Math.max(max ?? 0, this.least), 0.1, true) },
      },
      axes: [
        {
          ...axis,
          size: 24,
          space: 50,
          incrs: [60, 120, 300],
          values: (_, at) => at.map((s) => minute.format(s * 1000)),
        },
        { ...axis, size: 48, space: 34, values: (_, values) => values.map((value) => short.format(value)) },
      ],
      series: [{}, ...series],
    };
    return new uPlot(options, [[], ...this.lines.map(() => [])], this.area);
  }
}

/** The dashes of a line: the next pattern when its colour repeats. */
const dashOf = (i) => (i + Math.floor(i / COLOURS)) % DASHES.length;

/** Points of a line without neighbours, which would otherwise be invisible. */
function alone(plot, line) {
  const is = (i) => typeof plot.data[line][i] === 'number';
  return [...plot.data[line].keys()].filter((i) => is(i) && !is(i - 1) && !is(i + 1));
}

function memoryLines() {
  const count = Math.max(0, ...samples.map(({ rss }) => rss?.length ?? 0));
  return Array.from({ length: count }, (_, i) => {
    const id = String(i + 1);
    return { key: `rss-${id}`, label: `worker ${id}`, of: ({ rss }) => megabytes(rss?.[i]) };
  });
}

const charts = [
  new Chart('requests', '/s', 1, () => [{ key: 'requests', label: 'requests', of: ({ requests }) => requests }]),
  new Chart('latency', ' ms', 1, () => [
    { key: 'p50', label: 'p50', of: ({ p50 }) => p50 },
    { key: 'p95', label: 'p95', of: ({ p95 }) => p95 },
    { key: 'p99', label: 'p99', of: ({ p99 }) => p99 },
  ]),
  new Chart('errors', '/s', 1, () => [
    { key: 'clientErrors', label: '4xx', of: ({ clientErrors }) => clientErrors },
    { key: 'serverErrors', label: '5xx', of: ({ serverErrors }) => serverErrors },
  ]),
  new Chart('memory', ' MB', 10, memoryLines),
];

function moveTo(at) {
  cursor = at;
  for (const chart of charts) chart.point();
}

function showWorkers(workers) {
  const rows = fill(find('#workers'), workers.length, () => {
    const cells = COLUMNS.map(([label, key], i) => {
      const kind = i === 0 ? { scope: 'row', role: 'rowheader' } : { role: 'cell' };
      return create(i === 0 ? 'th' : 'td', { ...kind, 'data-value': key, 'data-label': label });
    });
    return create('tr', { role: 'row' }, ...cells);
  });
  workers.forEach((worker, i) => {
    rows[i].dataset.worker = worker.id;
    rows[i].dataset.status = worker.status;
    COLUMNS.forEach(([, , text], column) => say(rows[i].children[column], text(worker)));
  });
}

function show({ name = 'Server', version, node, samples: latest = [], workers = [] }) {
  document.title = `${name} stats`;
  say(find('#name'), name);
  say(find('#version'), [version, node && `Node.js ${node}`].filter(Boolean).join(' · '));
  samples = latest;
  for (const chart of charts) chart.show();
  showWorkers(workers);
}

let answered = Date.now();
let interval = 2000;
let asking = false;
let timer;

function setLost(now) {
  const status = find('#status');
  if (now !== lost) {
    lost = now;
    document.body.classList.toggle('lost', now);
    // Hidden from screen readers, which would otherwise read out every change.
    const ago = create('span', { 'aria-hidden': 'true' });
    status.replaceChildren(...(now ? ['Connection lost', ago, ': trying again'] : ['Connected']));
    for (const chart of charts) chart.point();
  }
  const seconds = Math.round((Date.now() - answered) / 1000);
  const text = seconds < 120 ? `${String(seconds)} s` : `${String(Math.round(seconds / 60))} min`;
  if (now) say(find('span', status), ` ${text} ago`);
}

async function ask() {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  try {
    const answer = await fetch('/page/data.json', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) throw new Error(`status ${String(answer.status)}`);
    const data = await answer.json();
    answered = Date.now();
    setLost(false);
    interval = data.interval || interval;
    show(data);
  } catch {
    setLost(true);
  }
  asking = false;
  if (document.visibilityState === 'visible') timer = setTimeout(ask, interval);
}

const heads = COLUMNS.map(([label]) => create('th', { scope: 'col', role: 'columnheader' }, label));
find('#columns').append(...heads);
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && ask());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
  charts.forEach(({ plot }) => plot?.redraw()),
);
ask();
