import { alternativeTo, nameFault } from '../src/name.js';

const taken = { dependencies: ['express', 'quayside', 'jest'], services: ['test', 'doctor'] };

test.each(['orders', 'o', 'my-orders', 'orders2', 'a'.repeat(40)])('%s is a name', (name) => {
  expect(nameFault(name, taken)).toBeUndefined();
});

test.each([
  ['', /^expected lower-case letters/],
  ['Orders', /^expected lower-case letters/],
  ['my_orders', /^expected lower-case letters/],
  ['my.orders', /^expected lower-case letters/],
  ['my orders', /^expected lower-case letters/],
  ['.orders', /^expected lower-case letters/],
  ['-orders', /^expected lower-case letters/],
  ['orders-', /^expected lower-case letters/],
  ['my--orders', /^expected lower-case letters/],
  ['2048', /starting with a letter/],
  ['bestellungen-für-alle', /^expected lower-case letters/],
  ['@team', /^expected lower-case letters/],
  ['a'.repeat(41), /at most 40 characters$/],
  ['express', /depends on a package of that name/],
  ['quayside', /depends on a package of that name/],
  ['jest', /depends on a package of that name/],
  ['test', /another service of that name/],
  ['doctor', /another service of that name/],
  ['true', /^YAML/],
  ['scratch', /^Docker/],
  ['http', /^npm does not accept it: http is a core module name$/],
])('%j is refused, with the rule', (name, rule) => {
  expect(nameFault(name, taken)).toMatch(rule);
});

test.each([
  ['My Orders', 'my-orders'],
  ['my_orders', 'my-orders'],
  ['2048', 'orders'],
  ['express', 'express-service'],
  ['http', 'http-service'],
  ['', 'orders'],
])('instead of %j, %s is suggested', (name, alternative) => {
  expect(alternativeTo(name, taken)).toBe(alternative);
});
