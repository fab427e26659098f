// A job beside the service: the example of quayside's docs/services.md, in a container of the same image.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Checkout, describeImage, docker, logged, production } from '../harness/docker';
import { read } from '../harness/template';

const guide = read('packages/quayside/docs/services.md');
const job = /^```ts\n([^`]*export async function run[^`]*)^```$/m.exec(guide)?.[1] ?? '';
const service = (/^```yaml\n(tick:\n[^`]*)^```$/m.exec(guide)?.[1] ?? '').replace(/^/gm, '  ');

describeImage('a job', () => {
  let checkout: Checkout;

  beforeAll(() => {
    checkout = new Checkout();
    writeFileSync(join(checkout.dir, 'app/tick.ts'), job);
    appendFileSync(join(checkout.dir, 'docker-compose.prod.yml'), `\n${service}`);
  });
  afterAll(() => checkout.remove());

  test('it runs by itself with the settings of the service, listens nowhere, and ends when it is told to', async () => {
    await checkout.compose([...production, 'up', '--detach', 'tick'], { LOG_LEVEL: 'info', GRACE: '3' });
    const { stdout } = await checkout.compose([...production, 'ps', '--all', '--quiet']);
    const [id = '', ...more] = stdout.trimEnd().split('\n');
    expect(more).toEqual([]);
    await logged(id, /"level":"info".*"job":"tick","msg":"tick"/);
    const inspect = async (format: string) => docker('inspect', '--format', format, id);
    expect(await inspect('{{json .HostConfig.PortBindings}} {{.State.Health}}')).toBe('{} <nil>');
    expect(JSON.parse(await inspect('{{json .Config.Env}}'))).toEqual(expect.arrayContaining(['GRACE=3']));

    await checkout.compose([...production, 'stop']);
    expect(await inspect('{{.State.ExitCode}}')).toBe('0');
    expect(await docker('logs', id)).toMatch(/"signal":"SIGTERM","msg":"stopping"}\n.*"msg":"job ended"}$/);
  });

  test('run --rm runs another once, with what it is given, and ends with its exit code', async () => {
    const file = join(checkout.dir, 'fails.js');
    writeFileSync(file, 'exports.run = () => { throw new Error("broken"); };');
    const args = ['run', '--rm', '--no-deps', '--volume', `${file}:/srv/dist/fails.js:ro`, 'tick'];
    const command = ['node_modules/.bin/quayside', 'run', 'dist/fails.js'];
    await expect(checkout.compose([...production, ...args, ...command])).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/"level":"fatal".*"job":"fails".*broken/) as string,
    });
  });
});
