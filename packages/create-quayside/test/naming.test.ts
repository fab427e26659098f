import { renamedFile } from '../src/naming.js';

const rename = (text: string, path = 'file', from = 'orders', to = 'my-service') => {
  const { data, ...file } = renamedFile({ path, data: Buffer.from(text) }, from, to);
  return [file.path, data.toString()];
};

test.each([
  ["import { createApp } from './orders';", "import { createApp } from './my-service';"],
  ['image: ${IMAGE:-orders}', 'image: ${IMAGE:-my-service}'],
  ['orders-stats.orders.svc', 'my-service-stats.my-service.svc'],
  ['orders-orders-1, stack_orders', 'my-service-my-service-1, stack_my-service'],
  ['reorders, work-orders, orders2, Orders, ORDERS', 'reorders, work-orders, orders2, Orders, ORDERS'],
])('%s: %s', (text, renamed) => {
  expect(rename(text)[1]).toBe(renamed);
});

test('a name of two words, and its alerts, which only deploy/ has', () => {
  const text = 'alert: MyServiceDown, MyService, MyServices, job="my-service"';
  const there = rename(text, 'deploy/rules.yml', 'my-service', 'orders');
  expect(there).toEqual(['deploy/rules.yml', 'alert: OrdersDown, Orders, MyServices, job="orders"']);
  expect(rename('class MyServiceError', 'app/my-service.ts', 'my-service', 'orders')).toEqual([
    'app/orders.ts',
    'class MyServiceError',
  ]);
});

test('bytes that are not UTF-8 stay as they are, and so do binary contents', () => {
  const latin = { path: 'a', data: Buffer.from('für orders', 'latin1') };
  expect(renamedFile(latin, 'orders', 'bills').data).toEqual(Buffer.from('für bills', 'latin1'));
  const binary = { path: 'orders.bin', data: Buffer.from('\0 orders') };
  expect(renamedFile(binary, 'orders', 'bills')).toEqual({ path: 'bills.bin', data: binary.data });
});
