// An expected failure: a message for the caller, and an exit code.
'use strict';

// sysexits.h
const EX_USAGE = 64;
const EX_DATAERR = 65;
const EX_UNAVAILABLE = 69;
const EX_CANTCREAT = 73;

class Refusal extends Error {
  /**
   * @param {number} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * Runs a step, and turns its failure into a refusal.
 * @template T
 * @param {number} code
 * @param {() => T} step
 * @returns {T}
 */
function orRefuse(code, step) {
  try {
    return step();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(code, /** @type {Error} */ (error).message);
  }
}

module.exports = { EX_CANTCREAT, EX_DATAERR, EX_UNAVAILABLE, EX_USAGE, Refusal, orRefuse };
