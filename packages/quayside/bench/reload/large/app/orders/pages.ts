// Orders as HTML.
import { renderPage, template, type Template } from '../shared/pages';
import { totalOfOrder } from './service';
import type { Order, OrderPage } from './types';

const money = (cents: number) => (cents / 100).toFixed(2);

const list: Template<{ items: OrderPage['items']; money: typeof money }> = template(`<ul>
<% for (const { id, name, state, total } of items) { %>
  <li><a href="/orders/<%= id %>"><%= name %></a>, <%= state %>: <%= money(total) %></li>
<% } %>
</ul>`);

const details: Template<{ order: Order; total: string; money: typeof money }> = template(`<table>
<% for (const { text, count, price } of order.lines) { %>
  <tr><td><%= text %></td><td><%= count %></td><td><%= money(price) %></td></tr>
<% } %>
</table>
<p>Total: <%= total %></p>`);

export function renderOrders({ items }: OrderPage): string {
  return renderPage({ title: `${String(items.length)} orders`, body: list({ items, money }) });
}

export function renderOrder(order: Order): string {
  const total = money(totalOfOrder(order));
  return renderPage({ title: order.name, body: details({ order, total, money }) });
}
