// Compares version numbers.
'use strict';

/** @param {string} version */
const numbers = (version) => (version.match(/\d+(\.\d+)*/) || ['0'])[0].split('.').map(Number);

/**
 * Whether a version is at least another one. What follows the numbers, as in 2.40.3-desktop.1, does not count.
 * @param {string} found
 * @param {string} least
 */
function atLeast(found, least) {
  const [has, needs] = [numbers(found), numbers(least)];
  for (let index = 0; index < Math.max(has.length, needs.length); index += 1) {
    const difference = (has[index] || 0) - (needs[index] || 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

module.exports = { atLeast };
