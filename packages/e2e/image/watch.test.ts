import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../quayside/harness/eventually';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { service } from '../../quayside/harness/project';
import { endAll } from '../../quayside/harness/run';
import { Checkout, describeImage } from '../harness/docker';

describeImage('docker compose, as files change', () => {
  let checkout: Checkout;
  let port: number;
  let ports: NodeJS.ProcessEnv;

  beforeEach(async () => {
    checkout = new Checkout();
    const [own, inspectPort] = (await freePorts(2)) as [number, number];
    port = own;
    ports = { PUBLISH_DEV_PORT: String(port), PUBLISH_INSPECT_PORT: String(inspectPort) };
  });
  afterEach(async () => {
    await endAll();
    await checkout.remove();
  });

  const write = (path: string, text: string) => {
    writeFileSync(join(checkout.dir, path), text);
  };
  const says = (expression: string) => service(`app.get('/', (_req, res) => { res.send(${expression}); });`);
  const until = (text: string) => eventually(async () => (await fetch(port)).body === text || undefined, 60_000);
  /** A package that no other needs; it has no types, which development says and bears. */
  const install = () => {
    checkout.install('left-pad@1.3.0');
    write('app/identidock.ts', `import pad from 'left-pad';\n${says("pad('padded', 8)")}`);
  };

  test('a dependency that was installed on the host: up --build has it, and none of the host’s node_modules', async () => {
    checkout.dropTools();
    install();
    // Where the host's were mounted, this would be seen.
    mkdirSync(join(checkout.dir, 'node_modules/express'), { recursive: true });
    write('node_modules/express/package.json', 'broken');
    await checkout.compose(['up', '--build', '--detach', '--wait'], ports);
    await until('  padded');
  }, 300_000);

  test('up --watch rebuilds when the dependencies change', async () => {
    checkout.dropTools();
    const watch = checkout.start(['up', '--watch'], ports);
    await watch.line(/Watch enabled/);
    await until('Hello Docker!\n');
    install();
    await watch.line(/Rebuilding service/);
    await until('  padded');
    expect(watch.output()).not.toContain("won't be monitored");
  }, 300_000);

  test('without a mount, up --watch copies what changes, what is new and what is gone', async () => {
    const env = { ...ports, COMPOSE_FILE: 'docker-compose.yml:deploy/docker-compose.sync.yml' };
    const watch = checkout.start(['up', '--watch'], env);
    await watch.line(/Watch enabled/);
    await until('Hello Docker!\n');
    expect((await checkout.config([], env)).services.identidock?.volumes).toBeUndefined();
    write('app/identidock.ts', says("'changed'"));
    await until('changed');
    mkdirSync(join(checkout.dir, 'app/parts'));
    write('app/parts/part.ts', "export const part = 'new';\n");
    write('app/identidock.ts', `import { part } from './parts/part';\n${says('part')}`);
    await until('new');
    rmSync(join(checkout.dir, 'app/parts/part.ts'));
    await eventually(async () => (await fetch(port)).body.includes("Cannot find module './parts/part'") || undefined);
  });

  test('run --rm test npm run test:watch runs again what has been edited', async () => {
    const watch = checkout.start(['run', '--rm', '-T', 'test', 'npm', 'run', 'test:watch']);
    await watch.line(/^Tests: +\d+ passed/m);
    const file = 'test/identidock.test.ts';
    write(file, `${readFileSync(join(checkout.dir, file), 'utf8')}\ntest('edited', () => { expect(1).toBe(2); });\n`);
    await watch.line(/✕ edited|● edited/);
  });
});
