// Checks the docker command, the Engine behind it, and Compose.
'use strict';

const { command } = require('./command');
const { ok, wrong, note } = require('./finding');
const { atLeast } = require('./versions');

/** The oldest tested version: before 2.24.6, a further Compose file may not change an included service. */
const leastCompose = '2.26.1';

/**
 * Says why the Engine does not answer, and what to do.
 * @param {import('./command').Outcome} outcome - of the docker command
 */
function engineFault({ late, stderr }) {
  if (late) {
    return wrong('Docker Engine does not answer', 'Restart it: Docker Desktop, or: sudo systemctl restart docker');
  }
  if (/permission denied/i.test(stderr)) {
    return wrong(
      'this user may not use Docker Engine: permission denied on its socket',
      'Run: sudo usermod -aG docker "$USER"\nThen log out and in again. Members of that group can do anything that root can.',
    );
  }
  if (/cannot connect|is the docker daemon running|error during connect|no such file/i.test(stderr)) {
    return wrong(
      `Docker Engine is not running${process.env.DOCKER_HOST ? ', or not at DOCKER_HOST' : ''}`,
      'Start it: Docker Desktop, or: sudo systemctl start docker',
    );
  }
  return wrong(`Docker Engine does not answer: ${stderr.split('\n')[0]}`, 'Run: docker version');
}

/**
 * Checks a version of Compose.
 * @param {string} version
 */
function judgeCompose(version) {
  if (atLeast(version, leastCompose)) return ok(`Docker Compose ${version}`);
  return wrong(
    `Docker Compose ${version} is too old: ${leastCompose} or later is needed`,
    'Install a newer one: https://docs.docker.com/compose/install/',
  );
}

/**
 * Checks the docker command, the Engine and Compose.
 * @returns {Promise<{ findings: import('./finding').Finding[], usable: boolean }>} usable: whether containers can be started
 */
async function checkDocker() {
  const engine = await command('docker', ['version', '--format', '{{.Server.Version}}']);
  if (engine.absent) {
    const remedy =
      'npm run dev and npm start need only Node.js. For everything else, install it: https://docs.docker.com/get-docker/';
    return { findings: [note('Docker is not installed: there is no docker command', remedy)], usable: false };
  }
  const findings = [engine.failed ? engineFault(engine) : ok(`Docker Engine ${engine.stdout}`)];

  const compose = await command('docker', ['compose', 'version', '--short']);
  if (compose.late) findings.push(note('Docker Compose does not answer', 'Run: docker compose version'));
  else if (compose.failed) {
    findings.push(
      wrong(
        'Docker Compose is not installed: docker has no compose command',
        "Install it: https://docs.docker.com/compose/install/, or your distribution's docker-compose-v2 or docker-compose-plugin.",
      ),
    );
  } else findings.push(judgeCompose(compose.stdout));
  return { findings, usable: findings.every(({ kind }) => kind === 'ok') };
}

module.exports = { checkDocker, engineFault, judgeCompose, leastCompose };
