// What is in the image: nothing but what it runs with, and nobody's to write.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { baseImage, Checkout, describeImage, docker, production } from '../harness/docker';
import { read } from '../harness/template';

/** What it may add to its base, in MB; a service with more dependencies may well need more. */
const MAX_MB = 45;

interface Bom {
  metadata: { component: Record<string, unknown> };
  components: { name: string; version: string }[];
}

interface Manifest {
  name: string;
  version: string;
}

interface Locked {
  link?: boolean;
  resolved?: string;
  optional?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** What the lock file has for a package and all that it depends on, by path: found as Node.js finds it, from inside out. */
function needed(packages: Record<string, Locked>, path = '', found = new Map<string, Locked>()): Map<string, Locked> {
  const { dependencies, optionalDependencies } = packages[path] ?? {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    let from = path;
    while (from !== '' && !(`${from}/node_modules/${name}` in packages)) from = from.replace(/(^|\/)[^/]*$/, '');
    const place = from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`;
    const one = packages[place];
    if (one === undefined || found.has(place)) continue;
    found.set(place, one);
    needed(packages, one.link === true ? one.resolved : place, found);
  }
  return found;
}

describeImage('the image', () => {
  let checkout: Checkout;

  beforeAll(async () => {
    checkout = new Checkout();
    // As a strict umask leaves it.
    execFileSync('chmod', ['-R', 'go=', 'app', 'cmd.sh', 'tsconfig.json', 'package.json', 'packages'], {
      cwd: checkout.dir,
    });
    await checkout.compose([...production, 'build']);
  });
  afterAll(() => checkout.remove());

  const runAs = (user: string, image: string, command: string) =>
    docker('run', '--rm', '--user', user, image, 'sh', '-c', command);
  const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

  test(`adds at most ${String(MAX_MB)} MB to its base`, async () => {
    const sizeOf = async (image: string) => Number(await docker('image', 'inspect', '--format', '{{.Size}}', image));
    expect((await sizeOf(checkout.image)) - (await sizeOf(baseImage))).toBeLessThan(MAX_MB * 1e6);
  });

  test('outside /srv, it is its base: no cache, no other setuid file', async () => {
    const everything = "find / -xdev -path /srv -prune -o -printf '%p %y %m %U:%G %s\\n' | sort";
    const ofBase = linesOf(await runAs('0', baseImage, everything));
    expect(linesOf(await runAs('0', checkout.image, everything))).toEqual(ofBase);
  });

  const filesIn = (dir: string) =>
    readdirSync(join(checkout.dir, dir), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(checkout.dir, join(entry.parentPath, entry.name)));

  test('in /srv, it has the sources of the service, what they compile to, and the dependencies', async () => {
    const sources = filesIn('app');
    const compiled = sources
      .filter((path) => path.endsWith('.ts'))
      .map((path) => path.replace(/^app(.*)\.ts$/, 'dist$1.js'))
      .flatMap((path) => [path, `${path}.map`]);
    const others = ['cmd.sh', 'package.json', 'tsconfig.json', 'sbom.cdx.json'];
    const list = 'find * -name node_modules -prune -o -path packages -prune -o -type f -print; ls -d .[!.]* || true';
    const files = linesOf(await runAs('0', checkout.image, list));
    expect(files.sort()).toEqual([...sources, ...compiled, ...others].sort());
  });

  test('of quayside, where it is a workspace, it has what npm publishes', async () => {
    const page = filesIn('packages/quayside/src/stats/page');
    const compiled = filesIn('packages/quayside/src')
      .filter((path) => path.endsWith('.ts'))
      .map((path) => path.replace(/^(.*)\/src\/(.*)\.ts$/, '$1/dist/$2'))
      .flatMap((path) => [`${path}.js`, `${path}.d.ts`]);
    const others = ['LICENSE', 'bin/quayside.js', 'package.json'].map((name) => `packages/quayside/${name}`);
    const files = linesOf(await runAs('0', checkout.image, 'find packages -type f'));
    expect(files.sort()).toEqual([...page, ...compiled, ...others].sort());
  });

  test('its packages are the dependencies of the lock file, no tool among them', async () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
    const list =
      "find node_modules packages -regextype posix-extended -regex '(.*/)?node_modules/(@[^/]+/)?[^/@.][^/]*' ! -type f";
    const installed = linesOf(await runAs('0', checkout.image, list));
    // What is optional may be for other platforms alone.
    const expected = [...needed(packages)].filter(
      ([path, { optional }]) => optional !== true || installed.includes(path),
    );
    expect(installed.sort()).toEqual(expected.map(([path]) => path).sort());
    expect(installed).toContain('node_modules/quayside');
    expect(
      installed.filter((path) => /jest|supertest|eslint|prettier|playwright|create-quayside|e2e/.test(path)),
    ).toEqual([]);
  });

  test('all of it is root’s, and for others to read, not to write, but for an empty folder for a volume', async () => {
    const wrong = 'find /srv ! -user 0 -o ! -group 0 -o ! -perm -o=r -o ! -type l -perm /022';
    expect(await runAs('0', checkout.image, wrong)).toBe('/srv/data');
    expect(await runAs('1000', checkout.image, 'find /srv ! -type l -writable')).toBe('/srv/data');
    expect(await runAs('0', checkout.image, "find /srv/data -printf '%y %m %U:%G\\n'")).toBe('d 755 1000:1000');
  });

  test('its bill of materials names it, and exactly the packages that are in it', async () => {
    const bom = JSON.parse(await docker('run', '--rm', checkout.image, 'cat', 'sbom.cdx.json')) as Bom;
    const { name, version } = JSON.parse(read('package.json')) as Manifest;
    expect(bom.metadata.component).toMatchObject({ type: 'application', purl: `pkg:npm/${name}@${version}` });
    const list = `node --print "
      const { packages } = require('./node_modules/.package-lock.json');
      JSON.stringify(Object.keys(packages).map((path) => require('/srv/' + path + '/package.json')), ['name', 'version'])"`;
    const installed = JSON.parse(await docker('run', '--rm', checkout.image, 'sh', '-c', list)) as Manifest[];
    const distinct = (some: Manifest[]) => [...new Set(some.map((one) => `${one.name}@${one.version}`))].sort();
    expect(distinct(bom.components)).toEqual(distinct(installed));
  });
});
