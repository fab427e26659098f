// What the doctor says of a project in order, of one in a container, and of one that lacks a file.
import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPorts } from '../../../../doctor/ports.js';
import { useProject } from '../../harness/doctor';

const project = useProject();

test('in a checkout that is in order nothing is wrong, and a docker command that is missing is noted', async () => {
  const { code, lines } = await project().doctor();
  expect(lines).toEqual([
    `ok    Node.js ${process.versions.node}`,
    'ok    node_modules matches package-lock.json',
    'note  Docker is not installed: there is no docker command',
    '        npm run dev and npm start need only Node.js. For everything else, install it: https://docs.docker.com/get-docker/',
    'ok    the shell scripts have LF line endings, and cmd.sh is executable',
    'ok    .env: none, so all defaults apply',
    'ok    settings: the server accepts each value',
    ...publishedPorts(project().dir).map(
      ({ variable }) => `ok    port ${project().ports[variable] ?? ''} is free (${variable})`,
    ),
    'ok    file events: an edit in app/ is noticed',
    '',
    'Nothing is wrong; 1 note.',
    '',
  ]);
  expect(code).toBe(0);
  expect(readdirSync(join(project().dir, 'app')).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('where nothing is wrong the exit code is 0: in a container, where Docker itself is not asked', async () => {
  const { code, lines } = await project().doctor({}, ['--container']);
  expect(lines).toContain('ok    Docker Engine and Docker Compose: they started this container');
  expect(lines.at(-2)).toMatch(/^Nothing is wrong; \d notes?\.$/);
  expect(code).toBe(0);
});

test('a file of the project that is missing is told, and the other checks go on', async () => {
  unlinkSync(join(project().dir, 'cmd.sh'));
  const { code, output } = await project().doctor();
  expect(output).toMatch(/^wrong ENOENT.*cmd\.sh/m);
  expect(output).toMatch(/^ok {4}file events/m);
  expect(code).toBe(1);
});
