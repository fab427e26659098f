// Checks file events: whether a saved file is noticed, on this machine and in a container.
'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');
const { command } = require('./command');
const { ok, wrong, note } = require('./finding');
const { composeText, expand, setting } = require('./settings');

/** How long an event may take, in ms. */
const patience = 2000;
/** How long a container may take to start and see an event, in ms. */
const containerPatience = 30000;

/** How long a user who is asked for an edit has, in ms. */
const editPatience = 15000;

/** What the process in the container prints when it watches; its exit code tells whether it saw the file. */
const watching = 'watching';

/**
 * Waits for a file in app/ to be written.
 * @param {string} root
 * @param {string} name
 * @param {number} within - ms
 * @param {() => void} begin - called once a write would be seen
 * @returns {Promise<boolean>} whether it was seen
 */
function watchFor(root, name, within, begin) {
  return new Promise((resolve, reject) => {
    const watcher = fs.watch(path.join(root, 'app'));
    const end = (/** @type {() => void} */ settle) => {
      clearTimeout(timer);
      watcher.close();
      settle();
    };
    const timer = setTimeout(() => end(() => resolve(false)), within);
    watcher.on('change', (_type, changed) => {
      if (changed === name) end(() => resolve(true));
    });
    watcher.on('error', (error) => end(() => reject(error)));
    try {
      begin();
    } catch (error) {
      end(() => reject(error));
    }
  });
}

/**
 * Writes a file in app/ again and again: on macOS, a write just after a watch began is not always reported.
 * @param {string} root
 * @param {string} name
 * @returns {() => void} stops writing and removes the file
 */
function keepWriting(root, name) {
  const file = path.join(root, 'app', name);
  const write = () => fs.writeFileSync(file, '');
  const remove = () => {
    if (fs.existsSync(file)) fs.unlinkSync(file);
  };
  write();
  const timer = setInterval(write, 200);
  // Also after Ctrl-C.
  process.once('exit', remove);
  return () => {
    clearInterval(timer);
    process.removeListener('exit', remove);
    remove();
  };
}

/**
 * Turns an error of fs.watch into a finding.
 * @param {NodeJS.ErrnoException} error
 */
function judgeWatchError(error) {
  const limit = { ENOSPC: 'max_user_watches', EMFILE: 'max_user_instances' }[String(error.code)];
  if (limit === undefined) return wrong(`app/ cannot be watched: ${error.message}`, 'Set WATCH_POLL=1.');
  const raised = limit === 'max_user_watches' ? 524288 : 1024;
  return wrong(
    `app/ cannot be watched: all of the system's fs.inotify.${limit} are in use`,
    `Run: sudo sysctl fs.inotify.${limit}=${raised}, or stop programs that watch many files, or set WATCH_POLL=1.`,
  );
}

/**
 * Checks that a file written in app/ is noticed on this machine.
 * @param {string} root
 * @param {string} name
 */
async function checkHere(root, name) {
  let stop = () => {};
  try {
    const seen = await watchFor(root, name, patience, () => {
      stop = keepWriting(root, name);
    });
    if (seen) return ok('file events: an edit in app/ is noticed');
    return wrong(
      'file events: an edit in app/ is not noticed on this file system',
      'Set WATCH_POLL=1: in .env for Docker, otherwise before the command: WATCH_POLL=1 npm run dev',
    );
  } catch (caught) {
    const error = /** @type {NodeJS.ErrnoException} */ (caught);
    if (error.syscall === 'watch') return judgeWatchError(error);
    const why = error.code === 'EROFS' ? 'is mounted read-only here' : `is not writable here (${error.code})`;
    return note(`file events: not tested, because app/ ${why}`, 'On your machine, with Node.js: npm run doctor');
  } finally {
    stop();
  }
}

/**
 * Checks that a file written in app/ is noticed in a container.
 * @param {string} root
 * @param {string} name
 */
