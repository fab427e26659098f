// .env: its form, and the names in it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../../../../doctor/settings.js';
import { useProject } from '../../harness/doctor';

const project = useProject();

describe('.env', () => {
  const withEnv = (text: string) => {
    writeFileSync(join(project().dir, '.env'), text);
    return project().doctor();
  };

  test('a copy of .env.example is in order, also with Windows line endings', async () => {
    const text = readFileSync(join(project().dir, '.env.example'), 'utf8');
    for (const each of [text, text.replace(/\n/g, '\r\n'), `\uFEFF${text}`]) {
      const { lines, wrong } = await withEnv(each);
      expect(wrong).toEqual([]);
      expect(lines).toContain('ok    .env: each line is read');
    }
  });

  test('what Compose reads, and its own variables, are in order', async () => {
    const { wrong } = await withEnv(
      [
        '# a comment',
        '',
        '  export LOG_LEVEL = debug # why',
        'COMPOSE_PROJECT_NAME=x',
        'DOCKER_HOST=',
        'BUILDKIT_PROGRESS=plain',
        'DOMAIN="over',
        'two lines"',
        "IMAGE='it\\'s'",
      ].join('\n'),
    );
    expect(wrong).toEqual([]);
  });

  test('what the server reads without Docker is in order, and its values are checked by its own rules', async () => {
    const { lines, wrong } = await withEnv('PORT=8080\nWORKERS=2\n');
    expect(wrong).toEqual([]);
    expect(lines).toContain('ok    settings: the server accepts each value');
    expect((await withEnv('PORT=8080\nWORKERS=abc\nSTATS_PORT=8080\n')).wrong).toEqual([
      expect.stringMatching(/^wrong setting WORKERS="abc": expected a whole number from 1 to 1024\n.*in \.env/),
      expect.stringMatching(/^wrong setting STATS_PORT="8080": expected a port other than PORT's/),
    ]);
  });

  test('a name that a Compose file passes on, in either form of an environment, is in order', async () => {
    const service = (name: string, environment: string) =>
      `  ${name}:\n    environment:\n${environment}    init: true\n`;
    const services = service('one', '      MODE: x\n      MINE_1: # why\n') + service('two', '      - MINE_2\n');
    writeFileSync(join(project().dir, 'compose.override.yml'), `services:\n${services}`);
    expect((await withEnv('MINE_1=1\nMINE_2=2\n')).wrong).toEqual([]);
    expect((await withEnv('MODE=1\ninit=1\n')).wrong).toEqual([
      expect.stringContaining('sets MODE, which nothing reads'),
      expect.stringContaining('sets init, which nothing reads'),
    ]);
  });

  test('names that nothing reads, with the one that was meant, and never a value', async () => {
    const { code, output, wrong } = await withEnv(
      'LOG_LEVEL=info\nWORKRES=s3cret-1\nPASSWORD=s3cret-2\nlog_level=s3cret-3\n',
    );
    expect(wrong).toEqual([
      'wrong .env line 2 sets WORKRES, which nothing reads\n        Did you mean WORKERS?',
      expect.stringMatching(/^wrong \.env line 3 sets PASSWORD, which nothing reads\n.*docker-compose\.prod\.yml/),
      'wrong .env line 4 sets log_level, which nothing reads\n        Did you mean LOG_LEVEL?',
    ]);
    expect(output).not.toContain('s3cret');
    expect(code).toBe(1);
  });

  test('lines that are no NAME=value, and never what they say', async () => {
    const { output, wrong } = await withEnv('s3cret words\n=s3cret\n1S3CRET=s3cret\nIMAGE="s3cret\n');
    expect(wrong).toEqual(
      [1, 2, 3, 4].map((line) => expect.stringContaining(`.env line ${String(line)} is not NAME=value`) as string),
    );
    expect(output).not.toMatch(/s3cret/i);
  });

  test('a name that stands there twice', async () => {
    const { output, wrong } = await withEnv('WORKERS=s3cret\nWORKERS=2\n');
    expect(output).toMatch(/^note {2}\.env line 2 sets WORKERS again, after line 1: the later line counts$/m);
    expect(output).not.toContain('s3cret');
    expect(wrong).toEqual([]);
  });

  test('a name is near by up to two letters', () => {
    expect(nearest('WORKRES', ['GRACE', 'WORKERS'])).toBe('WORKERS');
    expect(nearest('GRAC', ['GRACE', 'WORKERS'])).toBe('GRACE');
    expect(nearest('workers', ['GRACE', 'WORKERS'])).toBe('WORKERS');
    expect(nearest('WORK', ['GRACE', 'WORKERS'])).toBeUndefined();
  });
});
