// Node.js, the dependencies, and the versions of Docker Compose.
import { mkdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { judgeCompose, leastCompose } from '../../../../doctor/docker.js';
import { atLeast } from '../../../../doctor/versions.js';
import { useProject } from '../../harness/doctor';
import { read } from '../../harness/template';

const project = useProject();

describe('Node.js and the dependencies', () => {
  test('a Node.js that is too old', async () => {
    project().edit('package.json', (text) => text.replace(/"node": ".*"/, '"node": ">=99.1"'));
    const { wrong } = await project().doctor();
    expect(wrong).toEqual([
      `wrong Node.js ${process.versions.node} is too old: 99.1 or later is needed\n` +
        '        Install a newer one, or use only Docker: docker compose up',
    ]);
  });

  test('no node_modules are worth a note: Docker needs none', async () => {
    unlinkSync(join(project().dir, 'node_modules'));
    const { output, wrong } = await project().doctor();
    expect(output).toMatch(/^note {2}node_modules: none\..*npm ci$/m);
    expect(wrong).toEqual([]);
  });

  test('node_modules of another package-lock.json', async () => {
    project().edit('package-lock.json', (text) =>
      text.replace(/("node_modules\/express": \{\s*"version": )"[^"]*"/, '$1"99.0.0"'),
    );
    const { wrong } = await project().doctor();
    expect(wrong).toEqual([
      expect.stringMatching(
        /^wrong node_modules differs from package-lock.json in 1 of \d+ packages: express should be 99.0.0, but 5\.\S+ is installed\n +Run: npm ci$/,
      ),
    ]);
  });

  test('a package that is not installed; one for another platform is no fault', async () => {
    const add = (entry: string) => {
      project().edit('package-lock.json', (text) => text.replace('"packages": {', `"packages": {\n${entry},`));
    };
    add('"node_modules/absent-optional": { "version": "1.0.0", "optional": true }');
    expect((await project().doctor()).wrong).toEqual([]);
    add('"node_modules/absent": { "version": "1.0.0" }');
    expect((await project().doctor()).wrong).toEqual([
      expect.stringContaining('absent should be 1.0.0, but it is not installed'),
    ]);
  });

  test('node_modules that npm has not finished', async () => {
    unlinkSync(join(project().dir, 'node_modules'));
    mkdirSync(join(project().dir, 'node_modules'));
    expect((await project().doctor()).wrong).toEqual([expect.stringContaining('Run: npm ci')]);
  });
});

describe('versions', () => {
  test.each([
    ['20.19', '20.19', true],
    ['20.19.0', '20.19', true],
    ['v26.0.0', '20.19', true],
    ['20.9.9', '20.19', false],
    ['2.40.3-desktop.1', '2.26.1', true],
    ['2.26.1-rc.1', '2.26.1', true],
    ['2.26.0', '2.26.1', false],
    ['1.29.2', '2.26.1', false],
    ['2.3', '2.26.1', false],
    ['5.0.1', '2.26.1', true],
    ['', '2.26.1', false],
  ])('%j is at least %j: %j', (found, least, answer) => {
    expect(atLeast(found, least)).toBe(answer);
  });

  test('a Compose that is too old is named', () => {
    expect(judgeCompose('2.40.3')).toEqual({ kind: 'ok', text: 'Docker Compose 2.40.3' });
    expect(judgeCompose('2.26.0')).toMatchObject({
      kind: 'wrong',
      text: 'Docker Compose 2.26.0 is too old: 2.26.1 or later is needed',
    });
  });

  test('the README asks for the same Compose', () => {
    expect(read('README.md')).toContain(`(Compose ${leastCompose} or later)`);
  });
});