async function checkInContainer(root, name) {
  const [named] = /\$\{NODE_IMAGE:-[^}]+\}/.exec(composeText(root)) || [''];
  const image = expand(root, named);
  const untried = (/** @type {string} */ why) =>
    note(`file events in a container: not tested, because ${why}`, 'Run: docker compose run --rm doctor');
  // Compose would pull it, which takes too long here.
  if ((await command('docker', ['image', 'inspect', image])).failed)
    return untried(`the image ${image} is not on this machine`);

  const run = ['compose', '-f', 'docker-compose.yml', 'run', '--rm', '-T', 'doctor'];
  const watch = ['node', 'doctor/main.js', '--watch', name];
  const child = spawn('docker', [...run, ...watch], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill();
  process.once('exit', end);
  let stop = () => {};
  let output = '';
  let watched = false;
  child.stderr.on('data', (data) => {
    output += data;
  });
  child.stdout.on('data', (data) => {
    if (watched || !String(data).includes(watching)) return;
    watched = true;
    stop = keepWriting(root, name);
  });
  const timer = setTimeout(end, containerPatience);
  const code = await new Promise((resolve) => {
    child.on('error', () => resolve(undefined));
    child.on('close', resolve);
  });
  clearTimeout(timer);
  process.removeListener('exit', end);
  stop();
  if (!watched) return untried(`the service doctor could not be started: ${output.trim().split('\n').pop()}`);
  if (code === 0) return ok('file events in a container: an edit in app/ is noticed');
  return wrong('file events in a container: an edit in app/ is not noticed', 'Set WATCH_POLL=1 in .env');
}

/**
 * The part of checkInContainer() that runs in the container.
 * @param {string} root
 * @param {string} name
 * @returns {Promise<number>} the exit code
 */
async function watchInContainer(root, name) {
  const seen = await watchFor(root, name, patience, () => console.log(watching));
  return seen ? 0 : 1;
}

/**
 * Checks that an edit is noticed in a container that cannot write to app/: asks the user to make one outside.
 * @param {string} root
 * @param {number} within - ms
 * @returns {Promise<import('./finding').Finding>}
 */
function checkByEdit(root, within) {
  const file = path.join(root, 'app', 'identidock.ts');
  console.log(
    `      Save app/identidock.ts within ${within / 1000} s, to test whether this container notices the edit.`,
  );
  return new Promise((resolve) => {
    const watcher = fs.watch(path.dirname(file));
    const end = (/** @type {import('./finding').Finding} */ finding) => {
      fs.unwatchFile(file);
      watcher.close();
      clearTimeout(timer);
      resolve(finding);
    };
    let timer = setTimeout(() => end(note('file events: not tested, because nothing was saved')), within);
    watcher.on('error', (error) => end(judgeWatchError(error)));
    watcher.on('change', () => end(ok('file events: an edit in app/ is noticed')));
    // This polls, so it sees an edit that sends no event.
    fs.watchFile(file, { interval: 200 }, () => {
      clearTimeout(timer);
      const finding = wrong('file events: this container does not notice an edit in app/', 'Set WATCH_POLL=1 in .env');
      timer = setTimeout(() => end(finding), patience);
    });
  });
}

/**
 * Checks that edits are noticed.
 * @param {string} root
 * @param {boolean} docker - whether containers can be started
 * @param {boolean} ask - whether to ask the user for an edit, in a container
 */
async function checkEvents(root, docker, ask) {
  if (setting(root, 'WATCH_POLL') === '1') return [ok('file events: not needed, because WATCH_POLL=1 polls app/')];
  if (ask) return [await checkByEdit(root, editPatience)];
  const name = `.doctor-${process.pid}`;
  const findings = [await checkHere(root, name)];
  if (docker && findings[0].kind === 'ok') findings.push(await checkInContainer(root, name));
  return findings;
}

module.exports = { checkEvents, judgeWatchError, watchInContainer };
