// The ports that Compose publishes: whether they are free, and who holds them.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { byLsof } from '../../../../doctor/holder.js';
import { publishedPorts } from '../../../../doctor/ports.js';
import { freePorts, hold } from '../../../quayside/harness/ports';
import { run } from '../../../quayside/harness/run';
import { portVariables, useProject } from '../../harness/doctor';

const project = useProject();

describe('ports', () => {
  test('it looks at each port that the Compose files publish', () => {
    expect(publishedPorts(project().dir).map(({ variable }) => variable)).toEqual(
      expect.arrayContaining(portVariables),
    );
  });

  test.each(portVariables)('%s: who holds it is named', async (variable) => {
    const server = await hold(Number(project().ports[variable]));
    const { code, wrong } = await project().doctor();
    server.close();
    expect(wrong).toEqual([
      expect.stringMatching(
        new RegExp(
          `^wrong port ${project().ports[variable] ?? ''} is taken by \\S+ \\(pid ${String(process.pid)}.*\\)\\n` +
            ` +Stop it, or take another port: set ${variable} in \\.env$`,
        ),
      ),
    ]);
    expect(code).toBe(1);
  });

  test("the environment's value comes before that in .env, which comes before the default", async () => {
    const [, other] = await freePorts(2);
    writeFileSync(join(project().dir, '.env'), `PUBLISH_DEV_PORT="${String(other)}" # mine\n`);
    expect((await project().doctor()).output).toContain(
      `port ${project().ports.PUBLISH_DEV_PORT ?? ''} is free (PUBLISH_DEV_PORT)`,
    );
    expect((await project().doctor({ PUBLISH_DEV_PORT: undefined })).output).toContain(
      `port ${String(other)} is free (PUBLISH_DEV_PORT)`,
    );
    expect((await project().doctor({ PUBLISH_DEV_PORT: '' })).output).toMatch(/port 5000 is/);
  });

  test("this project's own server may hold one", async () => {
    const port = project().ports.PUBLISH_DEV_PORT ?? '';
    const server = run(process.execPath, {
      args: ['-e', `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`],
      cwd: project().dir,
    });
    await server.line(/^up$/);
    const { output, wrong } = await project().doctor();
    expect(output).toMatch(
      new RegExp(
        `^ok    port ${port} is in use by this project's own server, node \\(pid ${String(server.pid)}\\)$`,
        'm',
      ),
    );
    expect(wrong).toEqual([]);
  });

  test('from in a container nobody can be named, so that it is a note', async () => {
    const server = await hold(Number(project().ports.PUBLISH_DEV_PORT));
    const { code, output } = await project().doctor({}, ['--container']);
    server.close();
    expect(output).toMatch(/^note {2}(port \d+ is taken on the machine that Docker runs on|ports: your machine's)/m);
    expect(code).toBe(0);
  });

  test('what is no port, or no address of this machine', async () => {
    const { output, wrong } = await project().doctor({ PUBLISH_PORT: '80a', PUBLISH_STATS_ADDRESS: '192.0.2.1' });
    expect(wrong).toEqual([
      expect.stringMatching(/^wrong PUBLISH_PORT is not a port\n/),
      expect.stringMatching(/^wrong PUBLISH_STATS_ADDRESS is not an address of this machine\n/),
    ]);
    expect(output).not.toContain('80a');
  });

  test('lsof knows, too, where there is one', async () => {
    const server = await hold(Number(project().ports.PUBLISH_PORT));
    const hasLsof = spawnSync('lsof', ['-v']).status === 0;
    const holder = await byLsof(Number(project().ports.PUBLISH_PORT));
    if (hasLsof) expect(holder).toMatchObject({ pid: process.pid, folder: process.cwd() });
    else expect(holder).toBeUndefined();
    server.close();
    expect(await byLsof(Number(project().ports.PUBLISH_DEV_PORT))).toBeUndefined();
  });
});
