// Debian's Prometheus with the files of deploy/: reads the stats, and knows every name that alerts and dashboard use.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../quayside/harness/eventually';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { service } from '../../quayside/harness/project';
import { baseImage, Checkout, describeImage, production } from '../harness/docker';
import { read } from '../harness/template';

/** In the network of the server's container, where the stats are on localhost as the committed configuration has it. */
const override = `
services:
  prometheus:
    build:
      dockerfile_inline: |
        FROM ${baseImage}
        RUN apt-get update && apt-get install -y --no-install-recommends prometheus
    command:
      - prometheus
      - --config.file=/deploy/quick.yml
      - --storage.tsdb.path=/tmp/prometheus
      - --web.listen-address=127.0.0.1:9099
    network_mode: service:identidock
    volumes: [./deploy:/deploy:ro]
`;

/** Leaves so much garbage that it is collected while the test runs, else there were no durations of that. */
const wasteful = service(`
  app.get('/', (_req, res) => { res.send(String(Array.from({ length: 200_000 }, (_, index) => ({ index })).length)); });
  app.get('/fail', () => { throw new Error('on purpose'); });`);

interface Dashboard {
  panels: { id: number; title: string; gridPos: Rectangle; targets: { expr: string }[] }[];
  templating: { list: { definition?: string }[] };
}

interface Rectangle {
  x: number;
  y: number;
  w: number;
  h: number;
}

const dashboard = JSON.parse(read('deploy/grafana.json')) as Dashboard;
const panelQueries = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => [title, expr] as const),
);

