import { createSlots, inState, occupy, takeSnapshot, vacate, type Slot } from '../../app/server/slots';
import type { Process } from '../../app/server/process';

/** A slot, and what puts a process into it. */
function slotWith() {
  const [slot] = createSlots(1) as [Slot];
  const put = (state: Process['state'], counts: Partial<Process['counts']> = {}) => {
    const own = {
      state,
      spawnedAt: 1000,
      counts: { requests: 0, inFlight: 0, timeouts: 0, ...counts },
      worker: { process: { pid: 7 } },
    } as unknown as Process;
    occupy(slot, own);
    return own;
  };
  return { slot, put };
}

test('each failed start in a row doubles the wait, from half a second to half a minute', () => {
  const { slot, put } = slotWith();
  const now = jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
  const waits = Array.from({ length: 9 }, () => {
    vacate(slot, put('starting'));
    return slot.notBefore - 1_000_000;
  });
  now.mockRestore();
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('one that has served waits for nothing', () => {
  const { slot, put } = slotWith();
  vacate(slot, put('serving'));
  expect([slot.failures, slot.notBefore]).toEqual([0, 0]);
});

test('no count goes back while one process takes the place of another', () => {
  const { slot, put } = slotWith();
  const requests = () => takeSnapshot([slot]).workers[0]?.requests;
  const old = put('serving', { requests: 5, timeouts: 1 });
  expect(requests()).toBe(5);
  put('serving', { requests: 2, inFlight: 1 });
  old.state = 'draining';
  old.counts = { requests: 6, inFlight: 0, timeouts: 1 };
  expect(requests()).toBe(8);
  vacate(slot, old);
  expect(takeSnapshot([slot]).workers).toMatchObject([
    { requests: 8, deltaRequests: 2, inFlight: 1, timeouts: 1, spawns: 2, accepting: true, pid: 7, spawnedAt: 1000 },
  ]);
});

test('a slot whose process drains has none that accepts', () => {
  const { slot, put } = slotWith();
  put('draining');
  expect(inState(slot, 'serving')).toBeUndefined();
  expect(takeSnapshot([slot]).workers).toMatchObject([{ accepting: false, pid: 0, spawnedAt: 0 }]);
});
