// The tour: its commands print what the page has, and leave nothing behind.
import { differences, stepsOf } from '../docs/page';
import { Session } from '../docs/session';
import { describeImage, docker } from '../harness/docker';
import { read } from '../harness/template';

describeImage('docs/tour.md', () => {
  const steps = stepsOf(read('docs/tour.md'));
  const sessions: Session[] = [];
  afterEach(async () => {
    for (const session of sessions.splice(0)) await session.remove();
  });

  function newSession(): Session {
    // The page's service, whatever app/ has become.
    const session = new Session(`${steps[0]?.output.join('\n') ?? ''}\n`);
    sessions.push(session);
    return session;
  }

  test('its commands print what it has', async () => {
    expect(differences(steps, await newSession().play(steps))).toEqual([]);
  }, 600_000);

  test('what a failed command has left is removed', async () => {
    const session = newSession();
    const commands = ['docker build -t identidock .', 'docker run -d --name left identidock', 'docker rm nosuch'];
    const hidden = commands.map((command) => ({ command, output: ['...'], start: 0 }));
    await expect(session.play(hidden)).rejects.toThrow(/docker rm nosuch\n.*No such container/);
    const left = async () => [
      await docker('ps', '--all', '--quiet', '--filter', `name=left-${session.image}`),
      await docker('image', 'ls', '--quiet', session.image),
    ];
    expect(await left()).not.toContain('');
    await sessions.pop()?.remove();
    expect(await left()).toEqual(['', '']);
  });
});
