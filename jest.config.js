// Four kinds of tests, cheapest first: functions, the real cmd.sh as a process, its page in a real browser, the image under
// a real Docker Engine.
const project = (name, more = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform: { '\\.ts$': ['ts-jest', { tsconfig: 'test/tsconfig.json' }] },
  ...more,
});

module.exports = {
  projects: [
    project('unit'),
    project('process', {
      globalSetup: '<rootDir>/test/process/build.ts',
    }),
    project('browser', {
      globalSetup: '<rootDir>/test/process/build.ts',
    }),
    project('image', {
      globalSetup: '<rootDir>/test/image/engine.ts',
    }),
  ],
  // A bound that only a hang reaches. Image tests, which build and start containers, have one of their own.
  testTimeout: 30_000,
};
