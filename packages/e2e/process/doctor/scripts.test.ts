// The shell scripts, as an editor or another system may have left them.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useProject } from '../../harness/doctor';

const project = useProject();

describe('shell scripts', () => {
  test.each(['cmd.sh', '.ci/run'])('%s with Windows line endings', async (name) => {
    mkdirSync(join(project().dir, '.ci'));
    writeFileSync(join(project().dir, '.ci/run'), '#!/bin/sh\n');
    expect((await project().doctor()).wrong).toEqual([]);
    project().edit(name, (text) => text.replace(/\n/g, '\r\n'));
    const { wrong } = await project().doctor();
    expect(wrong).toEqual([expect.stringMatching(/^wrong \S+ has Windows line endings .*\n.*sed -i/)]);
    expect(wrong[0]).toContain(`wrong ${name} `);
    // The remedy helps.
    const [, remedy = ''] = /run: (.*)$/.exec(wrong[0] ?? '') ?? [];
    expect(spawnSync('sh', ['-c', remedy], { cwd: project().dir }).status).toBe(0);
    expect((await project().doctor()).wrong).toEqual([]);
  });

  test('a cmd.sh that is not executable', async () => {
    chmodSync(join(project().dir, 'cmd.sh'), 0o644);
    expect((await project().doctor()).wrong).toEqual(['wrong cmd.sh is not executable\n        Run: chmod +x cmd.sh']);
  });
});
