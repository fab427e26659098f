// HTML pages: one layout, and what is in it.
import { compile } from 'ejs';

export interface Page {
  title: string;
  /** HTML. */
  body: string;
}

const layout = compile(`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title><%= title %></title>
  </head>
  <body>
    <h1><%= title %></h1>
    <%- body %>
  </body>
</html>
`);

export function renderPage(page: Page): string {
  return layout({ ...page });
}

/** Turns values into HTML. */
export type Template<Values extends object> = (values: Values) => string;

export function template(source: string): Template<object> {
  const render = compile(source);
  return (values) => render({ ...values });
}
