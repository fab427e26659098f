// Whether an edit is noticed.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judgeWatchError } from '../../../../doctor/events.js';
import { run } from '../../../quayside/harness/run';
import { useProject } from '../../harness/doctor';

const project = useProject();

describe('file events', () => {
  test.each([{ env: { WATCH_POLL: '1' } }, { file: 'WATCH_POLL=1\n' }])(
    'are not needed with %j',
    async ({ env, file }) => {
      if (file !== undefined) appendFileSync(join(project().dir, '.env'), file);
      expect((await project().doctor(env)).output).toMatch(/^ok {4}file events: not needed, because WATCH_POLL=1/m);
      expect((await project().doctor({ WATCH_POLL: '0' })).output).toMatch(
        /^ok {4}file events: an edit in app\/ is noticed$/m,
      );
    },
  );

  test('the part that runs in a container says by its exit code whether it saw the file', async () => {
    const watch = () =>
      run(process.execPath, { args: [join(project().dir, 'doctor/main.js'), '--watch', '.doctor-1'] });
    const sees = watch();
    await sees.line(/^watching$/);
    writeFileSync(join(project().dir, 'app/.doctor-1'), '');
    expect(await sees.exited).toEqual({ code: 0, signal: null });

    const misses = watch();
    await misses.line(/^watching$/);
    writeFileSync(join(project().dir, 'app/.doctor-2'), '');
    expect(await misses.exited).toEqual({ code: 1, signal: null });
  });

  test.each([
    ['ENOSPC', 'fs.inotify.max_user_watches'],
    ['EMFILE', 'fs.inotify.max_user_instances'],
  ])('where the system has none left (%s), the limit is named', (code, limit) => {
    const { kind, text, remedy } = judgeWatchError(Object.assign(new Error('no'), { code }));
    expect(kind).toBe('wrong');
    expect(text).toContain(`all of the system's ${limit} are in use`);
    expect(remedy).toContain(`sudo sysctl ${limit}=`);
  });
});
