import { hasColour, settleColour } from '../../src/process/colour';

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ TERM: 'dumb' }, true, false],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: 'true', TERM: 'dumb' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ FORCE_COLOR: 'false' }, true, false],
  [{ FORCE_COLOR: '' }, false, false],
  [{ FORCE_COLOR: '' }, true, true],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '0', FORCE_COLOR: '1' }, true, false],
  [{ NO_COLOR: '', FORCE_COLOR: '1' }, false, true],
])('%j, on a terminal: %s: colours: %s', (env, isTerminal, expected) => {
  expect(hasColour(env, isTerminal)).toBe(expected);
});

test.each([
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, { NO_COLOR: '1' }],
  [{ NO_COLOR: '', FORCE_COLOR: '1' }, { FORCE_COLOR: '1' }],
  [{ NO_COLOR: '', FORCE_COLOR: '' }, {}],
  [{ FORCE_COLOR: '0' }, { FORCE_COLOR: '0' }],
])('%j is handed on as %j', (env: NodeJS.ProcessEnv, expected) => {
  settleColour(env);
  expect(env).toEqual(expected);
});
