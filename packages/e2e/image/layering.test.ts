// What a project adds to docker-compose.prod.yml, another service, a volume and a secret, is there in both modes.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { Checkout, describeImage, postgresImage, production } from '../harness/docker';

/** What is appended to docker-compose.prod.yml, whose last lines are those of the service. */
const added = (image: string) => `
    depends_on:
      db: { condition: service_healthy }
    secrets: [password]
    volumes: ['data:/srv/data']

  db:
    image: ${image}
    environment: { POSTGRES_PASSWORD_FILE: /run/secrets/password }
    secrets: [password]
    volumes: ['db:/var/lib/postgresql']
    healthcheck:
      test: pg_isready --host 127.0.0.1
      interval: 1s
      retries: 60

volumes:
  data:
  db:

secrets:
  password:
    file: ./secrets/password
`;

/** Counts in the volume, reads the secret, and takes a connection to the other service. */
const source = `
import express from 'express';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

export function createApp() {
  const app = express();
  app.get('/', async (_req, res) => {
    appendFileSync('/srv/data/count', '.');
    const socket = connect(5432, 'db');
    await once(socket, 'connect');
    socket.destroy();
    const count = readFileSync('/srv/data/count', 'utf8').length;
    res.json({ uid: process.getuid?.(), count, secret: readFileSync('/run/secrets/password', 'utf8') });
  });
  return app;
}
`;

const modes = [
  ['production', production],
  ['development', []],
] as const;

describeImage('docker-compose.prod.yml with another service, a volume and a secret', () => {
  let checkout: Checkout;
  let image: string;

  beforeAll(async () => {
    image = await postgresImage();
  }, 600_000);
  beforeEach(() => {
    checkout = new Checkout();
    checkout.edit('docker-compose.prod.yml', (text) => text.trimEnd() + added(image));
    checkout.writeSecret('password', 'open sesame');
    writeFileSync(join(checkout.dir, 'app/identidock.ts'), source);
  });
  afterEach(() => checkout.remove());

  test.each(modes)('%s has all of it in its configuration', async (_mode, args) => {
    const { services, volumes, secrets } = await checkout.config([...args]);
    expect(Object.keys(services).sort()).toEqual(['db', 'identidock']);
    expect(services.identidock?.depends_on).toMatchObject({ db: { condition: 'service_healthy' } });
    expect(services.identidock?.volumes).toContainEqual(expect.objectContaining({ source: 'data' }));
    expect(Object.keys(volumes ?? {}).sort()).toEqual(['data', 'db']);
    expect(secrets?.password?.file).toBe(join(checkout.dir, 'secrets/password'));
  });

  test('a further file changes development: docker-compose.override.yml by itself, another one by -f', async () => {
    const change = "services:\n  identidock:\n    ports: !override ['127.0.0.1:8080:5000']\n";
    writeFileSync(join(checkout.dir, 'further.yml'), change);
    const published = async (args: string[]) =>
      (await checkout.config(args)).services.identidock?.ports?.map((port) => port.published);
    expect(await published([])).toEqual(['5000', '9229']);
    expect(await published(['-f', 'docker-compose.yml', '-f', 'further.yml'])).toEqual(['8080']);
    writeFileSync(join(checkout.dir, 'docker-compose.override.yml'), change);
    expect(await published([])).toEqual(['8080']);
  });

  test('in both modes the other service is healthy first, user 1000 writes the volume, and reads the secret', async () => {
    for (const [round, [, args]] of modes.entries()) {
      const [port = 0, other = 0] = await freePorts(2);
      const env = {
        ...{
          WORKERS: '1',
          PUBLISH_ADDRESS: '127.0.0.1',
          PUBLISH_PORT: String(port),
          PUBLISH_STATS_PORT: String(other),
        },
        ...{ PUBLISH_DEV_PORT: String(port), PUBLISH_INSPECT_PORT: String(other) },
      };
      await checkout.compose([...args, 'up', '--detach', '--wait'], env);
      const answer = await fetch(port);
      // The volume outlives the containers, and is the same in both modes.
      expect(JSON.parse(answer.body)).toEqual({ uid: 1000, count: round + 1, secret: 'open sesame\n' });
      await checkout.compose([...args, 'down', '--timeout', '2'], env);
    }
  });

  test('a secret that its owner alone may read on the host is not readable for user 1000', async () => {
    chmodSync(join(checkout.dir, 'secrets/password'), 0o600);
    const run = ['run', '--rm', '--no-deps', 'identidock', 'cat', '/run/secrets/password'];
    await expect(checkout.compose([...production, ...run])).rejects.toMatchObject({
      stderr: expect.stringMatching(/Permission denied/) as string,
    });
  });

  test('where the image has no folder for it, a new volume is root’s, and nobody else may write it', async () => {
    checkout.edit('docker-compose.prod.yml', (text) => text.replace('data:/srv/data', 'data:/srv/elsewhere'));
    const write = (dir: string) => ['run', '--rm', '--no-deps', 'identidock', 'touch', `${dir}/file`];
    await expect(checkout.compose([...production, ...write('/srv/elsewhere')])).rejects.toMatchObject({
      stderr: expect.stringMatching(/Permission denied/) as string,
    });
  });
});
