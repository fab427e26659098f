// deploy/swarm.yml on a Swarm of three real engines under constant load: what a deploy, scaling and faults cost.
import { fetch } from '../../quayside/harness/fetch';
import { obstacle } from '../deploy/swarm-cluster';
import { Trial } from '../deploy/swarm-trial';
import { tableOf } from '../deploy/table';
import { describeImage } from '../harness/docker';

const reason = obstacle();
const required = process.env.CI === 'true' || process.env.REQUIRE_DOCKER === '1';

describeImage('a Swarm of three engines', () => {
  if (reason !== undefined) {
    console.warn(`\nNo Swarm of several engines can be made here, as ${reason}: its tests are SKIPPED.\n`);
    // Where CI is root, all that it takes can be installed.
    const testOrSkip = required && process.getuid?.() === 0 ? test : test.skip;
    testOrSkip('can be made', () => {
      throw new Error(`no Swarm of several engines can be made: ${reason}`);
    });
    return;
  }

  let trial: Trial;

  beforeAll(async () => {
    trial = new Trial();
    await trial.start(['first', 'second', 'crashes', 'never gets ready']);
  }, 600_000);
  afterAll(() => trial.end(), 120_000);

  test("the service sees the client, and the proxy's id; its own ports are out of reach", async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.7', 'X-Request-Id': 'forged' };
    const { body } = await fetch(80, '/client', { host: trial.host, headers });
    const client = JSON.parse(body) as { ip: string; id: string };
    // This machine, as the Swarm sees it.
    expect(client.ip).toBe(trial.host.replace(/\d+$/, '254'));
    expect(client.id).toMatch(/^[0-9a-f-]{36}$/);
    await expect(fetch(9191, '/', { host: trial.host })).rejects.toThrow('ECONNREFUSED');
    await expect(fetch(9090, '/', { host: trial.host })).rejects.toThrow('ECONNREFUSED');
  });

  test('a replica reads its secret, as any user', async () => {
    expect(await trial.secretOn(trial.cluster.manager)).toBe('s3cret');
  });

  test('updates, broken images, scaling and a drain lose nothing, and a fault what was in flight', async () => {
    const [, second, third] = trial.cluster.engines;
    if (!second || !third) throw new Error('start() makes three engines');
    await trial.update('second');
    await trial.update('crashes', 'rollback_completed');
    await trial.update('never gets ready', 'rollback_completed');
    await trial.scale(4);
    await trial.scale(3);
    await trial.kill(second);
    await trial.drain(third);
    await trial.killDaemon(second);
    const rows = await trial.stop();
    console.log(tableOf(rows));
    // On a machine that does nothing else, broken images are undone in less than 30 s: `npm run test:swarm`.
    expect(trial.problemsOf(rows, 60)).toEqual([]);
    // What was undone has not answered.
    expect(new Set(rows.flatMap(({ versions }) => versions))).toEqual(new Set(['1', '2']));
  }, 600_000);
});