/** Names of metrics in PromQL: what is left without selectors, ranges, strings, lists of labels, and its own words. */
function namesIn(expr: string): string[] {
  const bare = expr
    .replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replace(/\b(?:and|or|unless|bool|offset)\b/g, ' ');
  return [...bare.matchAll(/\b[a-z_:][\w:]*\b(?!\s*\()/gi)].map(([name]) => name);
}

describeImage('Prometheus', () => {
  const files = [...production, '-f', 'prometheus.yml'];
  const answered = 50;
  const unknown = 3;
  const failed = 2;
  let checkout: Checkout;
  let env: NodeJS.ProcessEnv;
  let metrics: string;

  const compose = (...args: string[]) => checkout.compose([...files, ...args], env);
  const promtool = (command: string) => compose('exec', '-T', 'prometheus', 'sh', '-c', `promtool ${command}`);

  beforeAll(async () => {
    checkout = new Checkout();
    const [port, statsPort] = (await freePorts(2)) as [number, number];
    env = {
      PUBLISH_ADDRESS: '127.0.0.1',
      PUBLISH_PORT: String(port),
      PUBLISH_STATS_PORT: String(statsPort),
      WORKERS: '2',
    };
    writeFileSync(join(checkout.dir, 'app/identidock.ts'), wasteful);
    writeFileSync(join(checkout.dir, 'prometheus.yml'), override);
    const committed = read('deploy/prometheus.yml');
    writeFileSync(join(checkout.dir, 'deploy/quick.yml'), committed.replace(/(?<=_interval: )15s/g, '1s'));
    await compose('up', '--detach', '--wait');

    for (let sent = 0; sent < answered; sent += 1) await fetch(port);
    for (let sent = 0; sent < unknown; sent += 1) await fetch(port, '/unknown');
    for (let sent = 0; sent < failed; sent += 1) await fetch(port, '/fail');
    metrics = (await fetch(statsPort, '/metrics')).body;
    writeFileSync(join(checkout.dir, 'deploy/metrics.txt'), metrics);
  });

  afterAll(async () => {
    // Whatever became of it. With the image, which would else be left: Compose names it, not the checkout.
    await compose('down', '--timeout', '1', '--rmi', 'local');
    await checkout.remove();
  });

  /** Values of an instant query, one for each of its series. */
  async function query(expr: string): Promise<string[]> {
    const asked = ['promtool', 'query', '--format', 'json', 'instant', 'http://localhost:9099', expr];
    const { stdout } = await compose('exec', '-T', 'prometheus', ...asked);
    return (JSON.parse(stdout) as { value: [number, string] }[]).map(({ value }) => value[1]);
  }

  test.each([
    ['up{job="identidock"}', 1],
    ['uwsgi_workers', 2],
    ['sum(http_request_duration_seconds_count{status="2xx"})', answered],
    ['sum(http_request_duration_seconds_count{status="4xx"})', unknown],
    ['sum(http_request_duration_seconds_count{status="5xx"})', failed],
    ['sum(uwsgi_worker_exceptions_total)', failed],
    ['sum(uwsgi_worker_requests_total)', answered + unknown + failed],
    ['service_build_info{name="identidock"}', 1],
  ])('%s is %d', async (expr, value) => {
    let last: string[] = [];
    await eventually(async () => {
      last = await query(expr);
      return last[0] === String(value) || undefined;
    }).catch(() => undefined);
    expect(last).toEqual([String(value)]);
  });

  test('promtool has nothing to say of the metrics', async () => {
    expect(await promtool('check metrics </deploy/metrics.txt')).toEqual({ stdout: '', stderr: '' });
  });

  test('promtool takes the configuration and the rules', async () => {
    await promtool('check config /deploy/prometheus.yml');
    await promtool('check rules --lint=all --lint-fatal /deploy/prometheus-rules.yml');
  });

  describe('the dashboard', () => {
    // What Grafana puts in. Two scrapes are within the range as soon as there are two.
    const filled = (expr: string) => expr.replaceAll('$__rate_interval', '1m').replace(/\$(?:job|instance)\b/g, '.+');

    test.each(panelQueries)('%s: %s', async (_, expr) => {
      await eventually(async () => (await query(filled(expr))).length > 0 || undefined);
    });

    test('has panels of their own ids, beside each other', () => {
      expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
      for (const [index, { gridPos: a, title }] of dashboard.panels.entries()) {
        expect([title, a.x + a.w <= 24]).toEqual([title, true]);
        for (const { gridPos: b, title: other } of dashboard.panels.slice(index + 1)) {
          const overlap = a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
          expect([title, other, overlap]).toEqual([title, other, false]);
        }
      }
    });
  });

  test('dashboard and rules name only metrics that there are', () => {
    const types = metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm);
    const known = new Set(['up']);
    for (const [, name = '', type] of types) {
      if (type === 'histogram') for (const part of ['bucket', 'sum', 'count']) known.add(`${name}_${part}`);
      else known.add(name);
    }
    const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
    const ofVariables = variables.map((text) => text.replace(/^label_values\((.*), \w+\)$/, '$1'));
    const rules = read('deploy/prometheus-rules.yml');
    // An expression goes on while lines are indented deeper than its key.
    const ofRules = [...rules.matchAll(/^ {8}expr: (?:>-)?((?:.*\n)(?: {9,}.*\n)*)/gm)].map(([, expr = '']) => expr);
    expect(ofRules).toHaveLength(rules.match(/alert:/g)?.length ?? 0);

    for (const expr of [...panelQueries.map(([, text]) => text), ...ofVariables, ...ofRules]) {
      const names = namesIn(expr);
      expect([expr, names.length]).not.toEqual([expr, 0]);
      expect([expr, names.filter((name) => !known.has(name))]).toEqual([expr, []]);
    }
  });

  describe('alerts', () => {
    const of = 'job="identidock", instance="a"';
    const requests = `http_request_duration_seconds_count{${of}, method="GET", route="/", status`;
    const bucket = `http_request_duration_seconds_bucket{${of}, method="GET", route="/", status="2xx", le`;
    const accepting = `uwsgi_worker_accepting{${of}, worker_id`;
    const spawns = `uwsgi_worker_respawn_count_total{${of}, worker_id="1"}`;
    const harakiris = `uwsgi_worker_harakiri_count_total{${of}, worker_id="1"}`;
    const lag = `nodejs_worker_eventloop_lag_p99_seconds{${of}, worker_id="1"}`;
    const socket = `${of}, name="0.0.0.0:9090", proto="http"`;
    const queue = `uwsgi_socket_queue_length{${socket}}`;
    const maxQueue = { [`uwsgi_socket_max_queue_length{${socket}}`]: '511x30' };
    // Values a minute, from 0 on, in promtool's notation.
    const well = {
      [`up{${of}}`]: '1x30',
      [`${accepting}="1"}`]: '0x30',
      [`${accepting}="2"}`]: '1x30',
      [`${requests}="2xx"}`]: '0+970x30',
      [`${requests}="5xx"}`]: '0+30x30',
      [`${bucket}="1"}`]: '0+1000x30',
      [`${bucket}="+Inf"}`]: '0+1000x30',
      [spawns]: '1x14 4x14',
      [harakiris]: '2x30',
      [lag]: '0.2x30',
      [queue]: '255x30',
      ...maxQueue,
    };

    test.each<[string, string[], Record<string, string>]>([
      ['none where all is well', [], well],
      ['the stats cannot be read', ['IdentidockDown'], { [`up{${of}}`]: '0x30' }],
      [
        'no worker accepts',
        ['IdentidockNoWorkerAccepts'],
        { [`${accepting}="1"}`]: '0x30', [`${accepting}="2"}`]: '0x30' },
      ],
      ['6 % are 5xx', ['IdentidockErrors'], { [`${requests}="2xx"}`]: '0+940x30', [`${requests}="5xx"}`]: '0+60x30' }],
      [
        '2 % take more than 1 s',
        ['IdentidockSlow'],
        { [`${bucket}="1"}`]: '0+980x30', [`${bucket}="2.5"}`]: '0+1000x30', [`${bucket}="+Inf"}`]: '0+1000x30' },
      ],
      ['a worker comes and goes', ['IdentidockWorkerRestarts'], { [spawns]: '1+1x30' }],
      ['harakiri', ['IdentidockHarakiri'], { [harakiris]: '0x25 1x5' }],
      ['a busy event loop', ['IdentidockEventLoopLag'], { [lag]: '0.3x30' }],
      ['a long queue', ['IdentidockListenQueue'], { [queue]: '256x30', ...maxQueue }],
    ])('%s: %j', async (_, names, series) => {
      // JSON is YAML, too.
      const tests = {
        rule_files: ['/deploy/prometheus-rules.yml'],
        tests: [
          {
            input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
            promql_expr_test: [
              {
                expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
                eval_time: '28m',
                exp_samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
              },
            ],
          },
        ],
      };
      writeFileSync(join(checkout.dir, 'deploy/alerts.yml'), JSON.stringify(tests));
      expect((await promtool('test rules /deploy/alerts.yml')).stdout).toMatch(/SUCCESS/);
    });
  });
});
