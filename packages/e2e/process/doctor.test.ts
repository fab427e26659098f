import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { judgeCompose, leastCompose } from '../../../doctor/docker.js';
import { judgeWatchError } from '../../../doctor/events.js';
import { byLsof } from '../../../doctor/holder.js';
import { publishedPorts } from '../../../doctor/ports.js';
import { nearest } from '../../../doctor/settings.js';
import { atLeast } from '../../../doctor/versions.js';
import { freePorts, hold } from '../../quayside/harness/ports';
import { endAll, run } from '../../quayside/harness/run';

const portVariables = [...readFileSync('.env.example', 'utf8').matchAll(/^(PUBLISH_\w*PORT)=/gm)].map(
  ([, name = '']) => name,
);
let dir: string;
let noDocker: string;
let ports: NodeJS.ProcessEnv;

beforeEach(async () => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'identidock-')));
  const files = ['doctor', 'app', 'cmd.sh', 'package.json', 'package-lock.json', '.env.example'];
  for (const name of [...files, 'docker-compose.yml', 'docker-compose.prod.yml']) {
    cpSync(name, join(dir, name), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(dir, 'node_modules'));
  noDocker = join(dir, 'empty');
  mkdirSync(noDocker);
  const free = await freePorts(portVariables.length);
  ports = Object.fromEntries(portVariables.map((name, index) => [name, String(free[index])]));
});
afterEach(async () => {
  await endAll();
  rmSync(dir, { recursive: true });
});

/** Runs the doctor where there is no docker command, so that its other findings are the same on every machine. */
async function doctor(env: NodeJS.ProcessEnv = {}, args: string[] = []) {
  const { exited, closed, output } = run(process.execPath, {
    args: [join(dir, 'doctor/main.js'), ...args],
    env: { PATH: noDocker, ...ports, ...env },
  });
  const { code } = await exited;
  await closed;
  const lines = output().split('\n');
  // Each finding with its remedy.
  const findings = output()
    .split(/\n(?! )/)
    .filter((finding) => /^(ok|wrong|note) /.test(finding));
  const wrong = findings.filter((finding) => finding.startsWith('wrong') && !finding.includes('docker command'));
  return { code, output: output(), lines, wrong };
}

const edit = (name: string, change: (text: string) => string) => {
  writeFileSync(join(dir, name), change(readFileSync(join(dir, name), 'utf8')));
};

