import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Debugger } from '../../quayside/harness/debugger';
import { eventually } from '../../quayside/harness/eventually';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { service } from '../../quayside/harness/project';
import { Checkout, describeImage, docker, logged } from '../harness/docker';

describeImage('docker compose up', () => {
  let checkout: Checkout;
  let port: number;
  let inspectPort: number;

  beforeEach(async () => {
    checkout = new Checkout();
    [port, inspectPort] = (await freePorts(2)) as [number, number];
    const env = { PUBLISH_DEV_PORT: String(port), PUBLISH_INSPECT_PORT: String(inspectPort) };
    await checkout.compose(['up', '--detach', '--wait'], env);
  });
  afterEach(async () => {
    await checkout.remove();
  });

  const file = () => join(checkout.dir, 'app/identidock.ts');
  const until = (text: string) => eventually(async () => (await fetch(port)).body === text || undefined);

  test('an edit on the host is served without any further command, and its types are checked; stop is exit code 0', async () => {
    expect(await fetch(port)).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
    writeFileSync(file(), readFileSync(file(), 'utf8').replace("'Hello Docker!", "1 + 'Hello again!"));
    await until('1Hello again!\n');
    writeFileSync(file(), `const one: number = 'one';\n${service("app.get('/', (_req, res) => { res.send(one); });")}`);
    await until('one');
    await logged(await checkout.container(), /app\/identidock\.ts.*1.*7.*error.*TS2322/);
    await checkout.compose(['stop']);
    expect(await docker('inspect', '--format', '{{.State.ExitCode}}', await checkout.container())).toBe('0');
  });

  test('requests over 20 reloads: each is answered', async () => {
    let over = false;
    const loop = async () => {
      while (!over) expect((await fetch(port)).status).toBe(200);
    };
    const loops = [loop(), loop()];
    for (let version = 1; version <= 20; version += 1) {
      const text = String(version);
      writeFileSync(file(), service(`app.get('/', (_req, res) => { res.send('${text}'); });`));
      await until(text);
    }
    over = true;
    await Promise.all(loops);
  });

  test('a breakpoint by file and line of the source is hit, and again after a reload', async () => {
    const url = 'file:///srv/app/identidock.ts';
    const save = (text: string) => {
      writeFileSync(file(), service(`app.get('/', (_req, res) => {\n    res.send('${text}');\n  });`));
    };
    for (const text of ['old', 'new']) {
      save(text);
      await until(text);
      const session = await Debugger.attach(inspectPort);
      await session.breakAt(url, 6);
      const where = session.paused();
      const answer = fetch(port);
      expect(await where).toEqual({ url, line: 6 });
      await session.resume();
      expect((await answer).body).toBe(text);
    }
  });
});
