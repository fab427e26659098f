import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../quayside/harness/eventually';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { endAll, run } from '../../quayside/harness/run';
import { createQuayside, ended, newFolder, npmEnv } from './command';

// npm installs three hundred packages.
jest.setTimeout(180_000);

const folder = newFolder();
const dir = join(folder.dir, 'orders');
afterEach(() => endAll());
afterAll(() => {
  folder.remove();
});

const npm = (...args: string[]) => ended('npm', args, dir, npmEnv);

test('a new project installs from its lock file, and its own tests and types pass', async () => {
  expect(await createQuayside(['orders', '--local'], folder.dir)).toMatchObject({ code: 0 });
  // The lock file contains no registry's address.
  const lock = JSON.parse(readFileSync(join(dir, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { resolved?: string }>;
  };
  const resolved = Object.values(lock.packages).flatMap((locked) => locked.resolved ?? []);
  expect(resolved).toEqual(['file:vendor/quayside-0.1.0.tgz']);

  expect(await npm('ci', '--no-audit', '--no-fund')).toMatchObject({ code: 0 });
  const tested = await ended('npm', ['test'], dir, process.env);
  expect(tested.output).toMatch(/^PASS app test\/orders\.test\.ts$/m);
  expect(tested.code).toBe(0);
  expect(await npm('run', 'lint')).toMatchObject({ code: 0 });
});

test.each([
  ['npm run dev', ['run', 'dev'], /serving after/],
  ['npm start', ['start'], /"ready"/],
])('%s serves it', async (_command, args, line) => {
  const [port, statsPort, inspectPort] = await freePorts(3);
  const env = { ...process.env, PORT: String(port), STATS_PORT: String(statsPort), INSPECT_PORT: String(inspectPort) };
  const server = run('npm', { args, cwd: dir, env });
  await server.line(line);
  const answer = await eventually(() => fetch(port ?? 0));
  expect(answer).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
});