test('in a checkout that is in order, all but the missing docker command is well', async () => {
  const { code, lines } = await doctor();
  expect(lines).toEqual([
    `ok    Node.js ${process.versions.node}`,
    'ok    node_modules holds what package-lock.json says',
    'wrong Docker is not installed: there is no docker command',
    '        Install it: https://docs.docker.com/get-docker/',
    '        Without Docker there are npm run dev and npm start, which need Node.js alone.',
    'ok    the shell scripts end their lines with LF, and cmd.sh may be run',
    'ok    .env: none, so all defaults hold',
    ...publishedPorts(dir).map(({ variable }) => `ok    port ${ports[variable] ?? ''} is free (${variable})`),
    'ok    file events: an edit in app/ is noticed',
    '',
    '1 thing is wrong.',
    '',
  ]);
  expect(code).toBe(1);
  expect(readdirSync(join(dir, 'app')).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('where nothing is wrong the exit code is 0: in a container, where Docker itself is not asked', async () => {
  const { code, lines } = await doctor({}, ['--container']);
  expect(lines).toContain('ok    Docker Engine and Docker Compose: they have started this');
  expect(lines.at(-2)).toMatch(/^Nothing is wrong; \d notes?\.$/);
  expect(code).toBe(0);
});

test('a file of the project that is missing is told, and the other checks go on', async () => {
  unlinkSync(join(dir, 'cmd.sh'));
  const { code, output } = await doctor();
  expect(output).toMatch(/^wrong ENOENT.*cmd\.sh/m);
  expect(output).toMatch(/^ok {4}file events/m);
  expect(code).toBe(1);
});

describe('Node.js and the dependencies', () => {
  test('a Node.js that is too old', async () => {
    edit('package.json', (text) => text.replace(/"node": ".*"/, '"node": ">=99.1"'));
    const { wrong } = await doctor();
    expect(wrong).toEqual([
      `wrong Node.js ${process.versions.node} is too old: 99.1 or later is needed\n` +
        '        Install a newer one, or use Docker alone: docker compose up',
    ]);
  });

  test('no node_modules are worth a note: Docker needs none', async () => {
    unlinkSync(join(dir, 'node_modules'));
    const { output, wrong } = await doctor();
    expect(output).toMatch(/^note {2}node_modules: none\..*npm ci$/m);
    expect(wrong).toEqual([]);
  });

  test('node_modules of another package-lock.json', async () => {
    edit('package-lock.json', (text) =>
      text.replace(/("node_modules\/express": \{\s*"version": )"[^"]*"/, '$1"99.0.0"'),
    );
    const { wrong } = await doctor();
    expect(wrong).toEqual([
      expect.stringMatching(
        /^wrong node_modules differs from package-lock.json in 1 of \d+ packages: of express, 99.0.0 is wanted and 5\.\S+ is installed\n +Run: npm ci$/,
      ),
    ]);
  });

  test('a package that is not installed; one for another platform is no fault', async () => {
    const add = (entry: string) => {
      edit('package-lock.json', (text) => text.replace('"packages": {', `"packages": {\n${entry},`));
    };
    add('"node_modules/absent-optional": { "version": "1.0.0", "optional": true }');
    expect((await doctor()).wrong).toEqual([]);
    add('"node_modules/absent": { "version": "1.0.0" }');
    expect((await doctor()).wrong).toEqual([
      expect.stringContaining('of absent, 1.0.0 is wanted and none is installed'),
    ]);
  });

  test('node_modules that npm has not finished', async () => {
    unlinkSync(join(dir, 'node_modules'));
    mkdirSync(join(dir, 'node_modules'));
    expect((await doctor()).wrong).toEqual([expect.stringContaining('Run: npm ci')]);
  });
});

describe('versions', () => {
  test.each([
    ['20.19', '20.19', true],
    ['20.19.0', '20.19', true],
    ['v26.0.0', '20.19', true],
    ['20.9.9', '20.19', false],
    ['2.40.3-desktop.1', '2.24.4', true],
    ['2.24.4-rc.1', '2.24.4', true],
    ['2.24.3', '2.24.4', false],
    ['1.29.2', '2.24.4', false],
    ['2.3', '2.24.4', false],
    ['5.0.1', '2.24.4', true],
    ['', '2.24.4', false],
  ])('%j is at least %j: %j', (found, least, answer) => {
    expect(atLeast(found, least)).toBe(answer);
  });

  test('a Compose that is too old is named', () => {
    expect(judgeCompose('2.40.3')).toEqual({ kind: 'ok', text: 'Docker Compose 2.40.3' });
    expect(judgeCompose('2.24.3')).toMatchObject({
      kind: 'wrong',
      text: 'Docker Compose 2.24.3 is too old: 2.24.4 or later is needed',
    });
  });

  test('the README asks for the same Compose', () => {
    expect(readFileSync('README.md', 'utf8')).toContain(`(Compose ${leastCompose} or later)`);
  });
});

describe('ports', () => {
  test('it looks at each port that the Compose files publish', () => {
    expect(publishedPorts(dir).map(({ variable }) => variable)).toEqual(expect.arrayContaining(portVariables));
  });

  test.each(portVariables)('%s: who holds it is named', async (variable) => {
    const server = await hold(Number(ports[variable]));
    const { code, wrong } = await doctor();
    server.close();
    expect(wrong).toEqual([
      expect.stringMatching(
        new RegExp(
          `^wrong port ${ports[variable] ?? ''} is taken by \\S+ \\(pid ${String(process.pid)}.*\\)\\n` +
            ` +Stop it, or take another port: set ${variable} in \\.env$`,
        ),
      ),
    ]);
    expect(code).toBe(1);
  });

  test("the environment's value comes before that in .env, which comes before the default", async () => {
    const [, other] = await freePorts(2);
    writeFileSync(join(dir, '.env'), `PUBLISH_DEV_PORT="${String(other)}" # mine\n`);
    expect((await doctor()).output).toContain(`port ${ports.PUBLISH_DEV_PORT ?? ''} is free (PUBLISH_DEV_PORT)`);
    expect((await doctor({ PUBLISH_DEV_PORT: undefined })).output).toContain(
      `port ${String(other)} is free (PUBLISH_DEV_PORT)`,
    );
    expect((await doctor({ PUBLISH_DEV_PORT: '' })).output).toMatch(/port 5000 is/);
  });

  test("this project's own server may hold one", async () => {
    const port = ports.PUBLISH_DEV_PORT ?? '';
    const server = run(process.execPath, {
      args: ['-e', `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`],
      cwd: dir,
    });
    await server.line(/^up$/);
    const { output, wrong } = await doctor();
    expect(output).toMatch(
      new RegExp(
        `^ok    port ${port} is in use by this project's own server, node \\(pid ${String(server.pid)}\\)$`,
        'm',
      ),
    );
    expect(wrong).toEqual([]);
  });

  test('from in a container nobody can be named, so that it is a note', async () => {
    const server = await hold(Number(ports.PUBLISH_DEV_PORT));
    const { code, output } = await doctor({}, ['--container']);
    server.close();
    expect(output).toMatch(/^note {2}(port \d+ is taken on the machine that Docker runs on|ports: your machine's)/m);
    expect(code).toBe(0);
  });

  test('what is no port, or no address of this machine', async () => {
    const { output, wrong } = await doctor({ PUBLISH_PORT: '80a', PUBLISH_STATS_ADDRESS: '192.0.2.1' });
    expect(wrong).toEqual([
      expect.stringMatching(/^wrong PUBLISH_PORT is not a port\n/),
      expect.stringMatching(/^wrong PUBLISH_STATS_ADDRESS is no address of this machine\n/),
    ]);
    expect(output).not.toContain('80a');
  });

  test('lsof knows, too, where there is one', async () => {
    const server = await hold(Number(ports.PUBLISH_PORT));
    const hasLsof = spawnSync('lsof', ['-v']).status === 0;
    const holder = await byLsof(Number(ports.PUBLISH_PORT));
    if (hasLsof) expect(holder).toMatchObject({ pid: process.pid, folder: process.cwd() });
    else expect(holder).toBeUndefined();
    server.close();
    expect(await byLsof(Number(ports.PUBLISH_DEV_PORT))).toBeUndefined();
  });
});

describe('shell scripts', () => {
  test.each(['cmd.sh', '.ci/run'])('%s with the line ends of Windows', async (name) => {
    mkdirSync(join(dir, '.ci'));
    writeFileSync(join(dir, '.ci/run'), '#!/bin/sh\n');
    expect((await doctor()).wrong).toEqual([]);
    edit(name, (text) => text.replace(/\n/g, '\r\n'));
    const { wrong } = await doctor();
    expect(wrong).toEqual([expect.stringMatching(/^wrong \S+ has the line ends of Windows .*\n.*sed -i/)]);
    expect(wrong[0]).toContain(`wrong ${name} `);
    // The remedy helps.
    const [, remedy = ''] = /run: (.*)$/.exec(wrong[0] ?? '') ?? [];
    expect(spawnSync('sh', ['-c', remedy], { cwd: dir }).status).toBe(0);
    expect((await doctor()).wrong).toEqual([]);
  });

  test('a cmd.sh that may not be run', async () => {
    chmodSync(join(dir, 'cmd.sh'), 0o644);
    expect((await doctor()).wrong).toEqual(['wrong cmd.sh may not be run\n        Run: chmod +x cmd.sh']);
  });
});

describe('.env', () => {
  const withEnv = (text: string) => {
    writeFileSync(join(dir, '.env'), text);
    return doctor();
  };

  test('a copy of .env.example is in order, also with the line ends of Windows', async () => {
    const text = readFileSync(join(dir, '.env.example'), 'utf8');
    for (const each of [text, text.replace(/\n/g, '\r\n'), `\uFEFF${text}`]) {
      const { lines, wrong } = await withEnv(each);
      expect(wrong).toEqual([]);
      expect(lines).toContain('ok    .env: each line is one that Docker Compose reads');
    }
  });

  test('what Compose reads, and its own variables, are in order', async () => {
    const { wrong } = await withEnv(
      [
        '# a comment',
        '',
        '  export LOG_LEVEL = debug # why',
        'COMPOSE_PROJECT_NAME=x',
        'DOCKER_HOST=',
        'BUILDKIT_PROGRESS=plain',
        'TRUST_PROXY="over',
        'two lines"',
        "IMAGE='it\\'s'",
      ].join('\n'),
    );
    expect(wrong).toEqual([]);
  });

  test('names that nothing reads, with the one that was meant, and never a value', async () => {
    const { code, output, wrong } = await withEnv(
      'LOG_LEVEL=info\nWORKRES=s3cret-1\nPASSWORD=s3cret-2\nlog_level=s3cret-3\n',
    );
    expect(wrong).toEqual([
      'wrong .env line 2 sets WORKRES, which nothing reads\n        Is WORKERS meant?',
      expect.stringMatching(/^wrong \.env line 3 sets PASSWORD, which nothing reads\n.*docker-compose\.prod\.yml/),
      'wrong .env line 4 sets log_level, which nothing reads\n        Is LOG_LEVEL meant?',
    ]);
    expect(output).not.toContain('s3cret');
    expect(code).toBe(1);
  });

  test('lines that are no NAME=value, and never what they say', async () => {
    const { output, wrong } = await withEnv('s3cret words\n=s3cret\n1S3CRET=s3cret\nIMAGE="s3cret\n');
    expect(wrong).toEqual(
      [1, 2, 3, 4].map((line) => expect.stringContaining(`.env line ${String(line)} is not NAME=value`) as string),
    );
    expect(output).not.toMatch(/s3cret/i);
  });

  test('a name that stands there twice', async () => {
    const { output, wrong } = await withEnv('WORKERS=s3cret\nWORKERS=2\n');
    expect(output).toMatch(/^note {2}\.env line 2 sets WORKERS again, after line 1: it counts$/m);
    expect(output).not.toContain('s3cret');
    expect(wrong).toEqual([]);
  });

  test('a name is near by up to two letters', () => {
    expect(nearest('WORKRES', ['GRACE', 'WORKERS'])).toBe('WORKERS');
    expect(nearest('GRAC', ['GRACE', 'WORKERS'])).toBe('GRACE');
    expect(nearest('workers', ['GRACE', 'WORKERS'])).toBe('WORKERS');
    expect(nearest('WORK', ['GRACE', 'WORKERS'])).toBeUndefined();
  });
});

describe('file events', () => {
  test.each([{ env: { WATCH_POLL: '1' } }, { file: 'WATCH_POLL=1\n' }])(
    'are not needed with %j',
    async ({ env, file }) => {
      if (file !== undefined) appendFileSync(join(dir, '.env'), file);
      expect((await doctor(env)).output).toMatch(/^ok {4}file events: not needed, as WATCH_POLL=1/m);
      expect((await doctor({ WATCH_POLL: '0' })).output).toMatch(/^ok {4}file events: an edit in app\/ is noticed$/m);
    },
  );

  test('the part that runs in a container says by its exit code whether it saw the file', async () => {
    const watch = () => run(process.execPath, { args: [join(dir, 'doctor/main.js'), '--watch', '.doctor-1'] });
    const sees = watch();
    await sees.line(/^watching$/);
    writeFileSync(join(dir, 'app/.doctor-1'), '');
    expect(await sees.exited).toEqual({ code: 0, signal: null });

    const misses = watch();
    await misses.line(/^watching$/);
    writeFileSync(join(dir, 'app/.doctor-2'), '');
    expect(await misses.exited).toEqual({ code: 1, signal: null });
  });

  test.each([
    ['ENOSPC', 'fs.inotify.max_user_watches'],
    ['EMFILE', 'fs.inotify.max_user_instances'],
  ])('where the system has none left (%s), the limit is named', (code, limit) => {
    const { kind, text, remedy } = judgeWatchError(Object.assign(new Error('no'), { code }));
    expect(kind).toBe('wrong');
    expect(text).toContain(`all of the system's ${limit} are in use`);
    expect(remedy).toContain(`sudo sysctl ${limit}=`);
  });
});
