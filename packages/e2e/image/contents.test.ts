// What is in the image: nothing but what it runs with, and nobody's to write.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseImage, Checkout, describeImage, docker, production } from '../harness/docker';

/** What it may add to its base, in MB; a service with more dependencies may well need more. */
const MOST_MB = 45;

interface Bom {
  metadata: { component: Record<string, unknown> };
  components: { name: string; version: string }[];
}

interface Manifest {
  name: string;
  version: string;
}

describeImage('the image', () => {
  let checkout: Checkout;

  beforeAll(async () => {
    checkout = new Checkout();
    // As a strict umask leaves it.
    execFileSync('chmod', ['-R', 'go=', 'app', 'cmd.sh', 'tsconfig.json', 'nodemon.json'], { cwd: checkout.dir });
    await checkout.compose([...production, 'build']);
  });
  afterAll(() => checkout.remove());

  const runAs = (user: string, image: string, command: string) =>
    docker('run', '--rm', '--user', user, image, 'sh', '-c', command);
  const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

  test(`adds at most ${String(MOST_MB)} MB to its base`, async () => {
    const sizeOf = async (image: string) => Number(await docker('image', 'inspect', '--format', '{{.Size}}', image));
    expect((await sizeOf(checkout.image)) - (await sizeOf(baseImage))).toBeLessThan(MOST_MB * 1e6);
  });

  test('outside /srv, it is its base: no cache, no other setuid file', async () => {
    const everything = "find / -xdev -path /srv -prune -o -printf '%p %y %m %U:%G %s\\n' | sort";
    const ofBase = linesOf(await runAs('0', baseImage, everything));
    expect(linesOf(await runAs('0', checkout.image, everything))).toEqual(ofBase);
  });

  test('in /srv, it has the sources of the service, what they compile to, and the dependencies', async () => {
    const sources = readdirSync(join(checkout.dir, 'app'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(checkout.dir.length + 1));
    const compiled = sources
      .filter((path) => path.endsWith('.ts'))
      .map((path) => path.replace(/^app(.*)\.ts$/, 'dist$1.js'))
      .flatMap((path) => [path, `${path}.map`]);
    const others = ['cmd.sh', 'tsconfig.json', 'nodemon.json', 'sbom.cdx.json', 'dist/build.json'];
    const files = await runAs(
      '0',
      checkout.image,
      'find * -path node_modules -prune -o -type f -print; ls -d .[!.]* || true',
    );
    expect(linesOf(files).sort()).toEqual([...sources, ...compiled, ...others].sort());
  });

  test('its packages are the dependencies of the lock file, no tool among them', async () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { dev?: boolean; optional?: boolean }>;
    };
    const list =
      "find node_modules -type d -regextype posix-extended -regex '(.*/)?node_modules/(@[^/]+/)?[^/@.][^/]*'";
    const installed = linesOf(await runAs('0', checkout.image, list));
    const production = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
    // What is optional may be for other platforms alone.
    const needed = production.filter(([path, { optional }]) => optional !== true || installed.includes(path));
    expect(installed.sort()).toEqual(needed.map(([path]) => path).sort());
    expect(installed.filter((path) => /jest|supertest|eslint|prettier|playwright/.test(path))).toEqual([]);
  });

  test('all of it is root’s, and for others to read, not to write', async () => {
    const wrong = 'find /srv ! -user 0 -o ! -group 0 -o ! -perm -o=r -o ! -type l -perm /022';
    expect(await runAs('0', checkout.image, wrong)).toBe('');
    expect(await runAs('1000', checkout.image, 'find /srv ! -type l -writable')).toBe('');
  });

  test('its bill of materials names it, and exactly the packages that are in it', async () => {
    const bom = JSON.parse(await docker('run', '--rm', checkout.image, 'cat', 'sbom.cdx.json')) as Bom;
    const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
    expect(bom.metadata.component).toMatchObject({ type: 'application', purl: `pkg:npm/${name}@${version}` });
    const list = `node --print "
      const { packages } = require('./node_modules/.package-lock.json');
      JSON.stringify(Object.keys(packages).map((path) => require('/srv/' + path + '/package.json')), ['name', 'version'])"`;
    const installed = JSON.parse(await docker('run', '--rm', checkout.image, 'sh', '-c', list)) as Manifest[];
    const distinct = (some: Manifest[]) => [...new Set(some.map((one) => `${one.name}@${one.version}`))].sort();
    expect(distinct(bom.components)).toEqual(distinct(installed));
  });
});
